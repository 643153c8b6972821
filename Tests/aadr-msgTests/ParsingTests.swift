internal import ArgumentParser
import MemberClient
import Testing

@testable import aadr_msg

@Suite("The command line")
struct ParsingTests {
    private func parse<Command: ParsableCommand>(_ type: Command.Type, _ arguments: String...) throws -> Command {
        try #require(try Program.parseAsRoot(arguments) as? Command)
    }

    private func isUsageError(_ arguments: String...) -> Bool {
        do {
            _ = try Program.parseAsRoot(arguments)
            return false
        } catch {
            return Program.exitCode(for: error).rawValue == ExitStatus.usage.rawValue
        }
    }

    @Test("found takes what a founder has, and has defaults for the rest")
    func found() throws {
        let command = try parse(
            Found.self,
            "found",
            "--relay",
            "https://r",
            "--relay-token",
            "T",
            "--coalition",
            "C",
            "--org",
            "SMEX",
            "--user",
            "nadia"
        )
        #expect(command.relay == "https://r")
        #expect(command.relayToken == "T")
        #expect(command.coalition == "C")
        #expect(command.org == "SMEX")
        #expect(command.user == "nadia")
        #expect(command.device == "main")
        #expect(command.suite == .xwing)
        #expect(isUsageError("found", "--relay", "https://r"))
    }

    @Test("a token and an alert's texts may begin with a hyphen")
    func hyphens() throws {
        let token = "-Tz0"
        let founding = ["--relay=https://r", "--relay-token", token, "--coalition=C", "--org=SMEX", "--user=nadia"]
        let found = try #require(try Program.parseAsRoot(["found"] + founding) as? Found)
        #expect(found.relayToken == token)

        let options = ["event", "headline", "description", "instruction", "area", "contact"]
        let texts = options.flatMap { ["--\($0)", "-\($0)"] }
        let alert = try #require(try Program.parseAsRoot(["alert", "send", "--to=coalition"] + texts) as? AlertSend)
        let words = alert.words
        let read = [words.event, words.headline, words.description, words.instruction, words.area].flatMap { $0 }
        #expect(read + [try #require(words.contact)] == options.map { "-\($0)" })
    }

    @Test("found takes either suite, and no other", arguments: SuiteName.allCases)
    func suite(name: SuiteName) throws {
        func command(_ suite: String) throws -> Found {
            try parse(
                Found.self,
                "found",
                "--relay=https://r",
                "--relay-token=T",
                "--coalition=C",
                "--org=SMEX",
                "--user=nadia",
                "--suite=\(suite)"
            )
        }
        #expect(try command(name.rawValue).suite == name)
        #expect(throws: (any Error).self) { try command("rot13") }
    }

    @Test("invite is for a colleague, or with --new-org for an organisation's first admin")
    func invite() throws {
        #expect(try parse(Invite.self, "invite", "--user", "omar").newOrg == nil)
        let command = try parse(Invite.self, "invite", "--new-org", "JOSA", "--user", "issa")
        #expect(command.newOrg == "JOSA")
        #expect(command.user == "issa")
        #expect(isUsageError("invite", "--new-org", "JOSA"))
    }

    @Test("join takes an invitation, a device, and how long to wait")
    func join() throws {
        let command = try parse(Join.self, "join", "aadr-invitation-1.x", "--device", "phone", "--wait", "20")
        #expect(command.invitation == "aadr-invitation-1.x")
        #expect(command.device == "phone")
        #expect(command.wait == 20)
        #expect(try parse(Join.self, "join", "-").wait == nil)
        #expect(isUsageError("join"))
        #expect(isUsageError("join", "x", "--wait", "-1"))
    }

    @Test("approve takes one request, with its code or without, or all of them")
    func approve() throws {
        let one = try parse(Approve.self, "approve", "3f2a", "--code", "7KQ2-M4XD-91TA")
        #expect(one.request == "3f2a")
        #expect(one.code == "7KQ2-M4XD-91TA")
        #expect(try parse(Approve.self, "approve", "3f2a").code == nil)
        #expect(try parse(Approve.self, "approve", "--all").all)
        #expect(isUsageError("approve"))
        #expect(isUsageError("approve", "3f2a", "--all"))
        #expect(isUsageError("approve", "--all", "--code", "7KQ2-M4XD-91TA"))
    }

    @Test("requests, deny, members and status parse")
    func small() throws {
        _ = try parse(Requests.self, "requests")
        #expect(try parse(Deny.self, "deny", "3f2a").request == "3f2a")
        _ = try parse(Members.self, "members")
        _ = try parse(aadr_msg.Status.self, "status")
        #expect(isUsageError("deny"))
        #expect(isUsageError("members", "more"))
    }

    @Test("send takes several targets and one text, which may begin with a hyphen after --")
    func send() throws {
        let command = try parse(Send.self, "send", "--to", "coalition", "--to", "issa@JOSA", "نص")
        #expect(command.to == ["coalition", "issa@JOSA"])
        #expect(command.text == "نص")
        #expect(try parse(Send.self, "send", "--to", "coalition", "-").text == "-")
        #expect(
            try parse(Send.self, "send", "--to", "coalition", "--", "--home is where it hurts").text.hasPrefix("--home")
        )
        #expect(isUsageError("send", "text"))
        #expect(isUsageError("send", "--to", "coalition"))
        #expect(isUsageError("send", "--to", "coalition", "two", "texts"))
    }

    @Test("recv shows what is new, or follows, filtered or not")
    func recv() throws {
        let command = try parse(
            Recv.self,
            "recv",
            "--follow",
            "--from",
            "issa@JOSA",
            "--kind",
            "text",
            "--mark",
            "none"
        )
        #expect(command.follow)
        #expect(command.from == "issa@JOSA")
        #expect(command.kind == "text")
        #expect(command.mark == .none)
        #expect(try parse(Recv.self, "recv").mark == .read)
        #expect(isUsageError("recv", "--mark", "later"))
    }

    @Test("passphrase changes to a passphrase or to a key file")
    func passphrase() throws {
        #expect(try parse(ChangePassphrase.self, "passphrase", "--new-key-file", "/k").newKeyFile == "/k")
        #expect(isUsageError("passphrase", "--new-key-file", "/k", "--new-passphrase-file", "/p"))
    }

    @Test(
        "global options stand before the command or after it",
        arguments: [
            ["--home", "/h", "--key-file", "/k", "--proxy", "socks5://p:1", "--lang", "ar", "--json", "members"],
            ["members", "--home", "/h", "--key-file", "/k", "--proxy", "socks5://p:1", "--lang", "ar", "--json"],
            ["--home", "/h", "--json", "members", "--key-file", "/k", "--lang=ar", "--proxy", "socks5://p:1"],
        ]
    )
    func globalOptions(arguments: [String]) throws {
        let command = try #require(try Program.parseAsRoot(arguments) as? Members)
        #expect(command.global.home == "/h")
        #expect(command.global.keyFile == "/k")
        #expect(command.global.proxy == "socks5://p:1")
        #expect(command.global.lang == .arabic)
        #expect(command.global.json)
    }

    @Test("a key file and a passphrase file at once are a mistake")
    func oneKey() {
        #expect(isUsageError("--key-file", "/k", "--passphrase-file", "/p", "members"))
        #expect(isUsageError("members", "--key-file", "/k", "--passphrase-file", "/p"))
    }

    @Test("what takes an id takes whose it is, where a choice is left to the person")
    func sender() throws {
        #expect(try parse(Acknowledge.self, "ack", "ID", "text", "--from", "a@B").from == "a@B")
        #expect(try parse(AlertStatus.self, "alert", "status", "ID", "--from", "a@B").from == "a@B")
        #expect(try parse(AlertExport.self, "alert", "export", "ID", "--from", "a@B").from == "a@B")
        #expect(isUsageError("alert", "cancel", "ID", "--from", "a@B"))
        #expect(throws: Failure.self) { try Parameter.user("coalition") }
    }

    @Test("every command's help says in one line what it does, and shows an example", arguments: Language.allCases)
    func help(language: Language) throws {
        Speech.$language.withValue(language) {
            for command in Program.configuration.subcommands {
                let help = HelpText.localized(Program.helpMessage(for: command, columns: 200))
                #expect(help.contains("  aadr-msg \(command._commandName)"), "\(command)")
                #expect(!command.configuration.abstract.contains("\n"), "\(command)")
                #expect(help.contains("OVERVIEW:") == (language == .english), "\(command)")
            }
        }
    }

    @Test("the parser still writes the sentences that are translated")
    func parserSentences() {
        Speech.$language.withValue(.english) {
            let help = Program.helpMessage(columns: 200)
            for phrase in [
                Phrase.helpVersion, .helpHelp, .headingUsage, .headingOptions, .headingSubcommands, .parserValues,
            ] {
                #expect(help.contains(Speech.text(phrase)), "\(phrase)")
            }
            #expect(help.contains("See 'aadr-msg help <subcommand>' for detailed help."))
        }
    }

    @Test("completion scripts name every command", arguments: [CompletionShell.bash, .zsh, .fish])
    func completion(shell: CompletionShell) {
        let script = Program.completionScript(for: shell)
        for command in Program.configuration.subcommands { #expect(script.contains(command._commandName)) }
    }
}
