import Foundation
import Testing

/// One after the other: a program that is started while another is being started can inherit the other's pipes, and then
/// keeps them open for as long as it runs.
@Suite("End to end, on the real programs", .serialized)
struct FirstAlertTests {
    static let alert = "تم توقيف مدوّن في بغداد الليلة. نحتاج إلى تضامنكم الآن."

    @Test(
        "an alert crosses to every organisation, an answer comes back, and restarts lose and repeat nothing",
        arguments: ["xwing", "x25519"]
    )
    func alertCrossesAndSurvivesRestarts(suite: String) async throws {
        let workplace = try Workplace()
        var coalition = try await CoalitionUnderTest.found(in: workplace, suite: suite)
        for (name, organisation) in [("issa", "JOSA"), ("haidar", "INSM"), ("layan", "7amleh"), ("farida", "Masaar")] {
            _ = try await coalition.join(name, of: organisation)
        }
        let (issa, haidar) = (coalition.people[0], coalition.people[1])

        let sent = try await haidar.succeed("send", "--to", "coalition", Self.alert, "--json").objects()
        #expect(sent.first?["state"] as? String == "relayed")
        for person in [coalition.founder] + coalition.people where person.name != "haidar" {
            let received = try await person.succeed("recv", "--json").objects()
            #expect(received.compactMap { $0["text"] as? String } == [Self.alert], "\(person.name)")
            #expect(received.first?["from"] as? String == haidar.address)
            #expect(received.first?["id"] as? String == sent.first?["id"] as? String)
        }

        try await issa.succeed("send", "--to", haidar.address, "معكم")
        #expect(try await haidar.receive() == ["معكم"])

        // What is sent while the relay is down waits, says so, and crosses once when it is back.
        #expect(await coalition.relay.stop() == 0)
        let queued = try await issa.run("send", "--to", "coalition", "after the restart", "--json")
        #expect(queued.status == 75, "\(queued.errors)")
        #expect(try queued.objects().first?["state"] as? String == "queued")
        coalition.relay = try await RelayUnderTest.start(in: workplace, listen: coalition.relay.listen)
        try await issa.succeed("recv")
        #expect(try await haidar.receive() == ["after the restart"])
        #expect(try await haidar.receive() == [])
        #expect(try await coalition.founder.receive() == ["after the restart"])
        #expect(await coalition.relay.stop() == 0)
    }

    @Test("following shows a message that another process of the same home did not disturb")
    func followAndSendOnOneHome() async throws {
        let workplace = try Workplace()
        var coalition = try await CoalitionUnderTest.found(in: workplace)
        let issa = try await coalition.join("issa", of: "JOSA")
        let following = try issa.start("recv", "--follow", "--json")
        for number in 1...5 {
            try await coalition.founder.succeed("send", "--to", "coalition", "from the founder \(number)")
            try await issa.succeed("send", "--to", "coalition", "from the same home \(number)")
        }
        let deadline = Date(timeIntervalSinceNow: 30)
        while following.text.split(separator: "\n").count < 5, Date() < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        following.signal(SIGTERM)
        let followed = await following.outcome()
        #expect(
            try followed.objects().compactMap { $0["text"] as? String }
                == (1...5).map { "from the founder \($0)" }
        )
        #expect(
            try await coalition.founder.receive() == (1...5).map { "from the same home \($0)" }
        )
        #expect(await coalition.relay.stop() == 0)
    }

    @Test("a wrong code exits 77 and admits nobody; the right one still does")
    func wrongCode() async throws {
        let workplace = try Workplace()
        let coalition = try await CoalitionUnderTest.found(in: workplace)
        let founder = coalition.founder
        let invitation = try await founder.succeed("invite", "--user", "omar")
        let omar = Person(name: "omar", organisation: founder.organisation, workplace: workplace)
        let joining = try omar.start("join", try #require(invitation.lines.first), "--wait", "60")
        let code = try await joining.line(startingWith: "code: ")
        let request = try await coalition.request(of: "omar")

        let wrong = String(code.reversed())
        let refused = try await founder.run("approve", request, "--code", wrong == code ? "0000-0000-0000" : wrong)
        #expect(refused.status == 77)
        #expect(try await founder.succeed("members", "--json").objects().count == 1)

        try await founder.succeed("approve", request, "--code", code)
        #expect(await joining.outcome().status == 0)
        #expect(try await founder.succeed("members", "--json").objects().count == 2)
        #expect(await coalition.relay.stop() == 0)
    }

    @Test("the relay's files hold nothing of what was said, by whom, or of which organisation")
    func relayHoldsNothing() async throws {
        let workplace = try Workplace()
        var coalition = try await CoalitionUnderTest.found(in: workplace)
        let person = try await coalition.join("canary-user", of: "canary-organisation")
        try await person.succeed("send", "--to", "coalition", "canary-message")
        try await person.succeed("send", "--to", coalition.founder.address, "canary-message")
        #expect(try await coalition.founder.receive() == ["canary-message", "canary-message"])

        let folder = URL(fileURLWithPath: coalition.relay.data)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        let logs = Data((coalition.relay.program.text + coalition.relay.program.errorText).utf8)
        for canary in ["canary", "nadia", "Arab Alliance"] {
            for file in files {
                #expect(try Data(contentsOf: file).range(of: Data(canary.utf8)) == nil, "\(file.lastPathComponent)")
            }
            #expect(logs.range(of: Data(canary.utf8)) == nil)
        }
        #expect(await coalition.relay.stop() == 0)
    }
}
