import Foundation
import HummingbirdTesting
import RelayAPI
import Testing

@testable import Relay

/// Several relay processes on one PostgreSQL.
@Suite(.serialized) struct PostgreSQLRelayTests {
    /// Two relays, each with a data directory of its own, and their common store in the environment.
    private static func withRelays(
        _ body: (_ relays: [RelayProcess], _ token: AccessToken, _ start: () throws -> RelayProcess) async throws ->
            Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let environment = ["AADR_RELAY_STORE": try StoreEngine.database(for: directory).uri]
            var count = 0
            func start() throws -> RelayProcess {
                count += 1
                return try RelayProcess(
                    data: directory.appending(path: "relay\(count)"),
                    options: RelayProcess.withoutRates,
                    environment: environment
                )
            }
            let relays = [try start(), try start()]
            let token = try RelayProcess.token(data: directory, environment: environment)
            try await body(relays, token, start)
        }
    }

    @Test func anAppendAtOneWakesAReaderAtTheOther() async throws {
        try await Self.withRelays { relays, token, _ in
            let clients = relays.map { $0.connect() }
            let access = try await Caller(clients[0]).mailbox(token: token)
            var delays: [Duration] = []
            for round in 0..<20 {
                let reader = Task {
                    let read = try await Caller(clients[1]).read(access, after: UInt64(round), waitSeconds: 60)
                    return (read, ContinuousClock.now)
                }
                // Long enough for the reader to wait.
                try await Task.sleep(for: .milliseconds(100))
                _ = try await Caller(clients[0]).append(access)
                let appended = ContinuousClock.now
                let (read, woken) = try await reader.value
                #expect(read.entries.map(\.sequence) == [UInt64(round + 1)])
                delays.append(woken - appended)
            }
            delays.sort()
            print("woken at another relay after the answer to the append: \(delays[10]) median, \(delays[19]) longest")
            // Not the median: other tests run on the same processors.
            #expect(delays[4] < .milliseconds(50))
            for client in clients { try await client.shutdown() }
            for relay in relays {
                relay.send(SIGTERM)
                #expect(relay.wait() == 0)
            }
        }
    }

    @Test func killingOneUnderLoadLosesNothingThatItAcknowledged() async throws {
        try await Self.withRelays { relays, token, start in
            let client = relays[0].connect()
            var mailboxes: [Access] = []
            for _ in 0..<3 { mailboxes.append(try await Caller(client).mailbox(token: token)) }
            try await client.shutdown()
            let loads = relays.map { relay in
                let connect = relay.connect
                return Task { [mailboxes] in await DurabilityTests.load(connect, mailboxes) }
            }
            for relay in relays {
                try await Task.sleep(for: .milliseconds(700))
                relay.send(SIGKILL)
                relay.wait()
            }
            var sent: [MailboxID: [DurabilityTests.Sent]] = [:]
            for load in loads {
                for (mailbox, entries) in await load.value { sent[mailbox, default: []] += entries }
            }
            let relay = try start()
            let checker = relay.connect()
            for access in mailboxes {
                let entries = try #require(sent[access.mailbox])
                #expect(entries.contains { $0.answer != nil })
                try await DurabilityTests.check(Caller(checker), access, entries)
            }
            try await checker.shutdown()
            relay.send(SIGTERM)
            #expect(relay.wait() == 0)
        }
    }

    @Test func aPasswordDoesNotStayAmongTheArguments() async throws {
        try await withTemporaryDirectory { directory in
            let address = try StoreEngine.database(for: directory).uri
                .replacing("user=aadr", with: "user=aadr&password=secret")
            for options in [["--store", address], ["--store=\(address)"]] {
                let relay = try RelayProcess(data: directory, options: options)
                let arguments = try Data(contentsOf: URL(filePath: "/proc/\(relay.identifier)/cmdline"))
                #expect(arguments.firstRange(of: Data("serve".utf8)) != nil)
                #expect(arguments.firstRange(of: Data("secret".utf8)) == nil)
                relay.send(SIGTERM)
                #expect(relay.wait() == 0)
            }
            let file = directory.appending(path: "address")
            try Data("\(address)\n".utf8).write(to: file)
            let listed = try RelayProcess.run("token", "list", "--data", directory.path, "--store-file", file.path)
            #expect(listed.status == 0, "\(listed.errors)")
            let refused = try RelayProcess.run(
                "token",
                "list",
                "--data",
                directory.path,
                "--store",
                "mysql://x:secret@y"
            )
            #expect(refused.status == 64)
            #expect(!refused.errors.contains("secret"))
        }
    }
}
