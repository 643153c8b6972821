import ArgumentParser
import Testing

@testable import aadr_msg

@Suite("Help, and what the parser says")
struct HelpTextTests {
    private func said(_ arguments: [String]) -> String {
        do {
            _ = try Program.parseAsRoot(arguments)
            return ""
        } catch {
            let text = Program.fullMessage(for: error, columns: HelpPage.unbroken)
            return SafeText.lines(text).map { HelpText.localized($0) }.joined(separator: "\n")
        }
    }

    static let commands: [[String]] = [
        [], ["found"], ["invite"], ["join"], ["requests"], ["approve"], ["deny"], ["members"], ["send"], ["recv"],
        ["alert"], ["alert", "send"], ["alert", "update"], ["alert", "cancel"], ["alert", "status"], ["alert", "list"],
        ["alert", "import"], ["alert", "export"], ["ack"], ["status"], ["settings"], ["passphrase"],
    ]

    /// A command's help, as the parser writes it.
    static func page(_ command: [String]) -> String {
        do {
            var help = try Program.parseAsRoot(command + ["--help"])
            try help.run()
            return ""
        } catch {
            return Program.fullMessage(for: error, columns: HelpPage.unbroken)
        }
    }

    /// Every word of a line that a person reads, without what belongs to a command line.
    private func englishWords(_ text: String) -> [String] {
        text.split(separator: "\n")
            .filter { !$0.contains("aadr-msg") && !$0.hasPrefix("    - ") }
            .flatMap { $0.split { !$0.isLetter && !"<>-'.@/:#_+".contains($0) } }
            .map(String.init)
            .filter {
                ["Error", "Help", "Usage", "See", "Missing", "Unknown", "value", "values:", "default:"].contains($0)
            }
    }

    @Test(
        "what is wrong with a command line is said in Arabic, and what was typed is named",
        arguments: [
            (["frob"], "frob"), (["recv", "x", "y"], "x"), (["send"], "--to"), (["send", "--to"], "--to"),
            (["recv", "--mrk"], "--mark"), (["recv", "--zzzzzzzz"], "--zzzzzzzz"), (["recv", "--mark", "zz"], "zz"),
            (["join", "i", "--wait", "x"], "--wait"), (["alert", "send", "--to", "a", "--category", "zz"], "zz"),
            (["recv", "--follow=1"], "--follow"), (["send", "--to", "x", "--json"], "<text>"),
        ]
    )
    func errors(arguments: [String], named: String) {
        Speech.$language.withValue(.arabic) {
            let text = said(arguments)
            #expect(text.contains(named))
            #expect(englishWords(text) == [], "\(text)")
            let first = text.prefix { $0 != "\n" }
            #expect(first.unicodeScalars.contains { (0x0620...0x064A).contains($0.value) }, "\(text)")
        }
    }

    @Test("help of every command has no English of the parser's in Arabic", arguments: commands, [40, 80])
    func help(command: [String], width: Int) throws {
        try Speech.$language.withValue(.arabic) {
            let text = try #require(HelpPage.lines(Self.page(command), width: width)).joined(separator: "\n")
            // A word of CAP's.
            #expect(englishWords(text).filter { $0 != "Unknown" } == [], "\(text)")
            for heading in ["OVERVIEW", "USAGE", "OPTIONS", "ARGUMENTS", "SUBCOMMANDS", "Show "] {
                #expect(!text.contains(heading), "\(text)")
            }
        }
    }

    @Test("English is the parser's own, without its “Error:”")
    func english() {
        Speech.$language.withValue(.english) {
            #expect(said(["frob"]).hasPrefix("Unexpected argument 'frob'"))
        }
    }

    @Test("a command that there is not is named, and not the options behind it")
    func strayCommand() {
        for (arguments, kept) in [
            (["sned", "--to", "SMEX"], ["sned"]), (["alert", "sned", "--text", "x"], ["alert", "sned"]),
            (["send", "x", "--y"], ["send", "x", "--y"]), (["--lang", "ar", "send"], ["--lang", "ar", "send"]),
            (["help", "frob"], ["help", "frob"]), ([], []),
        ] {
            #expect(Program.throughStrayCommand(arguments) == kept)
        }
    }

    @Test("an example fits into 80 columns, so that it can be copied", arguments: Phrase.allCases)
    func examplesFit(phrase: Phrase) {
        for text in [Speech.english(phrase), Speech.arabic(phrase)] {
            for line in text.split(separator: "\n") where line.hasPrefix("  ") {
                #expect(DisplayWidth.width(String(line)) <= 80, "\(line)")
            }
        }
    }
}
