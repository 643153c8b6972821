import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import RelayAPI
import Testing

@testable import Relay
@testable import RelayTesting

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

    @Test func aServerThatIsStoppedAndStartedIsSaidAndServedFromAgain() async throws {
        try await withTemporaryDirectory { directory in
            let server = try PostgreSQLServer()
            defer { server.stop() }
            let environment = ["AADR_RELAY_STORE": try server.database("relay").uri]
            let (port, otherData) = (try FreePort.find(), directory.appending(path: "other"))
            let relay = try RelayProcess(
                data: directory.appending(path: "relay"),
                options: ["--admin-listen", "127.0.0.1:\(port)"],
                environment: environment
            )
            let other = try RelayProcess(data: otherData, environment: environment)
            let admin = TestClient(host: "127.0.0.1", port: port, configuration: .init())
            admin.connect()
            let (client, otherClient) = (relay.connect(), other.connect())
            let caller = Caller(client)
            let token = try RelayProcess.token(data: otherData, environment: environment)
            let access = try await caller.mailbox(token: token)
            var kept: [EntryID] = []
            for _ in 0..<5 {
                kept.append(.random())
                _ = try await caller.append(access, id: kept[kept.count - 1])
            }

            try server.shutDown()
            let refused = EntryID.random()
            for _ in 0..<3 {
                await Self.expectRefusal { _ = try await caller.append(access, id: refused) }
                await Self.expectRefusal { _ = try await caller.read(access) }
                await Self.expectRefusal { _ = try await caller.mailbox(token: token) }
            }
            for asked in [client, admin] {
                let readiness = try await asked.look(at: "/readyz")
                #expect(readiness.status == .serviceUnavailable)
                #expect(readiness.headers[.retryAfter] != nil)
                #expect(try await asked.look(at: "/healthz").status == .ok)
            }
            let page = try await admin.look(at: "/metrics")
            #expect(page.body.map { String(buffer: $0) }?.contains("aadr_relay_ready 0\n") == true)

            try server.startAgain()
            for asked in [client, otherClient] {
                try await Self.waiting { try await asked.look(at: "/readyz").status == .ok }
            }
            // What was acknowledged is there, and nothing else: what was refused is new when it comes again.
            #expect(try await caller.read(access).entries.map(\.entryID) == kept)
            #expect(try await caller.append(access, id: refused).isDuplicate == false)
            #expect(try await caller.append(access, id: kept[0]).isDuplicate)
            // An append at one relay wakes a reader at the other once more.
            let head = try await caller.read(access).head
            let reader = Task { try await caller.read(access, after: head, waitSeconds: 60).entries.map(\.sequence) }
            try await Self.waiting {
                let page = try await admin.look(at: "/metrics")
                return page.body.map { String(buffer: $0) }?.contains("aadr_relay_subscriptions 1\n") == true
            }
            _ = try await Caller(otherClient).append(access)
            #expect(try await reader.value == [head + 1])

            for client in [client, otherClient, admin] { try await client.shutdown() }
            for relay in [relay, other] {
                relay.send(SIGTERM)
                #expect(relay.wait() == 0)
            }
        }
    }

    /// It ends in the time that Docs/operation.md gives it, with requests under way.
    @Test func aServerThatSaysNothingMoreDoesNotHoldUpTheRelaysEnd() async throws {
        try await withTemporaryDirectory { directory in
            let server = try PostgreSQLServer()
            defer { server.stop() }
            let environment = ["AADR_RELAY_STORE": try server.database("relay").uri]
            let relay = try RelayProcess(data: directory, environment: environment)
            let clients = (0..<3).map { _ in relay.connect() }
            let caller = Caller(clients[0])
            let token = try RelayProcess.token(data: directory, environment: environment)
            let access = try await caller.mailbox(token: token)
            _ = try await caller.append(access)
            try server.freeze()
            defer { try? server.thaw() }
            let asked = clients.enumerated()
                .map { index, client in
                    Task {
                        let caller = Caller(client)
                        _ =
                            index == 0
                            ? try await caller.append(access).isDuplicate : try await caller.read(access).head > 0
                    }
                }
            try await Task.sleep(for: .milliseconds(500))
            let start = ContinuousClock.now
            relay.send(SIGTERM)
            // Not by `wait`, which would keep a thread from the other tests for as long.
            try await Self.waiting { !relay.isRunning }
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(relay.wait() == 0)
            for request in asked { _ = await request.result }
            for client in clients { try? await client.shutdown() }
        }
    }

    /// Expects that a relay says that it cannot serve now, why, and when to ask again.
    private static func expectRefusal(_ body: () async throws -> Void) async {
        let refusal = await #expect(throws: Problem.self) { try await body() }
        #expect(refusal?.name == .unavailable)
        #expect(refusal?.detail?.isEmpty == false)
        #expect(refusal?.retryAfter != nil)
    }

    private static func waiting(_ condition: () async throws -> Bool) async throws {
        let start = ContinuousClock.now
        while try await !condition() {
            try #require(ContinuousClock.now - start < .seconds(60))
            try await Task.sleep(for: .milliseconds(50))
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
