import Foundation
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting
@testable import Relay

/// Following: what comes is handed over as it comes, over one subscription.
@Suite(.timeLimit(.minutes(2))) struct FollowingTests {
    @Test func messagesAreHandedOverOnceAcrossEpochsNewConversationsAndCuts() async throws {
        let coalition = try await TestCoalition()
        let smex = try await coalition.found()
        _ = try await coalition.admit(organisation: "JOSA", by: smex)
        let relay = InterceptedRelay(coalition.relay)
        let follower = try coalition.open("JOSA", relay: relay)
        let heard = Heard()
        let following = Task {
            try await follower.follow { event in
                if case .message(let message) = event { heard.add(message.text) }
                return .done
            }
        }
        _ = try await smex.send(text: "in the coalition", to: [.coalition])
        try await heard.wait(for: ["in the coalition"])

        // A Commit: the next epoch is another capability's.
        _ = try await coalition.admit(organisation: "INSM", by: smex)
        _ = try await smex.send(text: "in the next epoch", to: [.coalition])
        try await heard.wait(for: ["in the coalition", "in the next epoch"])

        // A Welcome: a mailbox that the subscription did not have.
        let user = try #require(Target("admin@JOSA"))
        _ = try await smex.send(text: "between two", to: [user])
        try await heard.wait(for: ["in the coalition", "in the next epoch", "between two"])

        relay.isReachable = false
        _ = try await smex.send(text: "during the cut", to: [.coalition])
        try await Task.sleep(for: .milliseconds(300))
        relay.isReachable = true
        try await heard.wait(for: ["in the coalition", "in the next epoch", "between two", "during the cut"])
        following.cancel()
        _ = await following.result
    }
}

/// What was handed over, in its order.
private final class Heard: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ text: String?) {
        texts.withLock { $0.append(text ?? "") }
    }

    func wait(for expected: [String]) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while texts.withLock({ $0 }).count < expected.count, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(texts.withLock { $0 } == expected)
    }
}
