import Foundation
import SchemaTesting
import Testing

/// What scripts rely on: JSON by the schema, and exit statuses.
extension FirstAlertTests {
    @Test("what every command prints with --json is as the schema says, and has no member that it does not describe")
    func schema() async throws {
        let schema = try JSONSchema(contentsOf: Programs.repository.appendingPathComponent("Protocol/cli.schema.json"))
        var seen: Set<String> = []
        func check(_ outcome: Outcome, _ names: String..., status: Int32 = 0) {
            #expect(outcome.status == status, "\(names): \(outcome.errors)")
            #expect(outcome.lines.count >= names.count, "\(names): \(outcome.output)")
            for (index, line) in outcome.lines.enumerated() {
                let name = names[min(index, names.count - 1)]
                #expect(schema.faults(in: line, as: name) == [], "\(line)")
                seen.insert(name)
            }
        }

        let workplace = try Workplace()
        let relay = try await RelayUnderTest.start(in: workplace)
        let nadia = Person(name: "nadia", organisation: "SMEX", workplace: workplace)
        check(
            try await nadia.run(
                "found",
                ["--relay", relay.address, "--relay-token", relay.makeToken(), "--coalition", "تحالف", "--org", "SMEX"]
                    + ["--user", "nadia", "--json"]
            ),
            "found"
        )
        let invitation = try await nadia.run("invite", ["--new-org", "JOSA", "--user", "issa", "--json"])
        check(invitation, "invite")
        let issa = Person(name: "issa", organisation: "JOSA", workplace: workplace)
        let text = try #require(try invitation.objects().first?["invitation"] as? String)
        let joining = try issa.start("join", text, "--json", "--wait", "60")
        let coalition = CoalitionUnderTest(workplace: workplace, relay: relay, founder: nadia)
        let request = try await coalition.request(of: "issa")
        check(try await nadia.run("requests", ["--json"]), "requests")
        let code = String(try await joining.line(startingWith: "{\"code\":\"").prefix { $0 != "\"" })
        check(try await nadia.run("approve", [request, "--code", code, "--json"]), "approve")
        check(await joining.outcome(), "join-code", "join")
        let refused = Person(name: "omar", organisation: "SMEX", workplace: workplace)
        let unwanted = try await nadia.succeed("invite", "--user", "omar").lines[0]
        check(try await refused.run("join", [unwanted, "--json", "--wait", "0"]), "join-code", status: 75)
        let denied = try await coalition.request(of: "omar")
        check(try await nadia.run("deny", [denied, "--json"]), "deny")

        check(try await nadia.run("members", ["--json"]), "members", "members")
        check(try await nadia.run("send", ["--to", "coalition", "--json", "\u{202E}x\n\u{1B}[2J"]), "send")
        let grades = ["--severity", "severe", "--urgency", "immediate", "--certainty", "observed", "--json"]
        let sent = try await nadia.alert("send", ["--to", "coalition", "--event", "x", "--headline", "x"] + grades)
        check(sent, "send")
        let id = try #require(try sent.objects().first?["id"] as? String)
        let received = try await issa.run("recv", ["--json"])
        check(received, "recv", "recv")
        check(try await issa.run("ack", [id, "معكم", "--json"]), "send")
        check(try await nadia.alert("status", [id, "--json"]), "alert-status")
        let wait = ["--wait", "acknowledged", "--timeout", "1", "--json"]
        check(try await nadia.alert("update", [id, "--severity", "Extreme"] + wait), "send", status: 75)
        check(try await nadia.alert("cancel", [id, "over", "--json"]), "send")
        check(try await nadia.alert("list", ["--json"]), "alert-list", "alert-list", "alert-list")
        let document = workplace.path("document.xml")
        try Data("<alert>".utf8).write(to: URL(filePath: document))
        check(try await nadia.alert("import", [document, "--json"]), "alert-refused", status: 65)
        #expect(try await issa.run("recv", ["--exec", "exit 3"]).status == 75)
        check(try await issa.run("status", ["--json"]), "status")
        check(try await issa.run("settings", ["--read-receipts", "on", "--json"]), "settings")
        check(try await issa.run("passphrase", ["--new-key-file", workplace.path("new.key"), "--json"]), "passphrase")
        #expect(seen == Set(schema.listed))
        #expect(await relay.stop() == 0)
    }

    @Test("a conversation that the relay refuses to begin waits for the next access token, which settings takes")
    func relayToken() async throws {
        let workplace = try Workplace()
        var coalition = try await CoalitionUnderTest.found(in: workplace)
        let nadia = coalition.founder
        let issa = try await coalition.join("issa", of: "JOSA")
        try await nadia.succeed("recv")
        let listed = try await Programs.run("aadr-relay", ["token", "list", "--data", coalition.relay.data, "--json"])
        for token in try listed.objects() {
            let id = try #require(token["id"] as? String)
            let revoked = try await Programs.run("aadr-relay", ["token", "revoke", id, "--data", coalition.relay.data])
            #expect(revoked.status == 0, "\(revoked.errors)")
        }
        let refused = try await nadia.run("send", "--to", "issa@JOSA", "only for you")
        #expect(refused.status == 75, "\(refused.errors)")
        #expect(refused.errors.contains("settings --relay-token"), "\(refused.errors)")
        try await issa.succeed("send", "--to", "coalition", "for all")
        #expect(try await nadia.receive() == ["for all"])

        let unknown = try await nadia.run("settings", "--relay-token", String(repeating: "A", count: 43))
        #expect(unknown.status == 77, "\(unknown.errors)")
        let token = try await coalition.relay.makeToken()
        let taken = try await nadia.run("settings", "--relay-token", "-", input: token + "\n")
        #expect(taken.status == 0, "\(taken.errors)")
        #expect(!(taken.output + taken.errors).contains(token))
        #expect(try await nadia.receive() == [])
        #expect(try await issa.receive() == ["only for you"])
        let both = Person(name: "omar", organisation: "SMEX", workplace: workplace)
        #expect(try await both.run("join", "-", "--relay-token", "-").status == 64)
        #expect(await coalition.relay.stop() == 0)
    }

    @Test("every documented exit status, each by what it stands for")
    func exitStatuses() async throws {
        let workplace = try Workplace()
        var coalition = try await CoalitionUnderTest.found(in: workplace)
        let nadia = coalition.founder
        let issa = try await coalition.join("issa", of: "JOSA")
        var seen: Set<Int32> = []
        func expect(_ status: Int32, _ outcome: Outcome, _ location: SourceLocation = #_sourceLocation) {
            #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: location)
            seen.insert(outcome.status)
        }

        expect(0, try await nadia.run("status"))
        expect(64, try await nadia.run("send", "--to", "coalition"))
        expect(64, try await nadia.run("send", "--to", "coalition", "x", "--wait", "delivered"))
        expect(65, try await nadia.run("ack", "00000000000000000000000000000000"))
        expect(77, try await nadia.alert("update", [try await alert(of: issa), "--severity", "Minor"]))
        expect(78, try await Person(name: "nobody", organisation: "X", workplace: workplace).run("recv"))
        let program = Programs.folder.appendingPathComponent("aadr-msg").path
        let full = try RunningProgram(
            executable: URL(fileURLWithPath: "/bin/sh"),
            arguments: ["-c", "exec \"$@\" > /dev/full", "sh", program, "status"] + nadia.options
        )
        expect(73, await full.outcome())

        // A relay that is set back to an earlier day without saying so broke the protocol.
        #expect(await coalition.relay.stop() == 0)
        expect(69, try await nadia.run("recv"))
        expect(75, try await nadia.run("send", "--to", "coalition", "x"))
        let before = workplace.path("before")
        try FileManager.default.copyItem(atPath: coalition.relay.data, toPath: before)
        let listen = try coalition.relay.listen
        coalition.relay = try await RelayUnderTest.start(in: workplace, listen: listen)
        expect(0, try await issa.run("send", "--to", "coalition", "y", "--wait", "relayed", "--timeout", "30"))
        expect(0, try await nadia.run("recv"))
        #expect(await coalition.relay.stop() == 0)
        try FileManager.default.removeItem(atPath: coalition.relay.data)
        try FileManager.default.moveItem(atPath: before, toPath: coalition.relay.data)
        coalition.relay = try await RelayUnderTest.start(in: workplace, listen: listen)
        expect(76, try await nadia.run("recv"))

        // A home that does not hold together.
        for file in try FileManager.default.contentsOfDirectory(atPath: workplace.path("issa")) {
            try Data("not a database".utf8)
                .write(to: URL(fileURLWithPath: workplace.path("issa")).appendingPathComponent(file))
        }
        expect(70, try await issa.run("status"))
        #expect(seen == [0, 64, 65, 69, 70, 73, 75, 76, 77, 78])
        #expect(await coalition.relay.stop() == 0)
    }

    /// Waiting tells the truth: each state is not reached while the step to it cannot be taken.
    @Test("send --wait: relayed not without the relay, acknowledged not without an answer")
    func waiting() async throws {
        var coalition = try await CoalitionUnderTest.found(in: try Workplace())
        let issa = try await coalition.join("issa", of: "JOSA")
        let nadia = coalition.founder
        #expect(await coalition.relay.stop() == 0)
        let away = try await nadia.run(
            "send",
            ["--to", "coalition", "x", "--wait", "relayed", "--timeout", "1", "--json"]
        )
        #expect(away.status == 75, "\(away.errors)")
        #expect(try away.objects().map { $0["state"] as? String } == ["queued"])
        #expect(try away.objects().first?["missing"] as? [String] == ["JOSA"])
        coalition.relay = try await RelayUnderTest.start(in: coalition.workplace, listen: coalition.relay.listen)

        let unanswered = try await nadia.run(
            "send",
            ["--to", issa.address, "y", "--wait", "acknowledged", "--timeout", "1", "--json"]
        )
        #expect(unanswered.status == 75, "\(unanswered.errors)")
        #expect(try unanswered.objects().map { $0["state"] as? String } == ["relayed"])
        let asking = try nadia.start(
            "send",
            "--to",
            issa.address,
            "z",
            "--wait",
            "acknowledged",
            "--timeout",
            "60",
            "--json"
        )
        var id: String?
        for _ in 0..<200 where id == nil {
            let heard = try await issa.succeed("recv", "--json").objects()
            id = heard.first { $0["text"] as? String == "z" }?["id"] as? String
        }
        try await issa.succeed("ack", try #require(id))
        let answered = await asking.outcome()
        #expect(answered.status == 0, "\(answered.errors)")
        #expect(try answered.objects().map { $0["state"] as? String } == ["acknowledged"])
        #expect(await coalition.relay.stop() == 0)
    }

    private func alert(of person: Person) async throws -> String {
        let sent = try await person.alert(
            "send",
            ["--to", "coalition", "--event", "x", "--headline", "x", "--severity", "Minor", "--urgency", "Past"]
                + ["--certainty", "Likely", "--json"]
        )
        let id = try #require(try sent.objects().first?["id"] as? String)
        // The others know it once they have read it.
        try await Person(name: "nadia", organisation: "SMEX", workplace: person.workplace).succeed("recv")
        return id
    }
}

extension Person {
    func run(_ command: String, _ arguments: [String]) async throws -> Outcome {
        try await Programs.run("aadr-msg", [command] + options + arguments)
    }

    /// A command about alerts; `--lang` there is the alert's language.
    func alert(_ command: String, _ arguments: [String]) async throws -> Outcome {
        try await Programs.run("aadr-msg", ["alert", command] + options.dropLast(2) + arguments)
    }
}
