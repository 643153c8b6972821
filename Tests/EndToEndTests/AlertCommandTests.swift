import Foundation
import Testing

@Suite("Alerts, on the real programs")
struct AlertCommandTests {
    private static let grades = [
        "--severity", "severe", "--urgency", "immediate", "--certainty", "observed",
    ]

    private func alert(
        _ person: Person,
        _ command: String,
        _ arguments: [String],
        input: String? = nil
    ) async throws -> Outcome {
        var options = person.options
        // There --lang is the language of the alert.
        if ["send", "update"].contains(command) { options.removeLast(2) }
        return try await Programs.run("aadr-msg", ["alert", command] + options + arguments, input: input)
    }

    @Test("an alert in two languages is answered, waited for, updated, cancelled, exported and imported")
    func life() async throws {
        let workplace = try Workplace()
        var coalition = try await CoalitionUnderTest.found(in: workplace)
        let issa = try await coalition.join("issa", of: "JOSA")
        let layan = try await coalition.join("layan", of: "7amleh")
        let nadia = coalition.founder

        let sent = try await alert(
            nadia,
            "send",
            ["--to", "coalition", "--lang", "ar", "--event", "توقيف", "--headline", "توقيف مدوّن"] + Self.grades
                + [
                    "--lang", "en", "--event", "Arrest", "--headline", "Blogger arrested", "--expires", "6h", "--json",
                    "-",
                ],
            input: "وصف"
        )
        // One description for two languages: said, and nothing sent.
        #expect(sent.status == 64, "\(sent.errors)")
        let again = try await alert(
            nadia,
            "send",
            ["--to", "coalition", "--lang", "ar", "--event", "توقيف", "--headline", "توقيف مدوّن"] + Self.grades
                + ["--lang", "en", "--event", "Arrest", "--headline", "Blogger arrested", "--expires", "6h", "--json"]
                + ["--description", "in full", "-"],
            input: "وصف\n"
        )
        #expect(again.status == 0, "\(again.errors)")
        let id = try #require(try again.objects().first?["id"] as? String)

        let received = try #require(try await issa.succeed("recv", "--json").objects().first)
        #expect(received["kind"] as? String == "alert")
        #expect(received["state"] as? String == "active")
        let object = try #require(received["alert"] as? [String: Any])
        let infos = try #require(object["info"] as? [[String: Any]])
        #expect(infos.map { $0["language"] as? String } == ["ar", "en"])
        #expect(infos.map { $0["description"] as? String } == ["وصف", "in full"])
        let shown = try await layan.succeed("recv").output
        #expect(shown.contains("ALERT: severe") && shown.contains("Blogger arrested") && shown.contains("ack \(id)"))

        // Nobody but JOSA answers; the script learns who is missing.
        try await issa.succeed("ack", id, "معكم")
        let status = try await alert(nadia, "status", [id, "--json"]).objects()
        let josa = try #require(status.first { $0["org"] as? String == "JOSA" })
        #expect(josa["acknowledged"] as? Bool == true)
        #expect(josa["by"] as? String == "issa@JOSA")
        #expect(josa["text"] as? String == "معكم")
        #expect(status.first { $0["org"] as? String == "7amleh" }?["acknowledged"] as? Bool == false)

        let update = try await alert(
            nadia,
            "update",
            [id, "--severity", "Extreme", "--wait", "acknowledged", "--quorum", "1", "--timeout", "1", "--json"]
        )
        #expect(update.status == 75, "\(update.errors)")
        let outcome = try #require(try update.objects().first)
        #expect(Set(outcome["missing"] as? [String] ?? []) == ["JOSA", "7amleh"])
        #expect(outcome["state"] as? String == "relayed")
        #expect(try await alert(issa, "update", [id, "--severity", "Minor"]).status == 77)
        #expect(try await alert(nadia, "cancel", [id, "أُفرج عنه"]).status == 0)
        #expect(try await alert(nadia, "update", [id, "--severity", "Minor"]).status == 77)
        let states = try await alert(issa, "list", ["--json"]).objects().map { $0["state"] as? String }
        #expect(states == ["cancelled", "cancelled", "active"])

        let document = try await alert(nadia, "export", [id]).output
        #expect(document.contains("<identifier>\(id)</identifier>"))
        let file = workplace.path("alert.xml")
        try document.replacing(id, with: "FEED-1").write(toFile: file, atomically: true, encoding: .utf8)
        let imported = try await alert(nadia, "import", [file, "--json"]).objects().first?["id"] as? String
        let twice = try await alert(nadia, "import", [file, "--json"]).objects().first?["id"] as? String
        #expect(imported != nil && imported == twice)
        let hostile = try await alert(nadia, "import", ["-"], input: "<!DOCTYPE alert [<!ENTITY a 'b'>]><alert/>")
        #expect(hostile.status == 65)

        #expect(try await alert(nadia, "status", ["00000000000000000000000000000000"]).status == 65)
        #expect(try await alert(nadia, "status", ["x"]).status == 64)
        #expect(try await alert(nadia, "send", ["--to", "coalition", "--headline", "x"]).status == 65)
        #expect(try await nadia.run("ack", id).status == 65)
        #expect(await coalition.relay.stop() == 0)
    }

    @Test("a script waits for the answers of a quorum, and goes on as soon as it has them")
    func quorum() async throws {
        let workplace = try Workplace()
        var coalition = try await CoalitionUnderTest.found(in: workplace)
        let issa = try await coalition.join("issa", of: "JOSA")
        let nadia = coalition.founder
        let sending = try Programs.start(
            "aadr-msg",
            ["alert", "send"] + nadia.options.dropLast(2) + [
                "--to", "coalition", "--event", "Drill", "--status", "Exercise",
            ]
                + Self.grades + [
                    "--headline", "Drill", "--wait", "acknowledged", "--quorum", "1", "--timeout", "60", "--json",
                ]
        )
        var id: String?
        for _ in 0..<200 where id == nil {
            id = try await issa.succeed("recv", "--json").objects().first?["id"] as? String
            try await Task.sleep(for: .milliseconds(50))
        }
        try await issa.succeed("ack", try #require(id))
        let outcome = await sending.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.objects().first?["state"] as? String == "acknowledged")
        #expect(try outcome.objects().first?["missing"] as? [String] == [])
        #expect(try await alert(issa, "list", []).output.contains("EXERCISE"))
        #expect(await coalition.relay.stop() == 0)
    }
}
