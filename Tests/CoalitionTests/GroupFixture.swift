import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition
@testable import MLS

/// A device that can be in groups.
final class MemberFixture: Sendable {
    let device: DeviceFixture
    let organisation: OrganisationFixture
    let signatureKey: SignaturePrivateKey
    let addresses: Addresses
    let attestation: Attestation

    static let suite = CipherSuite.x25519ChaCha20SHA256Ed25519

    init(_ address: String, of organisation: OrganisationFixture, number: UInt8, in coalition: CoalitionID) throws {
        device = try DeviceFixture(address, number: number)
        self.organisation = organisation
        signatureKey = try SignaturePrivateKey(Self.suite, raw: device.key.seed)
        let relay = try RelayAddress("https://relay.example:8443/")
        let contact = try ContactKey(raw: OrganisationFixture.seed(number, 8))
        addresses = try Addresses(
            inbox: MailboxAddress(relay: relay, mailbox: MailboxID(unchecked: [UInt8](repeating: number, count: 16))),
            inboxKey: [UInt8](repeating: number, count: 32),
            contactKey: contact.publicKey,
            keyPackages: MailboxAddress(relay: relay, mailbox: MailboxID(unchecked: [UInt8](repeating: 1, count: 16))),
            keyPackageSecret: [UInt8](repeating: number, count: 32)
        )
        attestation = organisation.attest(device.identity, in: coalition)
    }

    var hash: DeviceHash { device.identity.hash }

    /// A KeyPackage as the profile has it for the coalition group, but for what is given.
    func keyPackage(
        identity: String? = nil,
        capabilities: Capabilities = .profile(suite),
        lifetime: Period? = nil,
        extensions: Extensions = [],
        leafExtensions: Extensions? = nil
    ) throws -> KeyPackageBundle {
        let now = OrganisationFixture.now
        let lifetime = lifetime ?? Period(notBefore: now.earlier(by: 1000), notAfter: now.later(by: 1_000_000))
        return try KeyPackageBundle(
            Self.suite,
            credential: .basic(identity: identity.map { Array($0.utf8) } ?? device.identity.address.identity),
            signatureKey: signatureKey,
            capabilities: capabilities,
            lifetime: Lifetime(notBefore: lifetime.notBefore.seconds, notAfter: lifetime.notAfter.seconds),
            extensions: extensions,
            leafExtensions: leafExtensions
                ?? DeviceLeaf.extensions(attestation: attestation, addresses: addresses, commitTime: nil)
        )
    }
}

/// A Commit to be made: right in everything, but for what is given.
struct CommitDraft {
    var proposals: [Proposal] = []
    var at = OrganisationFixture.now
    var statements: [Statement] = []
    var attestations: [PresentedAttestation] = []
    /// In place of a MessageContext.
    var authenticatedData: [UInt8]?
    var leafChanges = LeafChanges()
    var hasPath = true
}

/// The coalition group, with its first members, as one of them has it.
final class GroupFixture {
    let coalition: CoalitionFixture
    let terms: GroupTerms
    let amal, layla, omar, sara: MemberFixture
    /// Amal's.
    var group: Group

    /// When the group was made.
    static let founded = OrganisationFixture.now.earlier(by: 1000)
    static let groupID = [UInt8](repeating: 0x61, count: 16)

    /// Amal of SMEX makes the group; Layla and Omar of JOSA and Sara of INSM are in it. Omar's attestation stands beside.
    convenience init(
        charter: ((CoalitionFixture) throws -> Charter)? = nil,
        kind: GroupProfile.Kind = .coalition
    ) throws {
        let coalition = try CoalitionFixture()
        let charter = try charter?(coalition) ?? coalition.constituted()
        try self.init(charter: SignedCharter(charter), of: coalition, kind: kind)
    }

    init(charter: SignedCharter, of coalition: CoalitionFixture, kind: GroupProfile.Kind) throws {
        self.coalition = coalition
        amal = try MemberFixture("amal@SMEX/laptop", of: coalition.smex, number: 21, in: coalition.coalition)
        layla = try MemberFixture("layla@JOSA/laptop", of: coalition.josa, number: 22, in: coalition.coalition)
        omar = try MemberFixture("omar@JOSA/phone", of: coalition.josa, number: 23, in: coalition.coalition)
        sara = try MemberFixture("sara@INSM/laptop", of: coalition.insm, number: 24, in: coalition.coalition)
        terms = GroupTerms(
            charter: charter,
            profile: try GroupProfile(
                kind: kind,
                coalition: coalition.coalition,
                mailbox: MailboxAddress(
                    relay: RelayAddress("https://relay.example:8443/"),
                    mailbox: MailboxID(unchecked: Array(0..<16))
                )
            )
        )
        group = try Group(
            creating: Self.groupID,
            with: amal.keyPackage(
                leafExtensions: DeviceLeaf.extensions(
                    attestation: amal.attestation,
                    addresses: kind == .coalition ? amal.addresses : nil,
                    commitTime: Self.founded
                )
            ),
            extensions: terms.extensions
        )
        var draft = CommitDraft(at: Self.founded.later(by: 10))
        draft.proposals = [
            .add(try keyPackage(layla)), .add(try keyPackage(omar, attested: false)), .add(try keyPackage(sara)),
        ]
        draft.attestations = [PresentedAttestation(deviceHash: omar.hash, attestation: omar.attestation)]
        try merge(draft)
    }

    var isCoalition: Bool { terms.profile.kind == .coalition }

    /// A KeyPackage as this kind of group wants it.
    func keyPackage(_ member: MemberFixture, attested: Bool = true) throws -> KeyPackage {
        try member.keyPackage(
            leafExtensions: DeviceLeaf.extensions(
                attestation: attested ? member.attestation : nil,
                addresses: isCoalition ? member.addresses : nil,
                commitTime: nil
            )
        )
        .keyPackage
    }

    func index(of member: MemberFixture) throws -> LeafIndex {
        try #require(group.tree.members.first { $0.leaf.signatureKey == member.device.identity.signatureKey }).index
    }

    private func options(_ draft: CommitDraft) -> CommitOptions {
        var options = CommitOptions()
        options.authenticatedData =
            draft.authenticatedData
            ?? MessageContext(
                at: draft.at,
                log: Position(sequence: 0, runningHash: RunningHash(opening: terms.profile.mailbox.mailbox)),
                coalitionEpoch: group.context.epoch,
                coalitionAuthenticator: group.epochAuthenticator,
                statements: draft.statements,
                attestations: draft.attestations
            )
            .encoded
        options.leafChanges = draft.leafChanges
        options.leafChanges.extensions =
            draft.leafChanges.extensions
            ?? DeviceLeaf.extensions(
                attestation: amal.attestation,
                addresses: isCoalition ? amal.addresses : nil,
                commitTime: draft.at
            )
        options.alwaysHasPath = draft.hasPath
        return options
    }

    func commit(_ draft: CommitDraft) throws -> PendingCommit {
        try group.commit(draft.proposals, signatureKey: amal.signatureKey, options: options(draft))
    }

    /// What Amal's Commit changes. It is never sent.
    func changes(_ draft: CommitDraft = CommitDraft()) throws -> CommitChanges {
        let pending = try commit(draft)
        return pending.changes
    }

    func merge(_ draft: CommitDraft) throws {
        let pending = try commit(draft)
        try group.merge(pending.takeStaged())
    }

    func add(_ member: MemberFixture, edit: (inout CommitDraft) throws -> Void = { _ in }) throws -> CommitDraft {
        var draft = CommitDraft(proposals: [.add(try keyPackage(member))])
        try edit(&draft)
        return draft
    }

    func remove(_ members: [MemberFixture], _ statements: [Statement] = []) throws -> CommitDraft {
        CommitDraft(
            proposals: try members.map { .remove(try index(of: $0)) },
            statements: statements
        )
    }

    /// The removal of a device, approved by these organisations.
    func removal(of member: MemberFixture, approvedBy organisations: [OrganisationFixture]) -> Statement {
        let subject = ApprovalSubject.removal(
            of: member.hash,
            under: terms.charter.charter,
            in: coalition.coalition
        )
        return Statement(about: member.hash, reason: .removal(organisations.map { $0.approve(subject) }))
    }

    /// A change of the charter, approved by these organisations.
    func change(to charter: Charter, approvedBy organisations: [OrganisationFixture]) -> Proposal {
        .groupContextExtensions(terms.under(signed(charter, by: organisations)).extensions)
    }

    func signed(_ charter: Charter, by organisations: [OrganisationFixture]) -> SignedCharter {
        SignedCharter(
            charter,
            approvals: organisations.map {
                $0.approve(charter, after: terms.charter.charter, in: coalition.coalition)
            }
        )
    }
}

extension CommitChanges {
    /// What no honest library would make.
    func replacing(
        committerLeaf: LeafNode?? = nil,
        pathLeaf: LeafNode? = nil,
        proposals: [CommittedProposal]? = nil
    ) -> CommitChanges {
        CommitChanges(
            committer: committer,
            committerLeaf: committerLeaf ?? self.committerLeaf,
            pathLeaf: pathLeaf ?? self.pathLeaf,
            authenticatedData: authenticatedData,
            proposals: proposals ?? self.proposals,
            added: added,
            removed: removed,
            updated: updated,
            groupContextExtensions: groupContextExtensions,
            preSharedKeys: preSharedKeys,
            reInit: reInit,
            previousContext: previousContext,
            previousTree: previousTree,
            context: context,
            tree: tree
        )
    }
}

/// All rules that a Commit breaks, each judged by itself.
func rulesBroken(_ changes: CommitChanges, offenders: Set<LeafIndex> = []) -> [PolicyRule] {
    let policy: CommitPolicy
    do {
        policy = try CommitPolicy(changes, offenders: offenders)
    } catch {
        return [error.rule]
    }
    var broken: [PolicyRule] = []
    func run(_ check: () throws(PolicyViolation) -> Void) {
        do throws(PolicyViolation) { try check() } catch { broken.append(error.rule) }
    }
    run { () throws(PolicyViolation) in _ = try policy.checkProposals() }
    run(policy.checkContext)
    if let path = changes.pathLeaf {
        run { () throws(PolicyViolation) in try policy.checkTime(path) }
        run { () throws(PolicyViolation) in try policy.checkPath(path) }
    }
    run(policy.checkAdds)
    run(policy.checkRemovals)
    run(policy.checkCharter)
    run(policy.checkSender)
    run(policy.checkParticipants)
    return broken
}

/// That a Commit breaks this rule and no other, and is refused for it.
func expectOnly(
    _ rule: PolicyRule,
    _ changes: CommitChanges,
    offenders: Set<LeafIndex> = [],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(rulesBroken(changes, offenders: offenders) == [rule], sourceLocation: sourceLocation)
    do {
        _ = try CommitPolicy.judge(changes, offenders: offenders)
        Issue.record("judged right", sourceLocation: sourceLocation)
    } catch {
        #expect(error.rule == rule, sourceLocation: sourceLocation)
    }
}

func expectKept(
    _ changes: CommitChanges,
    offenders: Set<LeafIndex> = [],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    do {
        _ = try CommitPolicy.judge(changes, offenders: offenders)
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
    }
}
