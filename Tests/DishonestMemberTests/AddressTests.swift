import Coalition
import MLS
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Addresses and keys that no rule of the policy looks at, and that cannot be used.
struct AddressTests {
    enum Flaw: CaseIterable, Sendable { case inboxRelay, inboxKey, contactKey }

    /// Guards that the one who writes to such a device first still follows the group.
    @Test(arguments: Flaw.allCases)
    func deviceThatSaysNonsenseOfItselfKeepsNobodyFromAnything(_ flaw: Flaw) async throws {
        let scene = try await DishonestScene()
        var crafted = CraftedAddresses()
        switch flaw {
        case .inboxRelay: crafted.inboxRelay = "nowhere"
        case .inboxKey: crafted.inboxKey = [1]
        case .contactKey: crafted.contactKey = .zero
        }
        let nonsense = try crafted.made(.xwingChaCha20SHA256Ed25519)
        try await scene.dishonest.send { view in
            let leaf = try DeviceLeaf(reading: try #require(view.tree[view.ownLeaf]))
            let right = try #require(leaf.addresses)
            // Its KeyPackages can still be taken.
            let addresses = try Addresses(
                inbox: nonsense.inbox,
                inboxKey: nonsense.inboxKey,
                contactKey: flaw == .contactKey ? nonsense.contactKey : right.contactKey,
                keyPackages: right.keyPackages,
                keyPackageSecret: right.keyPackageSecret
            )
            let time = Time.now
            var commit = CraftedCommit()
            commit.at = time
            commit.leafChanges = LeafChanges(
                extensions: DeviceLeaf.extensions(
                    attestation: leaf.attestation,
                    addresses: addresses,
                    commitTime: time
                )
            )
            return commit
        }
        for member in scene.honest { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@JOSA"))
        let result = try #require(try await scene.founder.send(text: "1", to: [.user(user)]).first)
        #expect(result.state == .queued)
        #expect(result.reason?.kind == .temporary)
        _ = try await scene.founder.sync()
        for member in scene.honest { _ = try member.takeFindings() }
        try await scene.expectAlertCrosses()
        await scene.close()
    }

    /// A charter that the coalition has approved all the same: what one organisation cannot be granted, the others are.
    @Test func organisationWithAContactKeyThatGivesNoSecretKeepsNoOtherFromBeingGranted() async throws {
        let scene = try await DishonestScene()
        let coalition = try scene.founder.coalitionID()
        try await scene.dishonest.send { view in
            let organisation = try Organisation(
                id: try #require(Name("Ghost")),
                rootKey: OrganisationRootKey().publicKey,
                contactKey: .zero
            )
            let charter = try view.charter.successor(organisations: view.charter.organisations + [organisation])
            let approval = try scene.founder.approve(.charter(charter, after: view.charter, in: coalition))
            var crafted = CraftedCommit()
            crafted.proposals = [view.change(to: charter, approvals: [approval])]
            return crafted
        }
        for member in scene.honest { _ = try await member.sync() }
        // Granted after that.
        let newest = try await scene.coalition.admit(organisation: "7amleh", by: scene.founder)
        for member in scene.honest + [newest] { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@INSM"))
        #expect(try await newest.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await scene.other.takeTexts() == ["1"])
        await newest.close()
        await scene.close()
    }
}
