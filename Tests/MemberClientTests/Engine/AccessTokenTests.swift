import Coalition
import Relay
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting

/// A relay that makes no more mailboxes ends new conversations, and nothing else.
struct AccessTokenTests {
    enum Refusal: CaseIterable, Sendable { case revoked, usedUp }

    @Test(arguments: Refusal.allCases)
    func conversationWaitsForAnotherTokenAndKeepsNothingElseFromBeingDone(_ refusal: Refusal) async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await founder.sync()
        switch refusal {
        case .revoked: try await coalition.revokeToken()
        case .usedUp: try await founder.setRelayToken(coalition.issueToken(mailboxes: 0))
        }
        let taken = Mutex(0)
        relay.onTake { request, inner throws(RelayError) in
            taken.withLock { $0 += 1 }
            return try await inner.take(request)
        }
        let user = try #require(UserAddress("admin@JOSA"))
        let results = try await founder.send(text: "لك وحدك", to: [.user(user)])
        #expect(results.map(\.state) == [.queued])
        #expect(results.first?.reason?.kind == .notPermitted)

        for text in ["1", "2"] {
            _ = try await josa.send(text: text, to: [.coalition])
            #expect(try await founder.takeTexts() == [text])
        }
        #expect(try await founder.status().queuedCount == 1)
        #expect(taken.withLock { $0 } == 0, "a conversation that cannot begin has taken KeyPackages")

        try await founder.setRelayToken(coalition.issueToken(mailboxes: 1))
        _ = try await founder.sync()
        #expect(try await josa.takeTexts() == ["لك وحدك"])
        for member in [founder, josa] {
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }

    @Test func conversationThatWasBegunBeforeTheTokenEndedIsMadeWithTheNext() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await founder.sync()
        relay.isReachable = false
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await founder.send(text: "1", to: [.user(user)])
        #expect(try founder.engine.vault.read { try $0.groupIDs().count } == 2)

        try await coalition.revokeToken()
        relay.isReachable = true
        _ = try await founder.sync()
        #expect(try await founder.status().queuedCount == 1)
        try await founder.setRelayToken(coalition.issueToken(mailboxes: 1))
        _ = try await founder.sync()
        #expect(try await josa.takeTexts() == ["1"])
        for member in [founder, josa] {
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }

    @Test func messageWaitsUntilOneOfItsReadersCanBeAdded() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        let phone = try await coalition.admit(colleague: "admin", device: "phone", home: "phone", by: founder)
        _ = try await founder.sync()
        let taken = Mutex(0)
        relay.onTake { _, _ throws(RelayError) in
            taken.withLock { $0 += 1 }
            return TakeResponse(entry: nil)
        }
        let user = try #require(UserAddress("admin@JOSA"))
        for _ in 0..<2 {
            let results = try await founder.send(text: "1", to: [.user(user)])
            #expect(results.map(\.state) == [.queued])
            #expect(results.first?.reason?.kind == .temporary)
        }
        #expect(taken.withLock { $0 } == 2, "KeyPackages of one's own devices are spent where nobody else can be added")
        relay.onTake(nil)
        _ = try await founder.sync()
        #expect(try await josa.takeTexts() == ["1", "1"])
        #expect(try await phone.takeTexts() == ["1", "1"])
        for member in [founder, josa, phone] { await member.close() }
    }

    @Test func tokenThatTheRelayRefusesIsNotTaken() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await founder.sync()
        await #expect { try await founder.setRelayToken(.random()) } throws: { error in
            (error as? MemberError)?.kind == .notPermitted
        }
        let user = try #require(UserAddress("admin@JOSA"))
        #expect(try await founder.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        for member in [founder, josa] { await member.close() }
    }

    @Test func goodTokenIsNotSpentByTakingIt() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let token = try await coalition.issueToken(mailboxes: 3)
        try await founder.setRelayToken(token)
        let stored = try #require(await coalition.store.tokens().first { $0.hash == token.hash })
        #expect(stored.mailboxesLeft == 3)
        #expect(stored.expiry == nil)
        await founder.close()
    }

    @Test func invitationForWhichTooFewMailboxesAreLeftSpendsOne() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        try await founder.setRelayToken(coalition.issueToken(mailboxes: 64))
        let organisation = Invitee.organisation(
            try #require(Name("JOSA")),
            firstAdmin: try #require(Name("admin"))
        )
        await #expect { try await founder.invite(organisation) } throws: { error in
            (error as? MemberError)?.kind == .notPermitted
        }
        // Each takes three: its inbox, and two of the joiner's.
        for number in 0..<21 { _ = try await founder.invite(.colleague(try #require(Name("user\(number)")))) }
        await founder.close()
    }

    @Test func invitationThatHasBeenUsedIsCalledSo() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let invitation = try await founder.invite(.colleague(try #require(Name("rima"))))
        let joining = try await coalition.beginJoin(invitation, home: "rima")
        await #expect { try await coalition.beginJoin(invitation, home: "other") } throws: { error in
            (error as? MemberError)?.what == MemberError.invitationUsed.what
        }
        await joining.close()
        await founder.close()
    }
}
