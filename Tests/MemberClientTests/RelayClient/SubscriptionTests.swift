import NIOHTTP1
import RelayAPI
import Synchronization
import TLSCodec
import Testing

@testable import MemberClient

@Suite("Relay client: subscriptions", .timeLimit(.minutes(1)))
struct RelayClientSubscriptionTests {
    private static let request = SubscribeRequest(
        mailboxes: [SubscribedMailbox(access: Sample.access, incarnation: .unknown, after: 0)],
        heartbeatSeconds: 1
    )

    private static let events: [SubscriptionEvent] = [
        .entries(Sample.readResponse, mailbox: 0), .heartbeat, .refused(Refusal(Problem(.notPermitted)), mailbox: 0),
    ]

    /// Subscribes at a server that answers so.
    /// - Returns: the events handed over, and what was thrown.
    private func outcome(
        of reply: TestServer.Reply,
        stoppingAfter most: Int = .max
    ) async throws -> (events: [SubscriptionEvent], error: RelayError?) {
        let server = try await TestServer { _ in reply }
        let client = RelayClient(address: try server.address())
        let handed = Mutex<[SubscriptionEvent]>([])
        let error = await relayError { () throws(RelayError) in
            try await client.subscribe(Self.request) { event in
                handed.withLock { handed in
                    handed.append(event)
                    return handed.count < most
                }
            }
        }
        return (handed.withLock { $0 }, error)
    }

    @Test func eventsAreHandedOverInOrderUntilTheStreamEnds() async throws {
        let outcome = try await outcome(of: .success(Self.events.flatMap(\.framed)))
        #expect(outcome.events == Self.events)
        #expect(outcome.error == nil)
    }

    @Test func whoeverHasHeardEnoughHearsNoMore() async throws {
        let outcome = try await outcome(of: .success(Self.events.flatMap(\.framed)), stoppingAfter: 2)
        #expect(outcome.events == Array(Self.events.prefix(2)))
        #expect(outcome.error == nil)
    }

    @Test func aProblemIsThrown() async throws {
        let problem = Problem(.unavailable)
        let reply = TestServer.Reply.answer(.serviceUnavailable, type: Problem.mediaType, body: problem.json)
        let outcome = try await outcome(of: reply)
        #expect(outcome.events.isEmpty)
        #expect(outcome.error == .problem(problem))
    }

    @Test func whatIsNoEventIsAViolation() async throws {
        let outcome = try await outcome(of: .success(SubscriptionEvent.heartbeat.framed + [1, 9]))
        #expect(outcome.events == [.heartbeat])
        guard case .violation = outcome.error else {
            Issue.record("\(String(describing: outcome.error))")
            return
        }
    }

    @Test func anotherMediaTypeIsAViolation() async throws {
        let outcome = try await outcome(of: .answer(.ok, type: "text/html", body: Self.events.flatMap(\.framed)))
        #expect(outcome.events.isEmpty)
        #expect(outcome.error == .violation("it answers 200 with text/html"))
    }

    @Test func aConnectionThatBreaksOffIsUnreachable() async throws {
        let outcome = try await outcome(of: .close)
        guard case .unreachable = outcome.error else {
            Issue.record("\(String(describing: outcome.error))")
            return
        }
    }

    @Test func silenceForMuchLongerThanAHeartbeatIsTheEnd() async throws {
        let start = ContinuousClock.now
        let outcome = try await outcome(of: .silence)
        #expect(outcome.error == .unreachable("it does not answer"))
        #expect(ContinuousClock.now - start > .seconds(15))
    }

    @Test func cancellingEndsIt() async throws {
        let server = try await TestServer { _ in .silence }
        let client = RelayClient(address: try server.address())
        let task = Task { try await client.subscribe(Self.request) { _ in true } }
        while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        task.cancel()
        let result = await task.result
        #expect(throws: RelayError.cancelled) { try result.get() }
    }
}
