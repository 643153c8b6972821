import ArgumentParser
import Foundation
import Relay

@main
struct AADRRelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aadr-relay",
        abstract: "Keeps mailboxes for members of a coalition, and cannot read what is in them.",
        discussion: """
            Example:
              aadr-relay token create --data /var/lib/aadr-relay --label "first member"
              aadr-relay serve --data /var/lib/aadr-relay --listen 0.0.0.0:8443

            Every option can be given by an environment variable, AADR_RELAY_ and its name, as in AADR_RELAY_ADMIN_LISTEN,
            or in a file that --config names, a line NAME = VALUE for each, as in admin-listen = 127.0.0.1:9464.
            An option goes before its variable, and this before the file.

            Exit status: 0 done, 64 usage, 65 the store is damaged, 66 cannot read, 70 internal error, 73 cannot write,
            75 try again later, 77 no such token, 78 configuration.
            """,
        version: relayVersion,
        subcommands: [
            Serve.self, Token.self, Address.self, Key.self, Healthcheck.self, Backup.self, Restore.self, Check.self,
        ]
    )

    static func main() async {
        // A reader that went away is an error of `write`, which says so.
        signal(SIGPIPE, SIG_IGN)
        if let stray = strayCommand(in: CommandLine.arguments.dropFirst()) {
            exit(withError: ValidationError("there is no command \(stray): --help in its place names them"))
        }
        await main(nil)
    }

    /// The first argument that stands where a command should and names none. The parser would speak of the options
    /// behind it instead.
    static func strayCommand(in arguments: some Sequence<String>) -> String? {
        var command: any ParsableCommand.Type = self
        for argument in arguments {
            let commands = command.configuration.subcommands
            if commands.isEmpty || argument.hasPrefix("-") || argument == "help" { return nil }
            guard let next = commands.first(where: { $0._commandName == argument }) else { return argument }
            command = next
        }
        return nil
    }
}
