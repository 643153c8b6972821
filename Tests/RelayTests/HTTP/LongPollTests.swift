import Foundation
import HummingbirdTesting
import NIOCore
import RelayAPI
import Testing

@testable import Relay

/// Reads that wait.
@Suite struct LongPollTests {
    @Test(arguments: [Depth.socket, .tls])
    func anAppendWakesThoseWhoWait(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let connect = try #require(relay.connect)
            let clients = (0..<10).map { _ in connect() }
            let readers = clients.map { client in
                Task { try await Caller(client).read(access, waitSeconds: 60) }
            }
            try await relay.waitUntilReaders(of: access, are: 10)
            let start = ContinuousClock.now
            _ = try await relay.caller.append(access)
            for reader in readers { #expect(try await reader.value.entries.map(\.sequence) == [1]) }
            #expect(ContinuousClock.now - start < .seconds(30))
            for client in clients { try await client.shutdown() }
        }
    }

    @Test(arguments: Depth.allCases)
    func aWaitEndsWithAnEmptyAnswerAfterItsTime(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let start = ContinuousClock.now
            #expect(try await relay.caller.read(access, waitSeconds: 1).entries.isEmpty)
            let waited = ContinuousClock.now - start
            #expect(waited > .milliseconds(900) && waited < .seconds(10))
            #expect(try await relay.caller.read(access).head == 0, "the connection goes on")
        }
    }

    @Test(arguments: [Depth.socket, .tls])
    func aClientThatGoesAwayLeavesNobodyWaiting(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let connect = try #require(relay.connect)
            let client = connect()
            let reader = Task { try await Caller(client).read(access, waitSeconds: 60) }
            try await relay.waitUntilReaders(of: access, are: 1)
            try await client.close(mode: .all)
            try await relay.waitUntilReaders(of: access, are: 0)
            reader.cancel()
            _ = await reader.result
        }
    }

    @Test(arguments: [Depth.socket, .tls])
    func aShutdownAnswersThoseWhoWaitAtOnce(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let connect = try #require(relay.connect)
            let client = connect()
            let reader = Task { try await Caller(client).read(access, waitSeconds: 60) }
            try await relay.waitUntilReaders(of: access, are: 1)
            let start = ContinuousClock.now
            await relay.shutDown()
            #expect(try await reader.value.entries.isEmpty)
            #expect(ContinuousClock.now - start < .seconds(30))
            try await client.shutdown()
        }
    }
}

extension TestRelay {
    /// Waits until so many reads of a mailbox wait.
    func waitUntilReaders(of access: Access, are count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while service.store.notifications.subscriberCount(of: access.mailbox) != count {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
