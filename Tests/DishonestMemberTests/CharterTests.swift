import Coalition
import MLS
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Changes of the GroupContext that break the policy (Protocol/policy.md, C9 and C10).
struct CharterTests {
    private func expectChangeSkipped(
        in scene: DishonestScene,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (CraftingView) throws -> Proposal
    ) async throws {
        try await scene.expectSkipped(.c9, sourceLocation: sourceLocation) { view in
            var crafted = CraftedCommit()
            crafted.proposals = [try change(view)]
            return crafted
        }
    }

    /// That a Commit is skipped which makes a change of the charter that the founder has approved, and something else.
    private func expectSideChangeSkipped(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (GroupTerms) throws -> Extensions
    ) async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        try await expectChangeSkipped(in: scene, sourceLocation: sourceLocation) { view in
            let charter = try view.admitting("Ghost")
            let approval = try scene.founder.approve(.charter(charter, after: view.charter, in: coalition))
            let signed = SignedCharter(charter, approvals: [approval])
            return .groupContextExtensions(try change(GroupTerms(charter: signed, profile: view.terms.profile)))
        }
    }

    @Test func addedExternalSender() async throws {
        try await expectSideChangeSkipped { terms in
            var extensions = terms.extensions
            extensions.elements.append(Extension(type: .externalSenders, data: [0]))
            return extensions
        }
    }

    @Test func otherMailbox() async throws {
        try await expectSideChangeSkipped { terms in
            let profile = try GroupProfile(
                kind: terms.profile.kind,
                coalition: terms.coalition,
                mailbox: MailboxAddress(relay: TestCoalition.relayAddress(), mailbox: .random())
            )
            return GroupTerms(charter: terms.charter, profile: profile).extensions
        }
    }

    @Test func charterTakenAway() async throws {
        try await expectChangeSkipped(in: DishonestScene()) { view in
            .groupContextExtensions(Extensions(view.context.extensions.elements.filter { $0.type != .charter }))
        }
    }

    @Test func charterWithoutSignatures() async throws {
        try await expectChangeSkipped(in: DishonestScene()) { view in
            view.change(to: try view.admitting("Ghost"), approvals: [])
        }
    }

    @Test func charterSignedByTheSendersOrganisationAlone() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        try await expectChangeSkipped(in: scene) { view in
            let charter = try view.admitting("Ghost")
            let approval = try scene.dishonest.approve(.charter(charter, after: view.charter, in: coalition))
            return view.change(to: charter, approvals: [approval])
        }
    }

    @Test func charterWithSignaturesForAnotherVersion() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        let earlier = try scene.founder.engine.vault.read { try scene.founder.engine.charter($0) }
        let newest = try await scene.coalition.admit(organisation: "7amleh", by: scene.founder)
        for member in [scene.dishonest, scene.other] { _ = try await member.sync() }
        try await expectChangeSkipped(in: scene) { view in
            let charter = try view.admitting("Ghost")
            let approval = try scene.founder.approve(.charter(charter, after: earlier, in: coalition))
            return view.change(to: charter, approvals: [approval])
        }
        await newest.close()
    }

    @Test func charterWithExpiredSignatures() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        try await expectChangeSkipped(in: scene) { view in
            let charter = try view.admitting("Ghost")
            let approval = try scene.founder.approve(
                .charter(charter, after: view.charter, in: coalition),
                expires: Time(seconds: Time.now.seconds - 3600)
            )
            return view.change(to: charter, approvals: [approval])
        }
    }

    @Test func charterWithoutAnOrganisationWhoseDevicesStay() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        try await expectChangeSkipped(in: scene) { view in
            let left = view.charter.organisations.filter { $0.id != Name("INSM") }
            let charter = try view.charter.successor(organisations: left)
            // The founder has approved, and the devices are not removed with it.
            let approval = try scene.founder.approve(.charter(charter, after: view.charter, in: coalition))
            return view.change(to: charter, approvals: [approval])
        }
    }

    @Test func commitOfASuspendedDevice() async throws {
        let scene = try await DishonestScene()
        let phone = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        _ = try await scene.dishonest.sync()
        let suspended = try scene.dishonest.deviceIdentity()
        // An honest Commit, by a device which is not needed any further.
        try await phone.send { try $0.suspending(.device(suspended.hash), by: scene.founder) }
        for member in [scene.founder, scene.other, scene.dishonest] {
            _ = try await member.sync()
            #expect(try member.takeFindings() == [])
        }
        try await scene.expectSkipped(.c10) { _ in CraftedCommit() }
        await phone.close()
    }

    /// Guards: who suspends another and then says no time would keep it out for good.
    @Test func aSuspensionEndsWhereNobodyHasAnotherReasonToCommit() async throws {
        let scene = try await DishonestScene()
        let founder = scene.founder.address.organisation
        try await scene.dishonest.send { try $0.suspending(.organisation(founder), by: scene.dishonest) }
        let group = try scene.founder.engine.vault.read { try scene.founder.engine.coalitionGroup($0) }
        func epoch(_ member: Member) throws -> UInt64 {
            try member.engine.vault.read { try $0.group(group).cursor.epoch }
        }
        for member in scene.honest { _ = try await member.sync() }
        let suspended = try epoch(scene.founder)
        for (hours, isOver) in [(71, false), (73, true)] as [(UInt64, Bool)] {
            try await SystemClock.$lead.withValue(hours * 3600) {
                for member in [scene.other, scene.other, scene.founder] { _ = try await member.sync() }
                #expect(try epoch(scene.founder) == (isOver ? suspended + 1 : suspended))
                if isOver {
                    try await scene.founder.engine.openEpoch(of: group)
                } else {
                    await #expect(throws: MemberError.self) { try await scene.founder.engine.openEpoch(of: group) }
                }
            }
        }
        for member in scene.honest {
            _ = try await member.sync()
            #expect(try member.takeFindings() == [])
        }
        await scene.close()
    }
}
