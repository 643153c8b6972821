internal import ArgumentParser
internal import MemberClient
internal import Sodium

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Parse, run, say what went wrong, and end with a status that tells it (see `ExitStatus`).
@main
enum Main {
    static func main() async {
        CrashTraces.forbid()
        // A reader that went away is an error of `write`, which says so: what it has not read stays new.
        signal(SIGPIPE, SIG_IGN)
        exit(await run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    static func run(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try Program.parseAsRoot(Program.throughStrayCommand(arguments))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            return report(error)
        }
    }

    /// Says what an error is about, on standard error; help and version, which the parser throws, on standard output.
    private static func report(_ error: any Error) -> ExitStatus {
        switch error {
        case let end as EarlyEnd:
            return end.status
        case let failure as Failure:
            say(failure.lines)
            return failure.status
        case let error as MemberError:
            say(error.lines)
            return error.status
        case _ where Program.exitCode(for: error) == .success:
            let text = Program.fullMessage(for: error, columns: HelpPage.unbroken)
            let page = HelpPage.lines(text, width: Stream.output.width ?? HelpPage.usual)
            try? Stream.output.writeLine(page?.joined(separator: "\n") ?? HelpText.localized(text))
            return .done
        case _ where Program.exitCode(for: error) == .validationFailure:
            // The parser's words hold what the user typed.
            let text = Program.fullMessage(for: error, columns: HelpPage.unbroken)
            let lines = SafeText.lines(text).map { "  " + HelpText.localized($0) }
            say(["aadr-msg: " + Speech.text(.commandLine)] + lines)
            return .usage
        default:
            let failure = Failure(.internalError, .unexpected, ["reason": "\(error)"], advice: .unexpectedAdvice)
            say(failure.lines)
            return failure.status
        }
    }

    private static func say(_ lines: [String]) {
        Printer(isJSON: false).say(lines)
    }
}

/// The commands. Each states its name: deriving it from the type would cost a third of the start-up.
struct Program: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "aadr-msg",
            abstract: Speech.text(.helpProgram),
            discussion: Speech.text(.helpExitStatus),
            version: "0.1.0",
            subcommands: [
                Found.self, Invite.self, Join.self, Requests.self, Approve.self, Deny.self, Members.self, Send.self,
                Recv.self, AlertCommand.self, Acknowledge.self, Status.self, ChangeSettings.self, ChangePassphrase.self,
            ]
        )
    }

    @OptionGroup var global: GlobalOptions

    /// The arguments; if one stands where a command should and names none, without what is behind it. The parser would speak
    /// of the options there, which are those of the command that was meant.
    static func throughStrayCommand(_ arguments: [String]) -> [String] {
        var command: any ParsableCommand.Type = self
        for (index, argument) in arguments.enumerated() {
            let commands = command.configuration.subcommands
            if commands.isEmpty || argument.hasPrefix("-") || argument == "help" { break }
            guard let next = commands.first(where: { $0._commandName == argument }) else {
                return Array(arguments[...index])
            }
            command = next
        }
        return arguments
    }
}
