import Coalition
import MLS
import RelayAPI
import Sodium
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Two honest organisations, and one whose device breaks the rules.
struct DishonestScene {
    let coalition: TestCoalition
    /// Of the founding organisation, which alone changes the charter.
    let founder: Member
    let dishonest: Member
    let other: Member

    init() async throws {
        coalition = try await TestCoalition()
        founder = try await coalition.found("SMEX")
        dishonest = try await coalition.admit(organisation: "JOSA", by: founder)
        other = try await coalition.admit(organisation: "INSM", by: founder)
        for member in [founder, dishonest, other] { _ = try await member.sync() }
    }

    private static let alert = "خبر عاجل"

    var honest: [Member] { [founder, other] }

    /// That the dishonest device's Commit is skipped by all, for this rule and by name; that they stay in one epoch, and that
    /// whoever wants may remove the device for it.
    func expectSkipped(
        _ rule: PolicyRule,
        to target: Target = .coalition,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ craft: (CraftingView) throws -> CraftedCommit
    ) async throws {
        let before = try authenticator(founder)
        try await dishonest.send(to: target, crafted: craft)
        for member in honest {
            _ = try await member.sync()
            let findings = try member.unshownFindings()
            #expect(findings.map(\.kind) == [.commitSkipped], sourceLocation: sourceLocation)
            #expect(findings.first?.who == dishonest.address, sourceLocation: sourceLocation)
            #expect(
                findings.first?.parameters["rule"] == rule.number,
                "\(findings.first?.parameters["reason"] ?? "")",
                sourceLocation: sourceLocation
            )
            #expect(try authenticator(member) == before, sourceLocation: sourceLocation)
            try member.markShown(findings)
        }
        if rule.blamesSender {
            try await expectRemovable(sourceLocation)
        } else {
            await #expect(throws: MemberError.self, sourceLocation: sourceLocation) {
                try await other.remove(dishonest.address)
            }
        }
        try await expectAlertCrosses(sourceLocation)
        // Who was removed reads nothing of it.
        #expect(
            try await dishonest.takeTexts() == (rule.blamesSender ? [] : [Self.alert]),
            sourceLocation: sourceLocation
        )
        await close()
    }

    private func expectRemovable(_ sourceLocation: SourceLocation) async throws {
        try await other.remove(dishonest.address)
        for member in honest {
            let removed = try await member.members().first { $0.address == dishonest.address }
            #expect(removed?.state == .revoked, sourceLocation: sourceLocation)
        }
    }

    /// That an alert gets to everybody who is still there, and that the honest members are in one epoch.
    func expectAlertCrosses(_ sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(
            try await founder.send(text: Self.alert, to: [.coalition]).map(\.state) == [.relayed],
            sourceLocation: sourceLocation
        )
        #expect(try await other.takeTexts() == [Self.alert], sourceLocation: sourceLocation)
        #expect(try authenticator(founder) == authenticator(other), sourceLocation: sourceLocation)
        for member in honest { #expect(try member.takeFindings() == [], sourceLocation: sourceLocation) }
    }

    func close() async {
        for member in [founder, dishonest, other] { await member.close() }
    }

    private func authenticator(_ member: Member) throws -> [UInt8] {
        try member.engine.vault.read { transaction in
            let id = try member.engine.coalitionGroup(transaction)
            return try LoadedGroup(id, in: transaction).mls.epochAuthenticator
        }
    }
}

/// A device that is not in the coalition.
final class Newcomer: Sendable {
    let identity: DeviceIdentity
    private let seed: Secret
    private let addresses: Addresses
    /// That of every coalition which is founded here.
    private let suite = CipherSuite.xwingChaCha20SHA256Ed25519

    init(_ address: String) throws {
        let key = try SignaturePrivateKey(suite)
        seed = key.raw
        identity = DeviceIdentity(address: try #require(DeviceAddress(address)), signatureKey: key.publicKey)
        let relay = try TestCoalition.relayAddress()
        addresses = try Addresses(
            inbox: MailboxAddress(relay: relay, mailbox: .random()),
            inboxKey: Random.bytes(32),
            contactKey: ContactKey().publicKey,
            keyPackages: MailboxAddress(relay: relay, mailbox: .random()),
            keyPackageSecret: Random.bytes(Addresses.keyPackageSecretLength)
        )
    }

    /// Its Add.
    /// - Parameter isInCoalitionGroup: whether its leaf has addresses, as there and nowhere else.
    func add(attestation: Attestation?, isInCoalitionGroup: Bool = true) throws -> Proposal {
        let now = SystemClock.secondsSince1970()
        let bundle = try KeyPackageBundle(
            suite,
            credential: .basic(identity: identity.address.identity),
            signatureKey: SignaturePrivateKey(suite, raw: seed),
            capabilities: .profile(suite),
            lifetime: Lifetime(notBefore: now - 3600, notAfter: now + 86_400),
            leafExtensions: DeviceLeaf.extensions(
                attestation: attestation,
                addresses: isInCoalitionGroup ? addresses : nil,
                commitTime: nil
            )
        )
        return .add(bundle.keyPackage)
    }
}

extension Member {
    /// What this member, an admin, attests.
    func attest(_ device: DeviceIdentity, for period: Period = .thisMonth) throws -> Attestation {
        try engine.vault.read { transaction in
            let coalition = try transaction.device().coalition
            return try engine.withAdminKey(transaction) { key, certificate in
                key.attest(device, in: coalition, for: period, certificate: certificate)
            }
        }
    }

    /// What this member, an admin, approves.
    /// - Parameter certificate: another one than its own, for a forgery.
    func approve(
        _ subject: ApprovalSubject,
        expires: Time = Time.now.advanced(by: .days(7)),
        certificate: AdminCertificate? = nil
    ) throws -> Approval {
        try engine.vault.read { transaction in
            try engine.withAdminKey(transaction) { key, own in
                key.approve(subject, expires: expires, certificate: certificate ?? own)
            }
        }
    }

    func deviceIdentity() throws -> DeviceIdentity { try engine.vault.read { try $0.device().identity } }

    func coalitionID() throws -> CoalitionID { try engine.vault.read { try $0.device().coalition } }

    func certificate() throws -> AdminCertificate {
        try #require(try engine.vault.read { try $0.organisation().adminCertificate })
    }
}

extension Time {
    static var now: Time { Time(seconds: SystemClock.secondsSince1970()) }
}

extension Period {
    static var thisMonth: Period { Period(notBefore: .now, notAfter: Time.now.advanced(by: .days(30))) }
    static var lastMonth: Period {
        let now = Time.now.seconds
        return Period(notBefore: Time(seconds: now - 60 * 86_400), notAfter: Time(seconds: now - 30 * 86_400))
    }
}

extension CraftingView {
    /// A change of the charter, with these approvals.
    func change(to charter: Charter, approvals: [Approval]) -> Proposal {
        .groupContextExtensions(
            GroupTerms(charter: SignedCharter(charter, approvals: approvals), profile: terms.profile).extensions
        )
    }

    /// A Commit now that suspends somebody, in the name of an admin's organisation.
    func suspending(_ target: SuspensionTarget, by admin: Member) throws -> CraftedCommit {
        let suspension = Suspension(target: target, by: admin.address.organisation, at: .now)
        let next = try charter.successor(suspensions: [suspension])
        let approval = try admin.approve(.charter(next, after: charter, in: terms.coalition))
        var crafted = CraftedCommit()
        crafted.at = suspension.at
        crafted.proposals = [change(to: next, approvals: [approval])]
        return crafted
    }

    /// Under this charter, with another organisation.
    func admitting(_ name: String) throws -> Charter {
        let organisation = try Organisation(
            id: try #require(Name(name)),
            rootKey: OrganisationRootKey().publicKey,
            contactKey: ContactKey().publicKey
        )
        return try charter.successor(organisations: charter.organisations + [organisation])
    }

    /// The extensions of the sender's leaf.
    func ownExtensions(
        attestation: Attestation?? = nil,
        at time: Time = .now
    ) throws -> Extensions {
        let leaf = try DeviceLeaf(reading: try #require(tree[ownLeaf]))
        return DeviceLeaf.extensions(
            attestation: attestation ?? leaf.attestation,
            addresses: leaf.addresses,
            commitTime: time
        )
    }
}
