import Foundation
import HummingbirdTesting
import NIOCore
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// Reads that wait.
@Suite struct LongPollTests {
    /// - Parameter body: is given a read that waits, on a connection of its own.
    private static func withReader(
        of access: Access,
        at relay: TestRelay,
        _ body: (Task<ReadResponse, any Error>) async throws -> Void
    ) async throws {
        try await relay.endpoint.withClient { client in
            let caller = Caller(client, at: relay.endpoint)
            let reader = Task { try await caller.read(access, waitSeconds: 60) }
            try await relay.waitUntilReaders(of: access, are: 1)
            try await body(reader)
        }
    }

    @Test(arguments: [Depth.socket, .tls])
    func anAppendWakesThoseWhoWait(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let connect = relay.connect
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

    @Test(arguments: Depth.allCases)
    func aClientThatGoesAwayLeavesNobodyWaiting(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            try await Self.withReader(of: access, at: relay) { reader async throws in
                // On HTTP/2 the stream is reset, on HTTP/1.1 the connection closed.
                reader.cancel()
                try await relay.waitUntilReaders(of: access, are: 0)
                _ = await reader.result
            }
            #expect(relay.service.admission.subscriptions == 0)
        }
    }

    /// It can no longer be told from one that has gone; but it may read still.
    @Test func aClientThatClosesItsSideIsAnsweredAtOnce() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            var request = ByteBuffer()
            request.writeRequest(ReadRequest(access: access, incarnation: .unknown, after: 0, waitSeconds: 60))
            let start = ContinuousClock.now
            var answer = try await RawHTTP.exchange(request, port: relay.endpoint.port)
            #expect(try ReadResponse(decoding: try #require(try answer.readAnswer())).entries.isEmpty)
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test(arguments: Depth.allCases)
    func aShutdownAnswersThoseWhoWaitAtOnce(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            try await Self.withReader(of: access, at: relay) { reader async throws in
                let start = ContinuousClock.now
                await relay.shutDown()
                #expect(try await reader.value.entries.isEmpty)
                #expect(ContinuousClock.now - start < .seconds(8))
            }
        }
    }

    /// Each task of a read keeps the values of the task that it began in, for as long as it lives.
    @Test func whoWaitsNeedsNoTask() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let request = ReadRequest(access: access, incarnation: .unknown, after: 0, waitSeconds: 60)
            let (answers, answer) = AsyncStream<ReadResponse>.makeStream()
            weak var value: Value?
            let wait = {
                let held = Value()
                value = held
                return Value.$current.withValue(held) {
                    relay.service.read(request) { if case .success(let response) = $0 { answer.yield(response) } }
                }
            }()
            try await eventually { relay.service.admission.subscriptions == 1 && value == nil }
            #expect(wait != nil)
            _ = try await relay.caller.append(access)
            #expect(await answers.first { _ in true }?.entries.count == 1)
            #expect(relay.service.admission.subscriptions == 0)
        }
    }

    private final class Value: Sendable {
        @TaskLocal static var current: Value?
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
