import Coalition
import MLS
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Commits whose form, time, path or additions break the policy (Protocol/policy.md, C1 to C7, C11, C12).
struct CommitTests {
    // MARK: C1, C2: nobody can be named

    /// Guards: who has read a proposal before the Commit that refers to it, and who reads both at once, judge it alike.
    @Test func proposalByReference() async throws {
        let scene = try await DishonestScene()
        // One that changes nothing, so that nothing but the reference is wrong.
        let reference = try await scene.dishonest.sendUnchangingProposal()
        _ = try await scene.founder.sync()
        try await scene.dishonest.send { _ in
            var crafted = CraftedCommit()
            crafted.forgery = .reference(reference)
            return crafted
        }
        for member in scene.honest {
            _ = try await member.sync()
            #expect(try member.takeFindings() == [.garbageEntry, .garbageAdvance])
        }
        try await scene.expectAlertCrosses()
        await scene.close()
    }

    // MARK: C3

    @Test func proposalOfAForbiddenType() async throws {
        let scene = try await DishonestScene()
        try await scene.expectSkipped(.c3) { view in
            var crafted = CraftedCommit()
            crafted.forgery = .proposals([
                .reInit(
                    ReInit(
                        groupID: view.context.groupID,
                        version: .mls10,
                        cipherSuite: view.context.cipherSuite,
                        extensions: view.context.extensions
                    )
                )
            ])
            return crafted
        }
    }

    @Test func commitWithoutAPath() async throws {
        let scene = try await DishonestScene()
        let newcomer = try Newcomer("guest@JOSA/laptop")
        let attestation = try scene.dishonest.attest(newcomer.identity)
        try await scene.expectSkipped(.c3) { _ in
            var crafted = CraftedCommit()
            crafted.proposals = [try newcomer.add(attestation: attestation)]
            crafted.hasPath = false
            return crafted
        }
    }

    // MARK: C4

    @Test func statementAboutOneDeviceTwice() async throws {
        let scene = try await DishonestScene()
        let device = try scene.dishonest.deviceIdentity()
        try await scene.expectSkipped(.c4) { _ in
            var crafted = CraftedCommit()
            let statement = Statement(about: device.hash, reason: .removal([]))
            crafted.statements = [statement, statement]
            return crafted
        }
    }

    @Test func attestationOfOneDeviceTwice() async throws {
        let scene = try await DishonestScene()
        let device = try scene.dishonest.deviceIdentity()
        let attestation = try scene.dishonest.attest(device)
        try await scene.expectSkipped(.c4) { _ in
            var crafted = CraftedCommit()
            let presented = PresentedAttestation(deviceHash: device.hash, attestation: attestation)
            crafted.attestations = [presented, presented]
            return crafted
        }
    }

    // MARK: C5

    @Test func timeThatGoesBackwards() async throws {
        let scene = try await DishonestScene()
        try await scene.expectSkipped(.c5) { _ in
            var crafted = CraftedCommit()
            crafted.at = Time(seconds: Time.now.seconds - 86_400)
            return crafted
        }
    }

    @Test func otherTimeInTheLeafThanInTheCommit() async throws {
        let scene = try await DishonestScene()
        try await scene.expectSkipped(.c5) { view in
            var crafted = CraftedCommit()
            crafted.at = .now
            crafted.leafChanges = LeafChanges(extensions: try view.ownExtensions(at: Time.now.advanced(by: .days(1))))
            return crafted
        }
    }

    // MARK: C6

    private func expectPathSkipped(
        _ change: @escaping (CraftingView, Time) throws -> LeafChanges,
        in scene: DishonestScene? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let scene = if let scene { scene } else { try await DishonestScene() }
        try await scene.expectSkipped(.c6, sourceLocation: sourceLocation) { view in
            var crafted = CraftedCommit()
            let time = Time.now
            crafted.at = time
            crafted.leafChanges = try change(view, time)
            return crafted
        }
    }

    @Test func otherCredentialInThePath() async throws {
        try await expectPathSkipped { view, time in
            LeafChanges(
                credential: .basic(identity: Array("nadia@SMEX/laptop".utf8)),
                extensions: try view.ownExtensions(at: time)
            )
        }
    }

    @Test func otherSignatureKeyInThePath() async throws {
        let scene = try await DishonestScene()
        try await scene.expectSkipped(.c6) { _ in
            var crafted = CraftedCommit()
            crafted.forgery = .signatureKey
            return crafted
        }
    }

    @Test func otherCapabilitiesInThePath() async throws {
        try await expectPathSkipped { view, time in
            let profile = Capabilities.profile(view.context.cipherSuite)
            let more = Capabilities(
                cipherSuites: profile.cipherSuites,
                extensions: profile.extensions + [ExtensionType(rawValue: 0xf000)]
            )
            return LeafChanges(capabilities: more, extensions: try view.ownExtensions(at: time))
        }
    }

    @Test func unattestedLeafByPath() async throws {
        try await expectPathSkipped { view, time in
            LeafChanges(extensions: try view.ownExtensions(attestation: .some(nil), at: time))
        }
    }

    @Test func extensionTooManyInThePath() async throws {
        try await expectPathSkipped { view, time in
            var extensions = try view.ownExtensions(at: time)
            extensions.set(Extension(type: .charter, data: []))
            return LeafChanges(extensions: extensions)
        }
    }

    @Test func attestationByAnotherOrganisationInThePath() async throws {
        let scene = try await DishonestScene()
        let attestation = try scene.other.attest(try scene.dishonest.deviceIdentity())
        try await expectPathSkipped(
            { LeafChanges(extensions: try $0.ownExtensions(attestation: attestation, at: $1)) },
            in: scene
        )
    }

    @Test func expiredAttestationInThePath() async throws {
        let scene = try await DishonestScene()
        let attestation = try scene.dishonest.attest(try scene.dishonest.deviceIdentity(), for: .lastMonth)
        try await expectPathSkipped(
            { LeafChanges(extensions: try $0.ownExtensions(attestation: attestation, at: $1)) },
            in: scene
        )
    }

    // MARK: C7

    private func expectAddSkipped(
        of address: String,
        in scene: DishonestScene,
        sourceLocation: SourceLocation = #_sourceLocation,
        attestation: (DeviceIdentity) throws -> Attestation?
    ) async throws {
        let newcomer = try Newcomer(address)
        let attestation = try attestation(newcomer.identity)
        try await scene.expectSkipped(.c7, sourceLocation: sourceLocation) { _ in
            var crafted = CraftedCommit()
            crafted.proposals = [try newcomer.add(attestation: attestation)]
            return crafted
        }
    }

    @Test func unattestedLeafByAdd() async throws {
        try await expectAddSkipped(of: "guest@JOSA/laptop", in: DishonestScene()) { _ in nil }
    }

    @Test func leafOfAnotherOrganisationByAdd() async throws {
        let scene = try await DishonestScene()
        try await expectAddSkipped(of: "guest@SMEX/laptop", in: scene) { try scene.dishonest.attest($0) }
    }

    @Test func leafOfAnOrganisationOutsideTheCharterByAdd() async throws {
        let scene = try await DishonestScene()
        try await expectAddSkipped(of: "guest@Ghost/laptop", in: scene) { try scene.dishonest.attest($0) }
    }

    @Test func expiredAttestationByAdd() async throws {
        let scene = try await DishonestScene()
        try await expectAddSkipped(of: "guest@JOSA/laptop", in: scene) {
            try scene.dishonest.attest($0, for: .lastMonth)
        }
    }

    @Test func nameOfAnotherDeviceByAdd() async throws {
        let scene = try await DishonestScene()
        try await expectAddSkipped(of: "ADMIN@josa/LAPTOP", in: scene) { try scene.dishonest.attest($0) }
    }

    // MARK: C11

    @Test func thirdPartyInADirectConversation() async throws {
        let scene = try await DishonestScene()
        let founder = try #require(UserAddress("admin@SMEX"))
        _ = try await scene.dishonest.send(text: "between us", to: [.user(founder)])
        #expect(try await scene.founder.takeTexts() == ["between us"])
        let other = try scene.other.deviceIdentity()
        let keyPackage = try await scene.dishonest.takeKeyPackage(of: other).keyPackage
        let attestation = try scene.dishonest.engine.vault.read { transaction in
            try scene.dishonest.engine.knownAttestation(of: other.hash, transaction)
        }
        try await scene.dishonest.send(to: .user(founder)) { _ in
            var crafted = CraftedCommit()
            crafted.proposals = [.add(keyPackage)]
            crafted.attestations = [
                PresentedAttestation(deviceHash: other.hash, attestation: try #require(attestation))
            ]
            return crafted
        }
        _ = try await scene.founder.sync()
        let finding = try #require(try scene.founder.unshownFindings().first)
        #expect(finding.kind == .commitSkipped)
        #expect(finding.who == scene.dishonest.address)
        #expect(finding.parameters["rule"] == "C11")
        _ = try scene.founder.takeFindings()
        let back = try #require(UserAddress("admin@JOSA"))
        #expect(try await scene.founder.send(text: "still between us", to: [.user(back)]).map(\.state) == [.relayed])
        #expect(try await scene.dishonest.takeTexts() == ["still between us"])
        #expect(try await scene.other.takeTexts() == [])
        try await scene.expectAlertCrosses()
        await scene.close()
    }

    // MARK: C12

    @Test func wrongNextCapability() async throws {
        try await DishonestScene()
            .expectSkipped(.c12) { _ in
                var crafted = CraftedCommit()
                crafted.next = [Grant(capabilityHash: Capability.random().hash, rights: .read)]
                return crafted
            }
    }

    /// Guards: the command that shows whom to remove ended with a crash.
    @Test func theEndOfTimeIsATimeLikeOthers() async throws {
        let scene = try await DishonestScene()
        try await scene.dishonest.send { _ in
            var crafted = CraftedCommit()
            crafted.at = Time(seconds: .max)
            return crafted
        }
        for member in scene.honest {
            _ = try await member.sync()
            #expect(try await member.members().map(\.state) == [.active, .active, .active])
            #expect(try member.takeFindings() == [])
        }
        await scene.close()
    }
}
