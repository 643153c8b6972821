import Foundation
import Testing

/// The examples of Docs/scripts, run as they stand.
extension FirstAlertTests {
    private static let folder = Programs.repository.appendingPathComponent("Docs/scripts")
    /// What a shell, a terminal, an XML or a JSON reader could fall for.
    private static let hostile = "$(touch pwned) `id` '\"; -rf \\ & <b>]]> \u{202E}توقيف"

    private func run(
        _ script: String,
        _ arguments: [String] = [],
        as person: Person,
        input: String? = nil,
        path: String? = nil
    ) async throws -> Outcome {
        let program = try RunningProgram(
            executable: Self.folder.appendingPathComponent(script),
            arguments: arguments,
            input: input,
            environment: person.environment(path: path)
        )
        return await program.outcome()
    }

    private func cap(_ identifier: String, headline: String) -> String {
        """
        <alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>\(identifier)</identifier><sender>desk</sender>\
        <sent>2026-11-24T08:00:00-00:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Restricted</scope>\
        <restriction>TLP:AMBER</restriction><info><language>en</language><category>Security</category><event>Arrest</event>\
        <urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty>\
        <headline>\(headline)</headline></info></alert>
        """
    }

    private func report(_ network: String, _ state: String) throws -> String {
        let object = ["network": network, "state": state, "since": "2026-11-24T10:00:00+02:00"]
        return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self) + "\n"
    }

    @Test("a monitor's report is one alert however often it comes, and is cancelled when the network is back")
    func monitor() async throws {
        var coalition = try await CoalitionUnderTest.found(in: try Workplace())
        let issa = try await coalition.join("issa", of: "JOSA")
        let nadia = coalition.founder
        let down = try report(Self.hostile, "down")
        #expect(try await run("alert-from-monitor", as: nadia, input: down + down).status == 0)
        #expect(try await run("alert-from-monitor", as: nadia, input: "{}\n" + down).status == 65)
        let received = try await issa.succeed("recv", "--json").objects()
        #expect(received.count == 1)
        let infos = (received.first?["alert"] as? [String: Any])?["info"] as? [[String: Any]]
        #expect(infos?.last?["headline"] as? String == "The network \(Self.hostile) is down")

        #expect(try await run("alert-from-monitor", as: nadia, input: try report(Self.hostile, "up")).status == 0)
        let states = try await Programs.run("aadr-msg", ["alert", "list"] + issa.options + ["--json"]).objects()
        #expect(states.map { $0["state"] as? String } == ["cancelled", "active"])
        #expect(await coalition.relay.stop() == 0)
    }

    @Test("a feed's new entries are sent once, also when the relay was away, and its old ones never")
    func feed() async throws {
        var coalition = try await CoalitionUnderTest.found(in: try Workplace())
        let issa = try await coalition.join("issa", of: "JOSA")
        let nadia = coalition.founder
        let state = coalition.workplace.path("state")
        func feed(_ titles: String...) -> String {
            let items = titles.map { title in
                let text = title.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
                return "<item><guid>\(Data(title.utf8).base64EncodedString())</guid><title>\(text)</title></item>"
            }
            return "<rss><channel>\(items.joined())</channel></rss>"
        }
        #expect(try await run("feed-to-coalition", [state], as: nadia, input: feed("old")).status == 0)
        let news = feed("-second", Self.hostile, "old")
        for _ in 0..<2 { #expect(try await run("feed-to-coalition", [state], as: nadia, input: news).status == 0) }
        #expect(try await issa.receive() == [Self.hostile, "-second"])

        #expect(await coalition.relay.stop() == 0)
        #expect(try await run("feed-to-coalition", [state], as: nadia, input: feed("third", "old")).status == 0)
        coalition.relay = try await RelayUnderTest.start(in: coalition.workplace, listen: coalition.relay.listen)
        #expect(try await run("feed-to-coalition", [state], as: nadia, input: feed("third", "old")).status == 0)
        try await nadia.succeed("recv")
        #expect(try await issa.receive() == ["third"])
        for wrong in ["not a feed", "<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>"] {
            #expect(try await run("feed-to-coalition", [state], as: nadia, input: wrong).status == 65)
        }
        #expect(await coalition.relay.stop() == 0)
    }

    @Test("escalating: who is missing is handed to the command; a quorum that has answered ends the wait")
    func escalation() async throws {
        var coalition = try await CoalitionUnderTest.found(in: try Workplace())
        let issa = try await coalition.join("issa", of: "JOSA")
        _ = try await coalition.join("layan", of: "7amleh")
        let nadia = coalition.founder
        let log = coalition.workplace.path("missing")
        let silent = try await run(
            "escalate",
            ["2", "1", "/bin/sh", "-c", "sort > '\(log)'"],
            as: nadia,
            input: cap("desk-1", headline: "&lt;b>")
        )
        #expect(silent.status == 75, "\(silent.errors)")
        #expect(try String(contentsOfFile: log, encoding: .utf8) == "7amleh\nJOSA\n")
        let alerts = try await issa.succeed("recv", "--json").objects()
        #expect(alerts.map { $0["state"] as? String } == ["updated", "active"])

        let asking = try RunningProgram(
            executable: Self.folder.appendingPathComponent("escalate"),
            arguments: ["1", "60", "/bin/false"],
            input: cap("desk-2", headline: "x"),
            environment: nadia.environment()
        )
        var id: String?
        for _ in 0..<200 where id == nil {
            id = try await issa.succeed("recv", "--json").objects().first?["id"] as? String
        }
        try await issa.succeed("ack", try #require(id))
        #expect(await asking.outcome().status == 0)
        #expect(await coalition.relay.stop() == 0)
    }

    @Test("the desktop hears that an alert has come and nothing of it, and the alert stays new")
    func desktop() async throws {
        var coalition = try await CoalitionUnderTest.found(in: try Workplace())
        let issa = try await coalition.join("issa", of: "JOSA")
        let tools = coalition.workplace.path("tools")
        let log = coalition.workplace.path("notified")
        try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: true)
        let stub = "\(tools)/notify-send"
        try "#!/bin/sh\nprintf '%s\\n' \"$@\" >> '\(log)'\n".write(toFile: stub, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: stub)

        let options = ["alert", "import"] + coalition.founder.options + ["-"]
        #expect(try await Programs.run("aadr-msg", options, input: cap("desk", headline: "canary")).status == 0)
        let notifying = try RunningProgram(
            executable: Programs.folder.appendingPathComponent("aadr-msg"),
            arguments: ["recv"] + issa.options + [
                "--mark", "none", "--exec", Self.folder.appendingPathComponent("notify-desktop").path,
            ],
            environment: issa.environment(path: tools)
        )
        #expect(await notifying.outcome().status == 0)
        let notified = try String(contentsOfFile: log, encoding: .utf8)
        #expect(notified.contains("critical") && !notified.contains("canary"))
        #expect(try await issa.succeed("recv", "--json").objects().count == 1)
        #expect(await coalition.relay.stop() == 0)
    }

    @Test("the nightly check is silent while all is well, and names what is not")
    func nightly() async throws {
        let coalition = try await CoalitionUnderTest.found(in: try Workplace())
        let well = try await run("check-nightly", as: coalition.founder)
        #expect(well.status == 0 && well.output == "", "\(well.output)\(well.errors)")
        #expect(await coalition.relay.stop() == 0)
        #expect(try await coalition.founder.run("send", "--to", "coalition", "x").status == 75)
        let ill = try await run("check-nightly", as: coalition.founder)
        #expect(ill.status == 1)
        #expect(ill.output.contains("relay cannot be reached") && ill.output.contains("wait to be sent: 1"))
    }

    @Test("systemd finds nothing wrong with the service")
    func service() async throws {
        let workplace = try Workplace()
        let unit = try String(contentsOf: Self.folder.appendingPathComponent("aadr-recv.service"), encoding: .utf8)
        #expect(unit.contains("LoadCredentialEncrypted=") && unit.contains(" recv --follow "))
        let verify = URL(fileURLWithPath: "/usr/bin/systemd-analyze")
        guard FileManager.default.isExecutableFile(atPath: verify.path) else { return }
        let file = workplace.path("aadr-recv.service")
        // The program is where these tests have it.
        try unit.replacing("/usr/local/bin", with: Programs.folder.path)
            .write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try await RunningProgram(executable: verify, arguments: ["verify", "--man=no", file]).outcome()
        #expect(outcome.status == 0 && !outcome.errors.contains("aadr-recv"), "\(outcome.errors)")
    }
}

extension Person {
    /// What a script finds its way by.
    /// - Parameter path: a folder whose programs come first.
    func environment(path: String? = nil) -> [String: String] {
        [
            "PATH": [path, Programs.folder.path, "/usr/bin", "/bin"].compactMap { $0 }.joined(separator: ":"),
            "AADR_MSG_HOME": workplace.path(name),
            "AADR_MSG_KEY_FILE": workplace.path("\(name).key"),
        ]
    }
}
