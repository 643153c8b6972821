import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Relay
@testable import RelayTesting

/// Members talk about everything that must not be found; then the relay is taken, with all it has on disk, in memory and
/// in its logs, and with what was recorded on the line.
@Suite("What a seizure yields, on the real programs", .serialized)
struct SeizureTests {
    /// In every name and text of members.
    private static let words = ["zq7kestrel", "شاهينق"]
    /// In the label that an operator gives an access token.
    private static let label = "zq7bullfinch"

    @Test("a relay on SQLite, with TLS, and its line")
    func overTLS() async throws {
        let workplace = try Workplace()
        let port = try FreePort.find()
        let relay = try await RelayUnderTest.start(in: workplace, options: ["--admin-listen", "127.0.0.1:\(port)"])
        var seized = Seized()
        let proxy = try await talk(over: relay, in: workplace)

        let metrics = try await Self.metrics(at: port)
        seized.add("its metrics", metrics)
        try seized.add(filesUnder: relay.data)
        try seized.add(memoryOf: relay.program.identifier)
        #expect(await relay.stop() == 0)
        try seized.add(filesUnder: relay.data)
        seized.add("the log", Data((relay.program.text + relay.program.errorText).utf8))
        seized.add("the line", proxy.recorded)
        try await proxy.stop()
        expectNothing(in: seized)

        // What is there is found: the search can see.
        #expect(seized.holding(Self.label).contains { $0.hasPrefix(relay.data) })
        #expect(seized.holding(relay.data).contains { $0.hasPrefix("memory") })
        #expect(String(decoding: metrics, as: UTF8.self).contains("aadr_relay_entries_appended_total"))
        // Under TLS, not even what is asked for shows.
        #expect(proxy.recorded.count > 100_000)
        #expect(!seized.holding("/v1/append").contains("the line"))
    }

    @Test("a relay on SQLite, and its line as whoever terminates TLS sees it")
    func plain() async throws {
        let workplace = try Workplace()
        let relay = try await RelayUnderTest.start(in: workplace, options: ["--plain-http"])
        let proxy = try await talk(over: relay, in: workplace)
        var seized = Seized()
        try seized.add(filesUnder: relay.data)
        try seized.add(memoryOf: relay.program.identifier)
        #expect(await relay.stop() == 0)
        seized.add("the line", proxy.recorded)
        try await proxy.stop()
        expectNothing(in: seized)
        #expect(seized.holding("/v1/append").contains("the line"))
    }

    @Test("a relay on PostgreSQL, with the server's files, write-ahead log and log")
    func onPostgreSQL() async throws {
        let workplace = try Workplace()
        let server = try PostgreSQLServer()
        defer { server.stop() }
        let store = try server.database("seized").uri
        let relay = try await RelayUnderTest.start(in: workplace, options: ["--store", store])
        let proxy = try await talk(over: relay, in: workplace)
        var seized = Seized()
        try seized.add(memoryOf: relay.program.identifier)
        #expect(await relay.stop() == 0)
        let connection = try PostgreSQLConnection(server.database("seized"))
        _ = try connection.run(script: "CHECKPOINT")
        try seized.add(filesUnder: relay.data)
        try seized.add(filesUnder: server.directory.path)
        seized.add(
            "the server's log",
            try #require(FileManager.default.contents(atPath: server.directory.path + ".log"))
        )
        try await proxy.stop()
        expectNothing(in: seized)
        let labels = seized.holding(Self.label)
        #expect(labels.contains { $0.contains("/base/") })
        #expect(labels.contains { $0.contains("/pg_wal/") })
    }

    @Test("a relay that crashes leaves neither core file nor backtrace, whatever its surroundings allow")
    func crash() async throws {
        let workplace = try Workplace()
        let folder = workplace.path("crash")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let relay = Programs.folder.appendingPathComponent("aadr-relay").path
        let program = try RunningProgram(
            executable: URL(fileURLWithPath: "/bin/sh"),
            arguments: [
                "-c", "ulimit -c unlimited; cd \"$1\"; exec \"$2\" serve --data data --listen 127.0.0.1:0", "sh",
                folder,
                relay,
            ]
        )
        _ = try await program.line(startingWith: "listening on ")
        let limits = try String(contentsOfFile: "/proc/\(program.identifier)/limits", encoding: .utf8)
        let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        // One byte, which keeps away the programs that `core_pattern` may name too; or none where the host allows none.
        #expect([["1", "1"], ["0", "0"]].contains(core.split(separator: " ").dropFirst(4).prefix(2)), "\(core)")
        let filter = try String(contentsOfFile: "/proc/\(program.identifier)/coredump_filter", encoding: .utf8)
        #expect(filter == "00000000\n")
        program.signal(SIGABRT)
        let outcome = await program.outcome()
        #expect(outcome.status == SIGABRT)
        // The one line of its log.
        #expect(
            outcome.errors.split(separator: "\n").count == 1 && outcome.errors.contains("started"),
            "\(outcome.errors)"
        )
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["data"])
    }

    /// Two organisations found a coalition, and use all that the programs offer.
    private func talk(over relay: RelayUnderTest, in workplace: Workplace) async throws -> RecordingProxy {
        let url = try #require(URL(string: relay.address))
        let port = try #require(url.port)
        let proxy = try await RecordingProxy(to: port)
        var listened = relay
        listened.address = relay.address.replacingOccurrences(of: ":\(port)/", with: ":\(proxy.port)/")
        let (word, arabic) = (Self.words[0], Self.words[1])
        var coalition = try await CoalitionUnderTest.found(
            in: workplace,
            relay: listened,
            founder: Person(name: "\(word)-nadia", organisation: "\(word)-SMEX", workplace: workplace),
            name: "\(arabic) \(word)",
            tokenLabel: Self.label
        )
        let nadia = coalition.founder
        let issa = try await coalition.join("\(word)-issa", of: "\(word)-JOSA")
        let layan = try await coalition.join("\(word)-layan", of: nadia.organisation)
        let following = try layan.start("recv", "--follow", "--json")
        for text in ["\(word) to all", "\(arabic) للجميع", String(repeating: "\(word) at length ", count: 2000)] {
            try await nadia.succeed("send", "--to", "coalition", text)
        }
        try await issa.succeed("send", "--to", nadia.address, "\(word) to one alone, \(arabic)")
        let grades = ["--severity", "severe", "--urgency", "immediate", "--certainty", "observed"]
        let sent = try await Programs.run(
            "aadr-msg",
            ["alert", "send"] + nadia.options.dropLast(2) + ["--to", "coalition", "--lang", "ar"] + grades
                + ["--event", "\(word) event", "--headline", "\(arabic) \(word)", "--expires", "6h", "--json"]
        )
        let id = try #require(try sent.objects().first?["id"] as? String, "\(sent.errors)")
        #expect(try await issa.succeed("recv").output.contains(arabic))
        try await issa.succeed("ack", id, "\(word) \(arabic)")
        try await nadia.succeed("recv")
        try await nadia.succeed("status")
        for _ in 0..<200 where !following.text.contains("\(word) event") {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(following.text.contains("\(word) event"))
        following.signal(SIGTERM)
        _ = await following.outcome()
        return proxy
    }

    /// What a relay tells its operator's monitoring.
    private static func metrics(at port: Int) async throws -> Data {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { answers, requests in
            let request = "GET /metrics HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n"
            try await requests.write(ByteBuffer(string: request))
            var page = Data()
            for try await part in answers { page.append(contentsOf: part.readableBytesView) }
            return page
        }
    }

    private func expectNothing(in seized: Seized) {
        for word in Self.words { #expect(seized.holding(word) == []) }
    }
}
