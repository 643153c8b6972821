import Coalition
import Foundation
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting
@testable import Relay

/// Following: what comes is handed over as it comes, over one subscription.
@Suite(.timeLimit(.minutes(2))) struct FollowingTests {
    @Test func messagesAreHandedOverOnceAcrossEpochsNewConversationsAndCuts() async throws {
        let scene = try await Scene()
        let (smex, relay, follower) = (scene.founder, scene.relay, scene.follower)
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
        _ = try await scene.coalition.admit(organisation: "INSM", by: smex)
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

    @Test func moreMailboxesThanOneSubscriptionTakesAreFollowedOverSeveral() async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let founder = try await coalition.found()
        let engine = founder.engine
        #expect(try await engine.lines().count == 1)
        try engine.vault.write { transaction in
            let device = try transaction.device()
            let user = device.identity.address.userAddress
            let charter = try engine.signedCharter(transaction)
            for _ in 0..<SubscribeRequest.maximumCount {
                let profile = try GroupProfile(
                    kind: GroupProfile.direct(user, user),
                    coalition: device.coalition,
                    mailbox: MailboxAddress(relay: device.relay, mailbox: .random())
                )
                let terms = GroupTerms(charter: charter, profile: profile)
                _ = try engine.createGroup(terms, nil, token: .random(), transaction)
            }
            for (number, _) in try transaction.records(in: .creations, as: CreationRecord.self) {
                try transaction.delete(number, in: .creations)
            }
        }
        #expect(try await engine.lines().count == 2)
        await founder.close()
    }

    @Test func aRelayIsSaidToAnswerAgainOnceAndOnlyWhenItDoes() async throws {
        let scene = try await Scene()
        let (smex, relay, follower) = (scene.founder, scene.relay, scene.follower)
        let heard = Heard()
        let following = Task {
            try await follower.follow { event in
                switch event {
                case .message(let message): heard.add(message.text)
                case .unreachable: heard.add("lost")
                case .reachable: heard.add("back")
                case .finding: heard.add("finding")
                case .failing: heard.add("failing")
                }
                return .done
            }
        }
        _ = try await smex.send(text: "before", to: [.coalition])
        try await heard.wait(for: ["before"])

        relay.isReachable = false
        _ = try await smex.send(text: "during the cut", to: [.coalition])
        try await heard.wait(for: ["before", "lost"])
        // What is looked at every second without asking the relay says nothing of it.
        try await Task.sleep(for: .milliseconds(2500))
        #expect(heard.count(of: "back") == 0)
        relay.isReachable = true
        try await heard.wait { $0.count == 4 }
        #expect(heard.count(of: "back") == 1)
        #expect(heard.count(of: "during the cut") == 1)
        following.cancel()
        _ = await following.result
    }

    @Test func aMailboxThatWasRefusedAndCanBeReadIsSubscribedToAgain() async throws {
        let scene = try await Scene()
        let (smex, relay, follower) = (scene.founder, scene.relay, scene.follower)
        _ = try await follower.sync()
        // After the inbox, the coalition.
        relay.refuseInNextSubscription(1)
        let heard = Heard()
        let following = Task {
            try await follower.follow { event in
                if case .message(let message) = event { heard.add(message.text) }
                return .done
            }
        }
        try await Task.sleep(for: .milliseconds(500))
        _ = try await smex.send(text: "after the refusal", to: [.coalition])
        try await heard.wait(for: ["after the refusal"])
        following.cancel()
        _ = await following.result
    }

    /// A conversation whose mailbox was lost and is found again; over Tor it is a line of its own.
    @Test func whatHadNothingToFollowIsFollowedAgain() async throws {
        let scene = try await Scene()
        let (smex, relay, follower) = (scene.founder, scene.relay, scene.follower)
        relay.keepsMailboxesApart = true
        let user = try #require(Target("admin@JOSA"))
        _ = try await smex.send(text: "before", to: [user])
        // Nothing is left for a sync, which would look for the mailbox.
        _ = try await follower.sync()
        let heard = Heard()
        let following = Task {
            try await follower.follow { event in
                if case .message(let message) = event { heard.add(message.text) }
                return .done
            }
        }
        try await heard.wait(for: ["before"])
        let vault = follower.engine.vault
        let id = try #require(
            try vault.read { transaction in
                try transaction.groupIDs().first { try transaction.group($0).profile.kind.isDirect }
            }
        )
        // A sync that is still going on finds it again.
        repeat {
            try vault.write { try $0.set(.lostMailbox(of: id), to: []) }
            // A line looks every second whether it has something to follow.
            try await Task.sleep(for: .milliseconds(2500))
        } while try await follower.engine.lines()[.group(id)] != nil
        try vault.write { try $0.delete(.lostMailbox(of: id)) }
        _ = try await smex.send(text: "after", to: [user])
        try await heard.wait(for: ["before", "after"])
        following.cancel()
        _ = await following.result
    }

    @Test func aMessageWhoseHandlingFailsIsHandedOverAgainAndHoldsUpNoOther() async throws {
        let coalition = try await TestCoalition()
        let smex = try await coalition.found()
        let follower = try await coalition.admit(organisation: "JOSA", by: smex)
        for text in ["poison", "first"] { _ = try await smex.send(text: text, to: [.coalition]) }
        let heard = Heard()
        let mayPass = Mutex(false)
        let following = Task {
            try await follower.follow { event in
                guard case .message(let message) = event else { return .done }
                heard.add(message.text)
                let isDone = message.text != "poison" || heard.count(of: "poison") > 2 && mayPass.withLock { $0 }
                return isDone ? .done : .failed(reason: "exit 7")
            }
        }
        try await heard.wait { $0.prefix(2) == ["poison", "first"] }
        _ = try await smex.send(text: "second", to: [.coalition])
        try await heard.wait { $0.contains("second") }

        let failing = try await follower.status().failedHandlings
        #expect(failing.map(\.reason) == ["exit 7"])
        #expect(failing.allSatisfy { $0.attempts > 0 })

        // In vain, with a pause after each try; then it is done, and nothing is left of it.
        mayPass.withLock { $0 = true }
        try await heard.wait { $0.count { $0 == "poison" } > 2 }
        try await eventually { try follower.unshown().isEmpty }
        #expect(try await follower.status().failedHandlings.isEmpty)
        #expect(heard.count(of: "first") == 1)
        #expect(heard.count(of: "second") == 1)
        following.cancel()
        _ = await following.result
        await follower.close()
        await smex.close()
    }

    @Test func allThatIsNewIsHandedOverInPagesAndOnceHoweverMuchOfItIsKept() async throws {
        let coalition = try await TestCoalition()
        let smex = try await coalition.found()
        let josa = try await coalition.admit(organisation: "JOSA", by: smex)
        let texts = (1...7).map { "message \($0)" }
        for text in texts { _ = try await smex.send(text: text, to: [.coalition]) }
        _ = try await josa.sync()
        var pages: [[String]] = []
        try await josa.forEachUnshown(pageLength: 3) { messages in
            pages.append(messages.map { $0.text ?? "" })
            if pages.count == 1 { try josa.markShown([messages[1]]) }
            // What comes meanwhile is new as well.
            if pages.count == 3 {
                _ = try await smex.send(text: "meanwhile", to: [.coalition])
                _ = try await josa.sync()
            }
        }
        #expect(pages.map(\.count) == [3, 3, 1, 1])
        #expect(Array(pages.joined()) == texts + ["meanwhile"])
        #expect(try josa.unshown().count == 7)

        let heard = Heard()
        let following = Task {
            try await josa.engine.follow(MessageFilter(), mark: .nothing, pageLength: 3) { event in
                if case .message(let message) = event { heard.add(message.text) }
                return .keep
            }
        }
        let kept = texts.filter { $0 != "message 2" } + ["meanwhile"]
        try await heard.wait(for: kept)
        _ = try await smex.send(text: "last", to: [.coalition])
        try await heard.wait(for: kept + ["last"])
        following.cancel()
        _ = await following.result
        await josa.close()
        await smex.close()
    }

    @Test func pausesGrowAndHaveABoundAndOutliveTheProcess() async throws {
        let coalition = try await TestCoalition()
        let smex = try await coalition.found()
        let member = try await coalition.admit(organisation: "JOSA", by: smex)
        _ = try await smex.send(text: "poison", to: [.coalition])
        _ = try await member.sync()
        let message = try #require(try member.unshown().first)
        var pauses: [UInt64] = []
        for _ in 0..<12 {
            let now = member.engine.now.seconds
            try member.noteFailure(of: message, reason: "timeout")
            pauses.append(try #require(try await member.status().failedHandlings.first).next.seconds - now)
        }
        // The clock may have moved on by a second in between.
        for (pause, expected) in zip(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]) {
            #expect((UInt64(expected)...UInt64(expected) + 1).contains(pause), "\(pauses)")
        }
        await member.close()
        let again = try coalition.open("JOSA")
        #expect(try await again.status().failedHandlings.map(\.attempts) == [12])
        #expect(try again.engine.messagesInPause() == [message.number])
        try again.markShown([message])
        #expect(try await again.status().failedHandlings.isEmpty)
        await again.close()
        await smex.close()
    }
}

/// What was handed over, in its order.
/// A founder, and a member of another organisation who can be cut off from the relay.
private struct Scene {
    let coalition: TestCoalition
    let founder: Member
    let relay: InterceptedRelay
    let follower: Member

    init() async throws {
        coalition = try await TestCoalition()
        founder = try await coalition.found()
        _ = try await coalition.admit(organisation: "JOSA", by: founder)
        relay = InterceptedRelay(coalition.relay)
        follower = try coalition.open("JOSA", relay: relay)
    }
}

private final class Heard: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ text: String?) {
        texts.withLock { $0.append(text ?? "") }
    }

    func count(of text: String) -> Int {
        texts.withLock { texts in texts.count { $0 == text } }
    }

    func wait(for expected: [String]) async throws {
        try await wait { $0.count >= expected.count }
        #expect(texts.withLock { $0 } == expected)
    }

    func wait(until condition: ([String]) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition(texts.withLock { $0 }), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(condition(texts.withLock { $0 }))
    }
}
