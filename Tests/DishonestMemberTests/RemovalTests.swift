import Coalition
import MLS
import RelayAPI
import Sodium
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Removals without a statement that holds (Protocol/policy.md, C8).
struct RemovalTests {
    private func expectRemovalSkipped(
        in scene: DishonestScene,
        sourceLocation: SourceLocation = #_sourceLocation,
        stating statements: (DeviceIdentity, CraftingView) throws -> [Statement]
    ) async throws {
        let victim = try scene.other.deviceIdentity()
        try await scene.expectSkipped(.c8, sourceLocation: sourceLocation) { view in
            var crafted = CraftedCommit()
            crafted.proposals = [.remove(try view.leaf(of: victim.address))]
            crafted.statements = try statements(victim, view)
            return crafted
        }
    }

    @Test func removalWithoutAStatement() async throws {
        try await expectRemovalSkipped(in: DishonestScene()) { _, _ in [] }
    }

    @Test func removalByTheSendersOwnOrganisationAlone() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        try await expectRemovalSkipped(in: scene) { victim, view in
            let subject = ApprovalSubject.removal(of: victim.hash, under: view.charter, in: coalition)
            return [Statement(about: victim.hash, reason: .removal([try scene.dishonest.approve(subject)]))]
        }
    }

    @Test func forgedStatement() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        let certificate = try scene.other.certificate()
        try await expectRemovalSkipped(in: scene) { victim, view in
            let subject = ApprovalSubject.removal(of: victim.hash, under: view.charter, in: coalition)
            let forged = try scene.dishonest.approve(subject, certificate: certificate)
            return [Statement(about: victim.hash, reason: .removal([forged]))]
        }
    }

    @Test func statementAboutAnotherDevice() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        let own = try scene.dishonest.deviceIdentity()
        // The approvals would be right.
        try await expectRemovalSkipped(in: scene) { victim, view in
            let subject = ApprovalSubject.removal(of: victim.hash, under: view.charter, in: coalition)
            return [Statement(about: own.hash, reason: .removal([try scene.other.approve(subject)]))]
        }
    }

    @Test func statementOfAnEarlierCharter() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        let victim = try scene.other.deviceIdentity()
        let earlier = try scene.other.engine.vault.read { try scene.other.engine.charter($0) }
        // Made in earnest, and not used.
        let statement = Statement(
            about: victim.hash,
            reason: .removal([
                try scene.other.approve(.removal(of: victim.hash, under: earlier, in: coalition))
            ])
        )
        let newest = try await scene.coalition.admit(organisation: "7amleh", by: scene.founder)
        for member in [scene.dishonest, scene.other] { _ = try await member.sync() }
        try await expectRemovalSkipped(in: scene) { _, _ in [statement] }
        await newest.close()
    }

    @Test func expiredStatement() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        try await expectRemovalSkipped(in: scene) { victim, view in
            let subject = ApprovalSubject.removal(of: victim.hash, under: view.charter, in: coalition)
            let approval = try scene.other.approve(subject, expires: Time(seconds: Time.now.seconds - 3600))
            return [Statement(about: victim.hash, reason: .removal([approval]))]
        }
    }

    @Test func leavingOfAnotherGroup() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        try await expectRemovalSkipped(in: scene) { victim, _ in
            let seed = try scene.other.engine.vault.read { try $0.getSecret(.signatureSeed) }
            guard let seed else { throw NotInTheGroup() }
            let leaving = Leaving(
                of: victim,
                from: GroupID.random().bytes,
                in: coalition,
                expires: Time.now.advanced(by: .days(1)),
                key: try Ed25519.PrivateKey(seed: seed)
            )
            return [Statement(about: victim.hash, reason: .leaving(leaving))]
        }
    }

    @Test func forgedLeaving() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.dishonest.coalitionID()
        try await expectRemovalSkipped(in: scene) { victim, view in
            let leaving = Leaving(
                of: victim,
                from: view.context.groupID,
                in: coalition,
                expires: Time.now.advanced(by: .days(1)),
                key: Ed25519.PrivateKey()
            )
            return [Statement(about: victim.hash, reason: .leaving(leaving))]
        }
    }

    /// Guards: neither an admin nor a statement is needed.
    @Test func whoeverIsThereMayRemoveIt() async throws {
        let scene = try await DishonestScene()
        let colleague = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.other)
        _ = try await scene.dishonest.sync()
        try await scene.dishonest.send { _ in
            var crafted = CraftedCommit()
            crafted.proposals = [.remove(LeafIndex(0))]
            return crafted
        }
        _ = try await colleague.sync()
        try await colleague.remove(scene.dishonest.address)
        for member in scene.honest {
            _ = try await member.sync()
            #expect(try member.takeFindings() == [.commitSkipped])
            #expect(try await member.members().count { $0.state == .active } == 3)
        }
        try await scene.expectAlertCrosses()
        await colleague.close()
        await scene.close()
    }

    /// Guards: who has read neither the Commit that a removal rests on nor the removal gets both from a relay that has lost them,
    /// in this order; also where the removal is still to come.
    @Test(arguments: [false, true])
    func whatARemovalRestsOnIsHandedBackBeforeIt(afterTheRestoration: Bool) async throws {
        let scene = try await DishonestScene()
        let colleague = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.other)
        for member in [scene.founder, scene.dishonest] { _ = try await member.sync() }
        let backup = try scene.coalition.copyOfRelay()
        try await scene.dishonest.send { _ in
            var crafted = CraftedCommit()
            crafted.proposals = [.remove(LeafIndex(0))]
            return crafted
        }
        _ = try await scene.founder.sync()
        if !afterTheRestoration { try await scene.founder.remove(scene.dishonest.address) }
        await colleague.close()
        await scene.close()
        let founder = try scene.coalition.open("SMEX", relay: backup)
        let other = try scene.coalition.open("INSM", relay: backup)
        let late = try scene.coalition.open("rima", relay: backup)
        _ = try await founder.sync()
        if afterTheRestoration { try await founder.remove(scene.dishonest.address) }
        for member in [late, other] {
            _ = try await member.sync()
            let findings = try member.unshownFindings()
            #expect(findings.map(\.kind).filter { $0 != .incarnationChanged } == [.commitSkipped])
            #expect(findings.first { $0.kind == .commitSkipped }?.who == scene.dishonest.address)
            #expect(try await member.members().count { $0.state == .active } == 3)
        }
        #expect(try await late.send(text: "after it", to: [.coalition]).map(\.state) == [.relayed])
        for member in [founder, other] { #expect(try await member.takeTexts() == ["after it"]) }
        for member in [founder, other, late] { await member.close() }
    }

    /// Guards: whoever has done nothing is not removed for what another has done.
    @Test func nobodyElseIsRemovedForIt() async throws {
        let scene = try await DishonestScene()
        try await scene.dishonest.send { view in
            var crafted = CraftedCommit()
            crafted.proposals = [.remove(LeafIndex(0))]
            return crafted
        }
        _ = try await scene.other.sync()
        await #expect { try await scene.other.remove(scene.founder.address) } throws: { error in
            (error as? MemberError)?.kind == .notPermitted
        }
        for member in scene.honest {
            _ = try await member.sync()
            #expect(try member.takeFindings() == [.commitSkipped])
        }
        try await scene.expectAlertCrosses()
        await scene.close()
    }
}
