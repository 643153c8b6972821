import Coalition
import MLS
import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Welcomes that break the policy (Protocol/policy.md, J1 to J8), as far as a member can make them.
struct WelcomeTests {
    /// That the founder refuses a Welcome of the dishonest device's for this rule, stays where it is, and can still be written
    /// to.
    private func expectRefused(
        _ rule: PolicyRule,
        in scene: DishonestScene,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ edit: (inout CraftedWelcome, GroupTerms) throws -> Void
    ) async throws {
        try await scene.dishonest.send(welcomeTo: scene.founder.deviceIdentity(), edit: edit)
        _ = try await scene.founder.sync()
        let findings = try scene.founder.unshownFindings()
        #expect(findings.map(\.kind) == [.welcomeRefused], sourceLocation: sourceLocation)
        let reason = findings.first?.parameters["rule"] ?? ""
        #expect(reason.hasPrefix(rule.number), "\(reason)", sourceLocation: sourceLocation)
        try scene.founder.markShown(findings)
        #expect(try await scene.founder.status().groups.count == 1, sourceLocation: sourceLocation)
        try await expectConversation(in: scene, sourceLocation)
        try await scene.expectAlertCrosses(sourceLocation)
        await scene.close()
    }

    private func expectConversation(in scene: DishonestScene, _ sourceLocation: SourceLocation) async throws {
        let user = try #require(UserAddress("admin@SMEX"))
        #expect(
            try await scene.other.send(text: "in earnest", to: [.user(user)]).map(\.state) == [.relayed],
            sourceLocation: sourceLocation
        )
        #expect(try await scene.founder.takeTexts() == ["in earnest"], sourceLocation: sourceLocation)
    }

    /// Guards: what the other tests change is right where they do not change it.
    @Test func rightWelcomeIsAccepted() async throws {
        let scene = try await DishonestScene()
        try await scene.dishonest.send(welcomeTo: scene.founder.deviceIdentity())
        _ = try await scene.founder.sync()
        #expect(try await scene.founder.status().groups.count == 2)
        // Its mailbox has never been made.
        #expect(try scene.founder.takeFindings() == [.mailboxLost])
        try await expectConversation(in: scene, #_sourceLocation)
        await scene.close()
    }

    @Test func forAKeyPackageOfSomebodyElse() async throws {
        let scene = try await DishonestScene()
        let keyPackage = try await scene.dishonest.takeKeyPackage(of: scene.other.deviceIdentity()).keyPackage
        try await expectRefused(.j1, in: scene) { welcome, _ in welcome.keyPackage = keyPackage }
    }

    @Test func toAGroupWithAnExternalSender() async throws {
        try await expectRefused(.j2, in: DishonestScene()) { welcome, _ in
            welcome.extensions.elements.append(Extension(type: .externalSenders, data: [0]))
        }
    }

    /// Guards: what is said in it would be shown as said to the whole coalition.
    @Test func toAGroupThatPassesForTheCoalition() async throws {
        try await expectRefused(.j2, in: DishonestScene()) { welcome, terms in
            let profile = try GroupProfile(
                kind: .group(name: Text("coalition")),
                coalition: terms.coalition,
                mailbox: terms.profile.mailbox
            )
            welcome.extensions = GroupTerms(charter: terms.charter, profile: profile).extensions
        }
    }

    @Test func toOneConversationAfterTheOther() async throws {
        let scene = try await DishonestScene()
        for _ in 0..<66 { try await scene.dishonest.send(welcomeTo: scene.founder.deviceIdentity()) }
        _ = try await scene.founder.sync()
        #expect(try await scene.founder.status().groups.count == 1 + 64)
        let refused = try scene.founder.unshownFindings().filter { $0.kind == .welcomeRefused }
        #expect(refused.map { $0.parameters["rule"] } == ["J7"])
        try await expectConversation(in: scene, #_sourceLocation)
        await scene.close()
    }

    @Test func toAGroupAtNoRelaysAddress() async throws {
        try await expectRefused(.j2, in: DishonestScene()) { welcome, terms in
            var bytes = terms.profile.mailbox.encoded
            let scheme = try #require(bytes.firstIndex(of: UInt8(ascii: "h")))
            bytes[scheme] = UInt8(ascii: "x")
            let profile = try GroupProfile(
                kind: terms.profile.kind,
                coalition: terms.coalition,
                mailbox: try MailboxAddress(decoding: bytes)
            )
            welcome.extensions = GroupTerms(charter: terms.charter, profile: profile).extensions
        }
    }

    @Test func toAGroupOfAnotherCoalition() async throws {
        try await expectRefused(.j3, in: DishonestScene()) { welcome, terms in
            let profile = try GroupProfile(
                kind: terms.profile.kind,
                coalition: CoalitionID(unchecked: Random.bytes(CoalitionID.length)),
                mailbox: terms.profile.mailbox
            )
            welcome.extensions = GroupTerms(charter: terms.charter, profile: profile).extensions
        }
    }

    @Test func toAGroupWithoutTheChain() async throws {
        try await expectRefused(.j3, in: DishonestScene()) { welcome, _ in welcome.chain = [] }
    }

    @Test func toAGroupUnderACharterThatNobodyApproved() async throws {
        try await expectRefused(.j3, in: DishonestScene()) { welcome, terms in
            let charter = try terms.charter.charter.successor(name: Text("another name"))
            welcome.chain.append(terms.charter)
            welcome.extensions = GroupTerms(charter: SignedCharter(charter), profile: terms.profile).extensions
        }
    }

    @Test func byADeviceThatIsNotAttested() async throws {
        try await expectRefused(.j4, in: DishonestScene()) { welcome, _ in
            welcome.ownExtensions = DeviceLeaf.extensions(attestation: nil, addresses: nil, commitTime: .now)
        }
    }

    @Test func byADeviceThatAnotherOrganisationAttests() async throws {
        let scene = try await DishonestScene()
        let attestation = try scene.other.attest(try scene.dishonest.deviceIdentity())
        try await expectRefused(.j4, in: scene) { welcome, _ in
            welcome.ownExtensions = DeviceLeaf.extensions(attestation: attestation, addresses: nil, commitTime: .now)
        }
    }

    @Test func toAGroupWithALeafThatIsNotInTheDirectory() async throws {
        let scene = try await DishonestScene()
        // Attested by its organisation, and never admitted to the coalition.
        let ghost = try Newcomer("admin@JOSA/ghost")
        let attestation = try scene.dishonest.attest(ghost.identity)
        try await expectRefused(.j5, in: scene) { welcome, _ in
            welcome.others = [try ghost.add(attestation: attestation, isInCoalitionGroup: false)]
        }
    }

    @Test func toAGroupThatCallsItselfTheCoalitions() async throws {
        let scene = try await DishonestScene()
        try await expectRefused(.j4, in: scene) { welcome, terms in
            let profile = try GroupProfile(
                kind: .coalition,
                coalition: terms.coalition,
                mailbox: terms.profile.mailbox
            )
            welcome.extensions = GroupTerms(charter: terms.charter, profile: profile).extensions
        }
    }

    @Test func notSignedByItsSender() async throws {
        try await expectRefused(.j6, in: DishonestScene()) { welcome, _ in welcome.isSignedByAnotherKey = true }
    }

    @Test func withTheSecretsOfAnotherOrganisation() async throws {
        let scene = try await DishonestScene()
        try await expectRefused(.j6, in: scene) { welcome, _ in
            welcome.secrets = OrganisationSecrets(contactKey: ContactKey(), accessToken: nil)
        }
    }

    @Test func withAnotherContactKeyFromAColleague() async throws {
        let scene = try await DishonestScene()
        let colleague = try await scene.coalition.admit(colleague: "rima", home: "rima", by: scene.founder)
        _ = try await scene.other.sync()
        try await colleague.send(welcomeTo: scene.founder.deviceIdentity()) { welcome, _ in
            welcome.secrets = OrganisationSecrets(contactKey: ContactKey(), accessToken: nil)
        }
        _ = try await scene.founder.sync()
        let finding = try #require(try scene.founder.unshownFindings().first)
        #expect(finding.kind == .welcomeRefused)
        #expect(finding.parameters["rule"]?.hasPrefix("J6") == true)
        _ = try scene.founder.takeFindings()
        try await scene.expectAlertCrosses()
        await colleague.close()
        await scene.close()
    }

    @Test func toAConversationOfOthers() async throws {
        try await expectRefused(.j7, in: DishonestScene()) { welcome, terms in
            let (one, two) = (UserAddress("admin@JOSA"), UserAddress("admin@INSM"))
            let profile = try GroupProfile(
                kind: GroupProfile.direct(try #require(one), try #require(two)),
                coalition: terms.coalition,
                mailbox: terms.profile.mailbox
            )
            welcome.extensions = GroupTerms(charter: terms.charter, profile: profile).extensions
        }
    }

    @Test func secondForOneKeyPackage() async throws {
        let scene = try await DishonestScene()
        let user = try #require(UserAddress("admin@SMEX"))
        _ = try await scene.dishonest.send(text: "first", to: [.user(user)])
        let keyPackage = try await scene.dishonest.takeKeyPackage(of: scene.founder.deviceIdentity()).keyPackage
        for _ in 0..<2 {
            try await scene.dishonest.send(welcomeTo: scene.founder.deviceIdentity()) { welcome, _ in
                welcome.keyPackage = keyPackage
            }
        }
        #expect(try await scene.founder.takeTexts() == ["first"])
        #expect(try scene.founder.takeFindings() == [.secondWelcome, .mailboxLost])
        #expect(try await scene.founder.status().groups.count == 3)
        try await expectConversation(in: scene, #_sourceLocation)
        await scene.close()
    }
}
