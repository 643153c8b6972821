import Coalition
import Foundation
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import MemberTesting

struct ConversationTests {
    @Test(arguments: SuiteName.allCases)
    func directMessagesReachEveryDeviceOfBothAndNobodyElse(suite: SuiteName) async throws {
        let coalition = try await TestCoalition(suite: suite)
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        let phone = try await coalition.admit(colleague: "admin", device: "phone", home: "phone", by: josa)
        let other = try await coalition.admit(organisation: "INSM", by: founder)
        for member in [founder, josa, phone, other] { _ = try await member.sync() }

        let user = try #require(UserAddress("admin@JOSA"))
        let results = try await founder.send(text: "لك وحدك", to: [.user(user)])
        #expect(results.map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["لك وحدك"])
        #expect(try await phone.takeTexts() == ["لك وحدك"])
        #expect(try await other.takeTexts() == [])

        let back = try #require(UserAddress("admin@smex"))
        _ = try await phone.send(text: "وصل", to: [.user(back)])
        #expect(try await founder.takeTexts() == ["وصل"])
        #expect(try await josa.takeTexts() == ["وصل"])
        for member in [founder, josa, phone, other] {
            #expect(try member.takeFindings() == [])
            #expect(try await member.status().groups.count == (member.address == other.address ? 1 : 2))
            await member.close()
        }
    }

    @Test func deviceThatComesLaterIsBroughtIntoTheConversation() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await founder.send(text: "1", to: [.user(user)])
        let phone = try await coalition.admit(colleague: "admin", device: "phone", home: "phone", by: josa)
        _ = try await founder.sync()
        _ = try await founder.send(text: "2", to: [.user(user)])
        #expect(try await phone.takeTexts() == ["2"])
        #expect(try await josa.takeTexts() == ["1", "2"])
        for member in [founder, josa, phone] { #expect(try await member.status().groups.count == 2) }
        for member in [founder, josa, phone] { await member.close() }
    }

    @Test func unknownUserIsRefusedBeforeAnythingIsQueued() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let user = try #require(UserAddress("nobody@SMEX"))
        await #expect { try await founder.send(text: "1", to: [.user(user)]) } throws: { error in
            (error as? MemberError)?.kind == .badInput
        }
        #expect(try await founder.status().queuedCount == 0)
        await founder.close()
    }

    /// Guards: the device was a member already, and so the next message to it was called sent.
    @Test func aWelcomeThatHasNotGoneGoesBeforeTheNextMessage() async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        let inbox = try josa.engine.vault.read { try $0.device().inbox.mailbox }
        relay.onAppend { request, inner throws(RelayError) in
            guard request.access.mailbox != inbox else { throw .unreachable("cut by the test") }
            return try await inner.append(request)
        }
        let user = try #require(UserAddress("admin@JOSA"))
        for text in ["1", "2"] {
            #expect(try await founder.send(text: text, to: [.user(user)]).map(\.state) == [.queued])
        }
        relay.onAppend(nil)
        #expect(try await founder.send(text: "3", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["1", "2", "3"])
        for member in [founder, josa] {
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }

    /// Guards: a device that came later was left out, and what was written was called sent.
    @Test func anInboxThatTakesNoWelcomeKeepsNoOtherDeviceOut() async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        let full = try await coalition.admit(colleague: "admin", device: "phone", home: "phone", by: josa)
        for member in [founder, josa, full] { _ = try await member.sync() }
        let inbox = try full.engine.vault.read { try $0.device().inbox.mailbox }
        relay.onAppend { request, inner throws(RelayError) in
            guard request.access.mailbox != inbox else { throw .problem(Problem(.mailboxFull)) }
            return try await inner.append(request)
        }
        let user = try #require(UserAddress("admin@JOSA"))
        #expect(try await founder.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        let tablet = try await coalition.admit(colleague: "admin", device: "tablet", home: "tablet", by: josa)
        for member in [josa, tablet] { _ = try await member.sync() }
        try await founder.syncIfReachable()
        #expect(try await founder.send(text: "2", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["1", "2"])
        #expect(try await tablet.takeTexts() == ["2"])
        for member in [founder, josa, full, tablet] { await member.close() }
    }

    /// Guards: who was overtaken went on with the next entry as if it had read the one before, and took a Welcome twice.
    @Test func twoReadersOfAnInboxTakeEachWelcomeOnce() async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let founder = try await coalition.found("SMEX")
        let insm = try await coalition.admit(organisation: "INSM", by: founder)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, insm, josa] { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@JOSA"))
        for member in [founder, insm] { _ = try await member.send(text: "1", to: [.user(user)]) }
        let reader = try coalition.open("JOSA", observer: Overtaking(josa))
        _ = try await reader.sync()
        #expect(try await reader.takeTexts() == ["1", "1"])
        #expect(try await reader.status().groups.count == 3)
        #expect(try reader.takeFindings() == [])
        for member in [founder, insm, josa, reader] { await member.close() }
    }

    /// Reads an inbox to its end when another reader is about to process its first entry.
    private final class Overtaking: StepObserver {
        private let member: Member
        private let isDone = Mutex(false)

        init(_ member: Member) { self.member = member }

        func willTake(_ step: Step) async throws {
            guard step == .processInboxEntry else { return }
            let isFirst = isDone.withLock { isDone in
                defer { isDone = true }
                return !isDone
            }
            if isFirst { try await member.engine.syncInbox() }
        }
    }
}
