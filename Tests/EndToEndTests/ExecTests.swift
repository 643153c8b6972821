import Foundation
import Testing

extension FirstAlertTests {
    @Test("recv --exec: a failing command keeps its message and no other, says so, and runs again")
    func execOnce() async throws {
        let (coalition, issa) = try await Self.pair()
        let log = coalition.workplace.path("log")
        let hook = "tee -a '\(log)' | grep -q good"
        for text in ["bad", "good one", "good two"] {
            try await coalition.founder.succeed("send", "--to", "coalition", text)
        }
        let first = try await issa.run("recv", "--exec", hook)
        #expect(first.status == 75, "\(first.errors)")
        #expect(first.output == "")
        #expect(first.errors.contains("exit 1"))
        #expect(try Self.texts(in: log) == ["bad", "good one", "good two"])

        let status = try #require(try await issa.succeed("status", "--json").objects().first)
        let failing = try #require(status["failing"] as? [[String: Any]])
        #expect(failing.map { $0["reason"] as? String } == ["exit 1"])
        #expect(failing.map { $0["attempts"] as? Int } == [1])
        #expect(status["unshown"] as? Int == 1)

        #expect(try await issa.run("recv", "--exec", hook).status == 75)
        #expect(try Self.texts(in: log) == ["bad", "good one", "good two", "bad"])
        // What reads messages leaves no core when it crashes, and hands that on to the command that gets them.
        let limits = coalition.workplace.path("limits")
        try await issa.succeed("recv", "--exec", "cat > /dev/null; cat /proc/$PPID/limits > '\(limits)'")
        let core = try #require(
            String(contentsOfFile: limits, encoding: .utf8).split(separator: "\n")
                .first { $0.hasPrefix("Max core file size") }
        )
        #expect(["0", "1"].contains(core.split(separator: " ").dropFirst(4).first), "\(core)")
        #expect(try await issa.receive() == [])
        let after = try #require(try await issa.succeed("status", "--json").objects().first)
        #expect((after["failing"] as? [Any])?.isEmpty == true)
        #expect(await coalition.relay.stop() == 0)
    }

    @Test(
        "recv --follow --exec: at least once across a kill, a hanging command is bounded, and a poison message holds up no other"
    )
    func execFollowing() async throws {
        let (coalition, issa) = try await Self.pair()
        let log = coalition.workplace.path("log")
        let hook =
            "line=$(cat); printf '%s\\n' \"$line\" >> '\(log)'; case $line in *hang*) sleep 20 > /dev/null 2>&1;; *poison*) exit 9;; esac"
        let options = ["--follow", "--exec", hook, "--exec-timeout", "1"]
        func follow() throws -> RunningProgram {
            try Programs.start("aadr-msg", ["recv"] + issa.options + options)
        }
        func heard(_ text: String) throws -> Int { try Self.texts(in: log).count { $0 == text } }
        func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
            let deadline = Date(timeIntervalSinceNow: 60)
            while try !condition(), Date() < deadline { try await Task.sleep(for: .milliseconds(50)) }
            #expect(try condition(), "\(what): \((try? Self.texts(in: log)) ?? [])")
        }

        let following = try follow()
        for text in ["poison", "hang", "one"] { try await coalition.founder.succeed("send", "--to", "coalition", text) }
        try await eventually("one") { try heard("one") == 1 && heard("poison") >= 2 && heard("hang") >= 2 }
        #expect(following.errorText.contains("exit 9"))
        #expect(following.errorText.contains("timeout"))

        following.signal(SIGKILL)
        _ = await following.outcome()
        try await coalition.founder.succeed("send", "--to", "coalition", "two")
        let again = try follow()
        try await eventually("two") { try heard("two") == 1 }
        again.signal(SIGTERM)
        #expect(await again.outcome().status == 0)
        #expect(try heard("one") == 1)
        let status = try #require(try await issa.succeed("status", "--json").objects().first)
        let reasons = (status["failing"] as? [[String: Any]])?.compactMap { $0["reason"] as? String } ?? []
        #expect(Set(reasons) == ["exit 9", "timeout"])
        #expect(await coalition.relay.stop() == 0)
    }

    private static func pair() async throws -> (CoalitionUnderTest, Person) {
        var coalition = try await CoalitionUnderTest.found(in: try Workplace())
        let issa = try await coalition.join("issa", of: "JOSA")
        return (coalition, issa)
    }

    /// The texts of the messages that a command has written down, in their order.
    private static func texts(in log: String) throws -> [String] {
        guard let data = FileManager.default.contents(atPath: log) else { return [] }
        return try data.split(separator: UInt8(ascii: "\n"))
            .compactMap { try JSONSerialization.jsonObject(with: $0) as? [String: Any] }
            .compactMap { $0["text"] as? String }
    }
}
