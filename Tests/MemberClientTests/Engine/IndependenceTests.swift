import Coalition
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting

/// What the relay or a member does to one thing keeps nothing else from being done.
struct IndependenceTests {
    /// A founder, who asks the relay through what a test puts in between, and another organisation.
    private struct Scene {
        let coalition: TestCoalition
        let relay: InterceptedRelay
        let founder: Member
        let josa: Member

        init() async throws {
            coalition = try await TestCoalition()
            relay = InterceptedRelay(coalition.relay)
            founder = try await coalition.found("SMEX", relay: relay)
            josa = try await coalition.admit(organisation: "JOSA", by: founder)
        }

        /// The mailbox of the founder's newest group.
        func newestMailbox() throws -> MailboxID {
            try founder.engine.vault.read { transaction in
                try transaction.group(try #require(try transaction.groupIDs().last)).profile.mailbox.mailbox
            }
        }
    }

    @Test func welcomeThatAnInboxRefusesKeepsNothingElseWaiting() async throws {
        let scene = try await Scene()
        let (coalition, relay, founder, josa) = (scene.coalition, scene.relay, scene.founder, scene.josa)
        _ = try await founder.sync()
        let log = try founder.engine.vault.read { transaction in
            try transaction.group(try #require(try transaction.device().coalitionGroup)).profile.mailbox.mailbox
        }
        relay.onAppend { request, inner throws(RelayError) in
            guard request.access.mailbox == log else { throw .problem(Problem(.quotaExhausted)) }
            return try await inner.append(request)
        }
        let invitation = try await founder.invite(.colleague(try #require(Name("rima"))))
        let joining = try await coalition.beginJoin(invitation, home: "rima")
        let request = try #require(try await founder.requests().first)
        await #expect(throws: MemberError.self) { try await founder.approve(request.id, code: joining.code) }

        relay.isReachable = false
        _ = try await founder.send(text: "queued", to: [.coalition])
        relay.isReachable = true
        _ = try await josa.send(text: "for all", to: [.coalition])
        await #expect(throws: MemberError.self) { try await founder.sync() }
        #expect(try founder.unshown().compactMap(\.text) == ["for all"])
        #expect(try await josa.takeTexts() == ["queued"])
        try await founder.syncIfReachable()
        #expect(try await founder.members().count == 3)

        relay.onAppend(nil)
        _ = try await founder.sync()
        let rima = try await joining.wait(seconds: 5)
        for member in [founder, josa, rima] { await member.close() }
    }

    @Test func groupThatCannotBeReadKeepsNoOtherFromBeingRead() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let others = [
            try await coalition.admit(organisation: "JOSA", by: founder),
            try await coalition.admit(organisation: "INSM", by: founder),
        ]
        let user = try #require(UserAddress("admin@SMEX"))
        for other in others {
            _ = try await other.sync()
            _ = try await other.send(text: "1", to: [.user(user)])
        }
        #expect(try await founder.takeTexts() == ["1", "1"])
        let groups = try founder.engine.vault.read { transaction in
            try transaction.groupIDs().map { try transaction.group($0).profile.mailbox.mailbox }
        }
        try #require(groups.count == 3)
        for other in others { _ = try await other.send(text: "2", to: [.user(user)]) }
        relay.onRead { request, inner throws(RelayError) in
            guard request.access.mailbox != groups[1] else { throw .problem(Problem(.rateLimited)) }
            return try await inner.read(request)
        }
        await #expect { try await founder.sync() } throws: { error in (error as? MemberError)?.kind == .temporary }
        #expect(try founder.unshown().compactMap(\.text) == ["2"])
        relay.onRead(nil)
        #expect(try await founder.takeTexts() == ["2", "2"])
        for member in [founder] + others { await member.close() }
    }

    @Test func conversationWhoseMailboxIsLostBeginsAnew() async throws {
        let scene = try await Scene()
        let (relay, founder, josa) = (scene.relay, scene.founder, scene.josa)
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await founder.sync()
        _ = try await founder.send(text: "1", to: [.user(user)])
        #expect(try await josa.takeTexts() == ["1"])
        let lost = try scene.newestMailbox()
        relay.onRead { request, inner throws(RelayError) in
            guard request.access.mailbox != lost else { throw .problem(Problem(.notPermitted)) }
            return try await inner.read(request)
        }
        relay.onAppend { request, inner throws(RelayError) in
            guard request.access.mailbox != lost else { throw .problem(Problem(.notPermitted)) }
            return try await inner.append(request)
        }
        relay.onAdvance { request, inner throws(RelayError) in
            guard request.access.mailbox != lost else { throw .problem(Problem(.notPermitted)) }
            return try await inner.advance(request)
        }
        #expect(try await founder.send(text: "2", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try founder.takeFindings() == [.mailboxLost])
        #expect(try await founder.send(text: "3", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["2", "3"])

        // The relay knows it again: nothing that stands there is shown twice, or called garbage.
        relay.onRead(nil)
        relay.onAppend(nil)
        relay.onAdvance(nil)
        for member in [founder, josa] {
            #expect(try await member.takeTexts() == [])
            #expect(try member.takeFindings() == [])
        }
        #expect(try await josa.send(text: "4", to: [try #require(Target("admin@SMEX"))]).map(\.state) == [.relayed])
        #expect(try await founder.takeTexts() == ["4"])
        for member in [founder, josa] { await member.close() }
    }

    @Test func messageThatLaterProvesSentIsShownOnceWhereItsConversationHasBegunAnew() async throws {
        let scene = try await Scene()
        let (relay, founder, josa) = (scene.relay, scene.founder, scene.josa)
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await founder.sync()
        _ = try await founder.send(text: "1", to: [.user(user)])
        #expect(try await josa.takeTexts() == ["1"])
        let first = try scene.newestMailbox()
        // The append gets there, its answer does not, and then the relay says that it knows nothing of the mailbox.
        relay.onAppend { request, inner throws(RelayError) in
            guard request.access.mailbox == first else { return try await inner.append(request) }
            _ = try await inner.append(request)
            throw .unreachable("the answer is lost")
        }
        #expect(try await founder.send(text: "2", to: [.user(user)]).map(\.state) == [.queued])
        relay.onAppend(nil)
        relay.onRead { request, inner throws(RelayError) in
            guard request.access.mailbox != first else { throw .problem(Problem(.notPermitted)) }
            return try await inner.read(request)
        }
        _ = try await founder.sync()
        #expect(try await founder.status().queuedCount == 0)
        #expect(try await josa.takeTexts() == ["2"])
        relay.onRead(nil)
        _ = try await founder.sync()
        #expect(try founder.takeFindings() == [.mailboxLost])
        #expect(try await josa.takeTexts() == [])
        for member in [founder, josa] { await member.close() }
    }

    @Test func deviceThatCannotBeAddedKeepsNoMessageFromThoseWhoAreThere() async throws {
        let scene = try await Scene()
        let (coalition, relay, founder, josa) = (scene.coalition, scene.relay, scene.founder, scene.josa)
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await founder.sync()
        _ = try await founder.send(text: "1", to: [.user(user)])
        let phone = try await coalition.admit(colleague: "admin", device: "phone", home: "phone", by: josa)
        _ = try await founder.sync()
        relay.onTake { _, _ throws(RelayError) in throw .problem(Problem(.rateLimited)) }
        #expect(try await founder.send(text: "2", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["1", "2"])
        relay.onTake(nil)
        #expect(try await founder.send(text: "3", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await phone.takeTexts() == ["3"])
        for member in [founder, josa, phone] { await member.close() }
    }

    @Test func oneWhoseRelayIsDownKeepsNoMessageFromOthers() async throws {
        let scene = try await Scene()
        let (relay, founder, josa) = (scene.relay, scene.founder, scene.josa)
        _ = try await founder.sync()
        relay.onTake { _, _ throws(RelayError) in throw .unreachable("it does not answer") }
        let results = try await founder.send(
            text: "1",
            to: [.user(try #require(UserAddress("admin@JOSA"))), .coalition]
        )
        #expect(results.map(\.state) == [.queued, .relayed])
        #expect(try await josa.takeTexts() == ["1"])
        for member in [founder, josa] { await member.close() }
    }

    @Test func whatWaitsForAConversationThatADeviceHasLeftGoesInTheNext() async throws {
        let scene = try await Scene()
        let (coalition, relay, founder, josa) = (scene.coalition, scene.relay, scene.founder, scene.josa)
        let phone = try await coalition.admit(colleague: "admin", device: "phone", home: "phone", by: josa)
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await founder.sync()
        _ = try await founder.send(text: "1", to: [.user(user)])
        for member in [josa, phone] { #expect(try await member.takeTexts() == ["1"]) }
        relay.isReachable = false
        _ = try await founder.send(text: "2", to: [.user(user)])
        try await josa.remove(phone.address)
        relay.isReachable = true
        _ = try await founder.sync()
        #expect(try await founder.status().queuedCount == 0)
        #expect(try await josa.takeTexts() == ["2"])
        for member in [founder, josa, phone] { await member.close() }
    }
}
