import NIOPosix
import RelayAPI
import Synchronization
import Testing

@testable import Relay
@testable import RelayTesting

/// What a subscription makes of its store's answers.
@Suite struct EventStreamTests {
    private let source = AnsweringSource()
    private let reads = SharedReads()
    private let access = Access(mailbox: .random(), capability: .random())

    /// A refusal would say that nothing more comes of the mailbox, and the stream went on without it.
    @Test func aStoreThatDoesNotAnswerEndsTheStreamAndRefusesNothing() async throws {
        source.set(Problem(.unavailable))
        let first = try stream()
        #expect(await first.next() == nil)
        first.end()

        source.set(nil)
        let second = try stream()
        defer { second.end() }
        #expect(await second.next() == .entries(source.response, mailbox: 0))
        // For a moment: nobody notices.
        source.set(Problem(.unavailable), times: 1, head: 1)
        source.notifications.notify([access.mailbox])
        #expect(await second.next() == .entries(source.response, mailbox: 0))
        // For longer.
        source.set(Problem(.unavailable))
        source.notifications.notify([access.mailbox])
        #expect(await second.next() == nil)
    }

    @Test func whatIsRefusedForAnotherReasonIsSaidOnce() async throws {
        source.set(Problem(.internal))
        let stream = try stream()
        defer { stream.end() }
        #expect(await stream.next() == .refused(Refusal(Problem(.internal)), mailbox: 0))
        #expect(await stream.next() == nil)
    }

    /// Else its time would tell whether somebody follows the mailbox.
    @Test func aRefusalIsReadFromTheStoreWhetherOthersFollowTheMailboxOrNot() async throws {
        source.set(Problem(.notPermitted))
        let followers = (0..<2).map { _ in source.notifications.subscribe(to: [access.mailbox]) }
        for count in 1...3 {
            let stream = try stream()
            #expect(await stream.next() == .refused(Refusal(Problem(.notPermitted)), mailbox: 0))
            stream.end()
            #expect(source.count == count)
        }
        followers.forEach(source.notifications.unsubscribe)
    }

    private func stream() throws -> EventStream {
        EventStream(
            SubscribeRequest(
                mailboxes: [SubscribedMailbox(access: access, incarnation: .unknown, after: 0)],
                heartbeatSeconds: 60
            ),
            at: try Admission(limits: RelayLimits()).beginSubscription(on: nil),
            store: source,
            reads: reads,
            clock: RelayClock(),
            loop: MultiThreadedEventLoopGroup.singleton.any()
        )
    }
}

/// Answers reads as it is told.
private final class AnsweringSource: EntrySource {
    private struct State {
        var problem: Problem?
        /// How many reads it is the answer to.
        var times = 0
        var response: ReadResponse
        var count = 0
    }

    let notifications = MailboxNotifications()
    private let state = Mutex(State(response: AnsweringSource.response(head: 0)))

    var count: Int { state.withLock(\.count) }
    var response: ReadResponse { state.withLock(\.response) }

    func set(_ problem: Problem?, times: Int = .max, head: UInt64 = 0) {
        state.withLock { state in
            (state.problem, state.times) = (problem, times)
            state.response = Self.response(head: head)
        }
    }

    func read(_ query: ReadQuery) async throws(Problem) -> ReadResponse {
        let answer: Result<ReadResponse, Problem> = state.withLock { state in
            state.count += 1
            guard let problem = state.problem, state.times > 0 else { return .success(state.response) }
            state.times -= 1
            return .failure(problem)
        }
        return try answer.get()
    }

    /// With as many entries as stand in the epoch.
    private static func response(head: UInt64) -> ReadResponse {
        let hash = RunningHash(opening: .zero)
        let entries = (0..<head)
            .map { before in
                ReadEntry(
                    sequence: before + 1,
                    kind: .application,
                    entryID: .zero,
                    next: [],
                    bodyHash: .zero,
                    runningHash: hash,
                    body: nil
                )
            }
        return ReadResponse(
            incarnation: .unknown,
            epoch: 0,
            opening: 0,
            openingHash: hash,
            head: head,
            headHash: hash,
            entries: entries
        )
    }
}

extension OpaqueBytes {
    fileprivate static var zero: Self { Self(unchecked: [UInt8](repeating: 0, count: length)) }
}
