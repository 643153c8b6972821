import Foundation
import Testing

@Suite("What `make install` puts in place")
struct InstallTests {
    private func run(_ program: String, _ arguments: String...) async throws -> Outcome {
        try await RunningProgram(executable: URL(fileURLWithPath: "/usr/bin/env"), arguments: [program] + arguments)
            .outcome()
    }

    @Test("programs that run, manual pages that render in both languages, and completions that shells can read")
    func install() async throws {
        let workplace = try Workplace()
        let script = Programs.repository.appendingPathComponent("Scripts/install").path
        let prefix = workplace.folder.path + "/usr"
        let outcome = try await run("DESTDIR=\(workplace.folder.path)", "PREFIX=/usr", script, Programs.folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")

        for program in ["aadr-msg", "aadr-relay"] {
            #expect(try await run("\(prefix)/bin/\(program)", "--version").status == 0)
            let page = try await run("man", "--warnings", "-l", "\(prefix)/share/man/man1/\(program).1")
            #expect(page.status == 0 && page.errors == "", "\(page.errors)")
            for heading in ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS"] {
                #expect(page.output.contains("\n\(heading)\n"))
            }
            for (shell, path) in [
                ("bash", "bash-completion/completions/\(program)"), ("zsh", "zsh/site-functions/_\(program)"),
                ("fish", "fish/vendor_completions.d/\(program).fish"),
            ] {
                let checked = try await run(shell, "-n", "\(prefix)/share/\(path)")
                #expect(checked.status == 0 && checked.errors == "", "\(shell) \(program): \(checked.errors)")
                let text = try String(contentsOfFile: "\(prefix)/share/\(path)", encoding: .utf8)
                #expect(text.contains(program == "aadr-msg" ? "recv" : "serve"))
            }
        }
        let english = try await run("man", "-l", "\(prefix)/share/man/man1/aadr-msg.1").output
        // Each command and each option of the help has its place.
        for words in ["alert cancel", "--relay-token <token>", "--severity <severity>", "Exit status:"] {
            #expect(english.contains(words))
        }
        let arabic = try await run("man", "-l", "\(prefix)/share/man/ar/man1/aadr-msg.1")
        #expect(arabic.status == 0 && arabic.errors == "", "\(arabic.errors)")
        #expect(arabic.output.contains("\nالخيارات\n"))
        #expect(!arabic.output.contains("Show "))
    }
}
