import Foundation
import Testing

/// Scripts must not notice in which language people are spoken to.
@Suite("What programs read, in every language")
struct LanguageTests {
    /// Runs one command line in both languages, chosen by the locale.
    private func inBoth(_ person: Person, _ arguments: [String]) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        for locale in ["en_US.UTF-8", "ar_JO.UTF-8"] {
            let program = try RunningProgram(
                executable: URL(fileURLWithPath: "/usr/bin/env"),
                arguments: ["LC_ALL=\(locale)", Programs.folder.appendingPathComponent("aadr-msg").path] + arguments
                    + person.options.dropLast(2)
            )
            outcomes.append(await program.outcome())
        }
        return outcomes
    }

    /// Without what is drawn anew for each run: ids, and the time.
    private func comparable(_ output: String) -> String {
        output.replacing(#/[0-9a-f]{32}/#, with: "ID").replacing(#/\d{4}-\d\d-\d\dT[\d:]+Z/#, with: "TIME")
            .replacing(#/aadr-invitation-1\.[\w-]+/#, with: "INVITATION")
    }

    private func hasArabic(_ text: String) -> Bool {
        text.unicodeScalars.contains { (0x0620...0x064A).contains($0.value) }
    }

    @Test("--json and the exit status are the same; what people read is not")
    func sameForPrograms() async throws {
        let workplace = try Workplace()
        var coalition = try await CoalitionUnderTest.found(in: workplace)
        let issa = try await coalition.join("issa", of: "JOSA")
        let nadia = coalition.founder
        try await nadia.succeed("send", "--to", "coalition", "hello")
        let grades = ["--severity", "Severe", "--urgency", "Immediate", "--certainty", "Observed"]
        let sent = try await Programs.run(
            "aadr-msg",
            ["alert", "send"] + nadia.options.dropLast(2) + ["--to", "coalition", "--headline", "x", "--event", "y"]
                + grades
        )
        let id = try #require(sent.lines.first)
        try await issa.succeed("recv", "--mark", "none")
        // The receipt goes when its time has come, and not between two outputs that are compared.
        var isDelivered = false
        for _ in 0..<100 where !isDelivered {
            let states = try await issa.succeed("alert", "status", id, "--json").objects()
            isDelivered = states.contains { $0["org"] as? String == "JOSA" && $0["delivered"] as? Bool == true }
            if !isDelivered { try await Task.sleep(for: .milliseconds(200)) }
        }
        #expect(isDelivered)

        for command in [
            ["recv", "--mark", "none"], ["members"], ["requests"], ["status"], ["alert", "list"],
            ["alert", "status", id],
            ["send", "--to", "coalition", "again"], ["ack", id, "note"], ["invite", "--user", "omar"],
            // What fails says so in the same number.
            ["send", "--to", "nobody@NOWHERE", "x"], ["send", "--to", "?", "x"], ["send", "--to", "coalition", ""],
            ["alert", "cancel", id], ["alert", "status", "zz"], ["approve", "0000"], ["deny", "0000"],
            ["recv", "--mark", "no"],
            ["frob"], ["join", "no-invitation"], ["invite", "--user", "omar", "--new-org", "JOSA"],
        ] {
            let outcomes = try await inBoth(issa, command + ["--json"])
            #expect(outcomes[0].status == outcomes[1].status, "\(command)")
            #expect(comparable(outcomes[0].output) == comparable(outcomes[1].output), "\(command)")
            #expect(outcomes[0].errors.isEmpty == outcomes[1].errors.isEmpty, "\(command)")
            if !outcomes[1].errors.isEmpty {
                #expect(
                    hasArabic(outcomes[1].errors) && !hasArabic(outcomes[0].errors),
                    "\(command): \(outcomes[1].errors)"
                )
            }
        }
        let document = try await inBoth(issa, ["alert", "export", id])
        #expect(document[0].output == document[1].output && document[0].status == 0)

        #expect(await coalition.relay.stop() == 0)
        for command in [["status"], ["recv", "--mark", "none"], ["send", "--to", "coalition", "down"]] {
            let outcomes = try await inBoth(issa, command + ["--json"])
            #expect(outcomes[0].status == outcomes[1].status, "\(command)")
            let outputs = outcomes.map { comparable($0.output).replacing(#/"queued":\d+/#, with: "QUEUED") }
            #expect(outputs[0] == outputs[1], "\(command)")
            #expect(!outcomes[1].errors.contains("بالإنجليزية"), "\(outcomes[1].errors)")
        }
    }
}
