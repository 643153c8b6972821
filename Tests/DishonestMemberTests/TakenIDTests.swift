import Coalition
import Foundation
import Testing

@testable import MemberClient
@testable import MemberTesting

/// A member sends messages under an id that another member has drawn: none of them stands for the other's alert.
struct TakenIDTests {
    private func alert(
        _ id: MessageID,
        by member: Member,
        _ type: Alert.MessageType = .alert,
        superseding reference: Content.Reference? = nil,
        as own: MessageID? = nil
    ) throws -> Content {
        var info = JSONObject()
        info.set("category", to: .array([.string("Security")]))
        for (name, value) in [
            ("event", "Arrest"), ("urgency", "Immediate"), ("severity", "Severe"), ("certainty", "Observed"),
        ] {
            info.set(name, to: .string(value))
        }
        var draft = AlertDraft()
        draft.set("status", to: "Actual")
        draft.restrict(to: .amber)
        draft.infos = [info]
        let user = member.address.userAddress
        let first = try draft.alert(.alert, id: id, from: user, at: member.engine.now)
        guard let reference, let own else { return try Content(id: id, .alert(first.object)) }
        let later = try draft.alert(type, id: own, from: user, at: member.engine.now, references: [first.reference])
        return try Content(id: own, .alert(later.object), references: [reference])
    }

    private func reach(_ organisation: String, _ id: MessageID, at member: Member) throws -> OrganisationReach {
        let name = Name(organisation)
        return try #require(try member.reach(of: id).organisations.first { $0.organisation == name })
    }

    private func hash(_ member: Member) throws -> DeviceHash {
        try member.engine.vault.read { try $0.device().identity.hash }
    }

    @Test func whoAnswersAnotherMessageHasNotAnsweredTheAlert() async throws {
        let scene = try await DishonestScene()
        let (victim, dishonest, other) = (scene.founder, scene.dishonest, scene.other)
        let id = MessageID.random()
        _ = try await victim.engine.send(try alert(id, by: victim), to: [.coalition])
        _ = try await dishonest.engine.send(try Content(id: id, .text("Lunch?")), to: [.coalition])
        _ = try await other.sync()

        #expect(throws: MemberError.self) { try other.reach(of: id) }
        await #expect(throws: MemberError.self) { try await other.acknowledge(id, text: "Yes") }
        _ = try await other.acknowledge(id, from: dishonest.address.userAddress, text: "Yes")
        for member in [victim, dishonest] { _ = try await member.sync() }
        #expect(try reach("INSM", id, at: victim).acknowledgements.isEmpty)
        #expect(try victim.reach(of: id).hasReached(.acknowledged, quorum: 1) == false)
        #expect(try reach("INSM", id, at: dishonest).acknowledgements.map(\.text) == ["Yes"])

        // What an earlier program writes might mean either, and counts for none.
        _ = try await other.engine.send(
            try Content(.acknowledgement(text: "?"), references: [Content.Reference(id, from: nil)]),
            to: [.coalition]
        )
        _ = try await victim.sync()
        #expect(try reach("INSM", id, at: victim).acknowledgements.isEmpty)

        _ = try await other.acknowledge(id, from: victim.address.userAddress, text: "With you")
        _ = try await victim.sync()
        #expect(try reach("INSM", id, at: victim).acknowledgements.map(\.text) == ["With you"])
        #expect(try other.alert(id, from: victim.address.userAddress).from == victim.address)
        await scene.close()
    }

    @Test func whoHasReadAnotherAlertHasNotReadThisOne() async throws {
        let scene = try await DishonestScene()
        let (victim, dishonest, other) = (scene.founder, scene.dishonest, scene.other)
        try other.setConfirmsReading(true)
        let id = MessageID.random()
        // The taker is first in the log: nobody can know who has drawn the id.
        _ = try await dishonest.engine.send(try alert(id, by: dishonest), to: [.coalition])
        _ = try await victim.engine.send(try alert(id, by: victim), to: [.coalition])
        for member in [victim, dishonest, other] { _ = try await member.sync() }
        let shown = try other.unshown(MessageFilter(from: .user(dishonest.address.userAddress)))
        #expect(shown.map(\.id) == [id.description])
        try other.markShown(shown, toPerson: true)
        try await Task.sleep(for: .seconds(4))
        for member in [other, victim, dishonest] { _ = try await member.sync() }
        // Each has been delivered, with a receipt of its own; one has been read.
        for member in [victim, dishonest] { #expect(try reach("INSM", id, at: member).delivered != nil) }
        #expect(try reach("INSM", id, at: victim).read == nil)
        #expect(try reach("INSM", id, at: dishonest).read != nil)
        await scene.close()
    }

    /// In a conversation with the taker, and in another with the alert's sender.
    @Test func anAlertIsTrackedThoughItsIDCameBefore() async throws {
        let scene = try await DishonestScene()
        let (victim, dishonest, other) = (scene.founder, scene.dishonest, scene.other)
        let id = MessageID.random()
        let target = Target.user(other.address.userAddress)
        _ = try await dishonest.engine.send(try alert(id, by: dishonest), to: [target])
        _ = try await other.sync()
        _ = try await victim.engine.send(try alert(id, by: victim), to: [target])
        _ = try await other.sync()
        func state(of sender: Member) throws -> AlertState {
            try other.alert(id, from: sender.address.userAddress).state
        }
        #expect(try other.alerts().map(\.from) == [dishonest.address, victim.address])
        #expect(throws: MemberError.self) { try other.alert(id) }

        for sender in [nil, try hash(dishonest), try hash(victim)] {
            let forged = try alert(
                id,
                by: dishonest,
                .cancel,
                superseding: Content.Reference(id, from: sender),
                as: .random()
            )
            for target in [target, .coalition] { _ = try await dishonest.engine.send(forged, to: [target]) }
        }
        _ = try await other.sync()
        #expect(try state(of: victim) == .active)
        #expect(try state(of: dishonest) != .active)

        _ = try await other.acknowledge(id, from: victim.address.userAddress, text: "With you")
        for member in [victim, dishonest] { _ = try await member.sync() }
        #expect(try reach("INSM", id, at: victim).acknowledgements.map(\.text) == ["With you"])
        #expect(try reach("INSM", id, at: dishonest).acknowledgements.isEmpty)

        _ = try await victim.cancel(id, note: nil)
        _ = try await other.sync()
        #expect(try state(of: victim) != .active)
        await scene.close()
    }

    @Test func whoAnswersInOneGroupHasNotAnsweredSomethingElseInAnother() async throws {
        let scene = try await DishonestScene()
        let (witness, dishonest, other) = (scene.founder, scene.dishonest, scene.other)
        let id = MessageID.random()
        let target = Target.user(other.address.userAddress)
        _ = try await dishonest.engine.send(try Content(id: id, .text("Lunch?")), to: [target])
        _ = try await other.sync()
        _ = try await dishonest.engine.send(try alert(id, by: dishonest), to: [.coalition])
        for member in [other, witness] { _ = try await member.sync() }
        #expect(try other.unshown().map(\.kind) == ["text", "alert"])
        _ = try await other.acknowledge(id, text: "Yes")
        _ = try await witness.sync()
        #expect(try reach("INSM", id, at: witness).acknowledgements.isEmpty)
        await scene.close()
    }

    @Test func receiptsForAnotherAlertCountForItAlone() async throws {
        let scene = try await DishonestScene()
        let (victim, dishonest, other) = (scene.founder, scene.dishonest, scene.other)
        let id = MessageID.random()
        _ = try await dishonest.engine.send(try alert(id, by: dishonest), to: [.coalition])
        _ = try await other.sync()
        try await Task.sleep(for: .seconds(4))
        // It has waited for its turn.
        _ = try victim.engine.vault.write { transaction in
            let destination = try victim.engine.destination(of: .coalition, transaction)
            return try victim.engine.enqueue(try alert(id, by: victim), to: [destination], transaction)
        }
        _ = try await other.sync()
        for sender in [nil, try hash(dishonest)] {
            let receipt = try Content(.receipt(.delivered), references: [Content.Reference(id, from: sender)])
            _ = try await other.engine.send(receipt, to: [.coalition])
        }
        for member in [victim, dishonest] { _ = try await member.sync() }
        #expect(try reach("INSM", id, at: dishonest).delivered != nil)
        #expect(try reach("INSM", id, at: victim).delivered == nil)
        await scene.close()
    }
}
