public import MLS
public import RelayAPI
internal import TLSCodec

/// Rules C3 to C12 of Protocol/policy.md: what a Commit may change, judged alike by every member.
///
///     EntryPolicy.open (C1) ─▶ Group.open (C2) ─▶ CommitPolicy.judge (C3 – C11) ─▶ Group.stage ─▶ checkGrants (C12) ─▶ Group.merge
///
/// Nothing here depends on a clock or on another group.
public struct CommitPolicy: Sendable {
    let changes: CommitChanges
    /// Before the Commit.
    let committerLeaf: LeafNode
    /// Before the Commit.
    let terms: GroupTerms
    /// After the Commit.
    let nextCharter: SignedCharter
    let context: MessageContext
    let offenders: Set<LeafIndex>

    /// Judges a Commit: one that was received before it is staged, one's own before it is sent.
    /// - Parameter offenders: the senders of earlier advances out of this epoch that were skipped for a rule which
    ///   `blamesSender`.
    /// - Throws: the first rule that it breaks, in their order.
    public static func judge(
        _ changes: CommitChanges,
        offenders: Set<LeafIndex> = []
    ) throws(PolicyViolation) -> JudgedCommit {
        let policy = try CommitPolicy(changes, offenders: offenders)
        let path = try policy.checkProposals()
        try policy.checkContext()
        try policy.checkTime(path)
        try policy.checkPath(path)
        try policy.checkAdds()
        try policy.checkRemovals()
        try policy.checkCharter()
        try policy.checkSender()
        try policy.checkParticipants()
        return JudgedCommit(policy)
    }

    init(_ changes: CommitChanges, offenders: Set<LeafIndex>) throws(PolicyViolation) {
        self.changes = changes
        self.offenders = offenders
        guard let committerLeaf = changes.committerLeaf else {
            throw PolicyViolation(.c3, "its sender is no member, but would join by it")
        }
        self.committerLeaf = committerLeaf
        do throws(GroupTerms.Malformed) {
            terms = try GroupTerms(reading: changes.previousContext)
        } catch {
            throw PolicyViolation(.c9, "the group's context is not one of ours: \(error.detail)")
        }
        do throws(CodecError) {
            context = try MessageContext(decoding: changes.authenticatedData)
        } catch {
            throw PolicyViolation(.c4, "its authenticated data is no MessageContext of version 1")
        }
        nextCharter = (try? changes.groupContextExtensions?.decoded(.charter)) ?? terms.charter
    }

    // MARK: C3

    /// - Returns: the path's leaf.
    func checkProposals() throws(PolicyViolation) -> LeafNode {
        for proposal in changes.proposals {
            try require(!proposal.isByReference, .c3, "it holds a proposal by reference")
            switch proposal.proposal {
            case .add, .remove, .groupContextExtensions: continue
            default: throw PolicyViolation(.c3, "it holds a proposal of a type that our groups do not use")
            }
        }
        guard let path = changes.pathLeaf else { throw PolicyViolation(.c3, "it has no path") }
        return path
    }

    // MARK: C4

    func checkContext() throws(PolicyViolation) {
        let stated = context.statements.map(\.deviceHash)
        try require(Set(stated).count == stated.count, .c4, "it holds two statements about one device")
        let presented = context.attestations.map(\.deviceHash)
        try require(Set(presented).count == presented.count, .c4, "it presents two attestations of one device")
    }

    // MARK: C5

    func checkTime(_ path: LeafNode) throws(PolicyViolation) {
        for member in changes.previousTree.members where !changes.removes(member.index) {
            guard let earlier = member.leaf.commitTime else { continue }
            try require(earlier <= context.at, .c5, "its time is before that of an earlier Commit")
        }
        try require(path.commitTime == context.at, .c5, "its leaf does not carry its time")
    }

    // MARK: C6

    func checkPath(_ path: LeafNode) throws(PolicyViolation) {
        let old = committerLeaf
        try require(path.credential == old.credential, .c6, "its path changes the sender's credential")
        try require(path.signatureKey == old.signatureKey, .c6, "its path changes the sender's signature key")
        try require(path.capabilities == old.capabilities, .c6, "its path changes the sender's capabilities")
        let leaf = try readLeaf(path, .c6)
        try require(
            leaf.hasExtensions(terms.ownLeafExtensions.union([.attestation, .commitTime])),
            .c6,
            "its path's leaf does not have exactly the extensions that it must have"
        )
        // An attestation that has run out ejects nobody: it is only a new one that must be valid.
        guard path.extensions[.attestation] != old.extensions[.attestation], let attestation = leaf.attestation else {
            return
        }
        try verify(attestation, of: leaf.identity, .c6)
    }

    // MARK: C7

    func checkAdds() throws(PolicyViolation) {
        guard !changes.added.isEmpty else { return }
        var holders: [DeviceAddress: Int] = [:]
        for member in changes.tree.members {
            if let address = member.leaf.address { holders[address, default: 0] += 1 }
        }
        for added in changes.added {
            let node = added.keyPackage.leafNode
            let leaf = try readLeaf(node, .c7)
            let name = leaf.identity.address
            try require(holders[name] == 1, .c7, "it adds \(name), whose name another device has")
            try require(
                node.capabilities == .profile(changes.context.cipherSuite),
                .c7,
                "it adds \(name) with other capabilities than the profile's"
            )
            try require(
                added.keyPackage.extensions.elements.isEmpty
                    && leaf.hasExtensions(terms.ownLeafExtensions, optional: [.attestation]),
                .c7,
                "it adds \(name) without exactly the extensions that its KeyPackage must have"
            )
            guard case .keyPackage(let lifetime) = node.source, lifetime.contains(context.at.seconds) else {
                throw PolicyViolation(.c7, "it adds \(name) outside the lifetime of its KeyPackage")
            }
            // Only an organisation of the charter can attest.
            try checkAttestation(of: leaf)
            try require(
                !isSuspended(leaf.identity, under: nextCharter.charter),
                .c7,
                "it adds \(name), which is suspended"
            )
        }
    }

    /// The leaf's own; where it has none, one that is presented for it. A false one of its own would stay in the tree, and
    /// nothing beside it could make up for it (J4).
    private func checkAttestation(of leaf: DeviceLeaf) throws(PolicyViolation) {
        let presented = context.attestations.first { $0.deviceHash == leaf.hash }?.attestation
        guard let attestation = leaf.attestation ?? presented else {
            throw PolicyViolation(.c7, "it adds \(leaf.identity.address) without attestation")
        }
        try verify(attestation, of: leaf.identity, .c7)
    }

    // MARK: C8

    func checkRemovals() throws(PolicyViolation) {
        for removed in changes.removed where !offenders.contains(removed.index) {
            let device = try readLeaf(removed.leaf, .c8).identity
            let leaves = nextCharter.charter.organisation(named: device.address.organisation) == nil
            guard !leaves else { continue }
            let holds = context.statements.contains { statement in
                statement.holds(
                    for: device,
                    in: terms.coalition,
                    groupID: changes.previousContext.groupID,
                    charter: terms.charter.charter,
                    at: context.at
                )
            }
            try require(holds, .c8, "it removes \(device.address) without a statement that allows it")
        }
    }

    // MARK: C9

    func checkCharter() throws(PolicyViolation) {
        if let new = changes.groupContextExtensions {
            try checkChange(of: changes.previousContext.extensions, to: new)
        }
        for member in changes.tree.members {
            let leaf = try readLeaf(member.leaf, .c9)
            try require(
                nextCharter.charter.organisation(named: leaf.identity.address.organisation) != nil,
                .c9,
                "it leaves \(leaf.identity.address) in the group, whose organisation is not in the charter"
            )
        }
    }

    private func checkChange(of old: Extensions, to new: Extensions) throws(PolicyViolation) {
        var expected = old
        expected.set(Extension(type: .charter, data: new[.charter] ?? []))
        try require(new == expected, .c9, "it changes something of the GroupContext beside the charter")
        let charter: SignedCharter
        do throws(CodecError) {
            charter = try SignedCharter(decoding: new[.charter] ?? [])
        } catch {
            throw PolicyViolation(.c9, "its charter is not well-formed")
        }
        // Other groups follow a charter that may have changed long before.
        let time = terms.profile.kind == .coalition ? context.at : nil
        do throws(CharterViolation) {
            try terms.charter.charter.judge(
                changeTo: charter.charter,
                approvals: charter.approvals,
                in: terms.coalition,
                at: time
            )
        } catch {
            throw PolicyViolation(.c9, "its charter may not follow the present one (\(error))")
        }
    }

    // MARK: C10

    func checkSender() throws(PolicyViolation) {
        let sender = try readLeaf(committerLeaf, .c10).identity
        try require(
            !isSuspended(sender, under: terms.charter.charter),
            .c10,
            "its sender, \(sender.address), is suspended"
        )
    }

    // MARK: C11

    func checkParticipants() throws(PolicyViolation) {
        guard case .direct(let participants) = terms.profile.kind else { return }
        for added in changes.added {
            let leaf = try readLeaf(added.keyPackage.leafNode, .c11)
            try require(
                participants.contains(leaf.identity.address.userAddress),
                .c11,
                "it adds \(leaf.identity.address) to a conversation of others"
            )
        }
    }

    // MARK: C12

    /// Checks the grants of an advance, when the next epoch's secrets are known.
    /// - Parameters:
    ///   - next: as they stand in the entry.
    ///   - derived: of the next epoch: `GroupEpochKeys.derivedGrant`.
    public static func checkGrants(_ next: [Grant], derived: Grant) throws(PolicyViolation) {
        try require(next == [derived], .c12, "its grants are not the ones that follow from the next epoch")
    }

    // MARK: What several rules need

    private func readLeaf(_ node: LeafNode, _ rule: PolicyRule) throws(PolicyViolation) -> DeviceLeaf {
        do throws(DeviceLeaf.Malformed) {
            return try DeviceLeaf(reading: node)
        } catch {
            throw PolicyViolation(rule, "a leaf of the Commit is not that of a device: \(error.detail)")
        }
    }

    /// What the Commit presents of devices that are in the group after it, and is valid.
    func validPresented() -> [PresentedAttestation] {
        guard !context.attestations.isEmpty else { return [] }
        var devices: [DeviceHash: DeviceIdentity] = [:]
        for member in changes.tree.members {
            guard let address = member.leaf.address else { continue }
            let device = DeviceIdentity(address: address, signatureKey: member.leaf.signatureKey)
            devices[device.hash] = device
        }
        return context.attestations.filter { presented in
            guard let device = devices[presented.deviceHash] else { return false }
            return (try? verify(presented.attestation, of: device, .c7)) != nil
        }
    }

    private func verify(
        _ attestation: Attestation,
        of device: DeviceIdentity,
        _ rule: PolicyRule
    ) throws(PolicyViolation) {
        do throws(IdentityError) {
            _ = try attestation.verify(
                for: device,
                in: terms.coalition,
                charter: nextCharter.charter,
                at: context.at
            )
        } catch {
            throw PolicyViolation(rule, "the attestation of \(device.address) is not valid (\(error))")
        }
    }

    /// Whether a suspension of the device, or of its organisation, is in force (Protocol/charter.md).
    private func isSuspended(_ device: DeviceIdentity, under charter: Charter) -> Bool {
        let suspensions = charter.suspensions.filter { $0.names(device) }
        guard !suspensions.isEmpty else { return false }
        // A suspended device could claim whatever time suits it: the others' Commits tell the time.
        let times = changes.previousTree.members
            .filter { $0.leaf.address?.organisation != device.address.organisation }
            .compactMap(\.leaf.commitTime)
        let time = times.max() ?? Time(seconds: 0)
        return suspensions.contains { $0.isInForce(at: time) }
    }
}

/// A Commit that keeps rules C3 to C11; only `CommitPolicy.judge` makes one.
public struct JudgedCommit: Sendable {
    public let committer: DeviceIdentity?
    public let context: MessageContext
    /// After the Commit.
    public let terms: GroupTerms
    /// When the Commit changes it.
    public let newCharter: SignedCharter?
    /// Attestations that it presents, of devices that are in the group after it. Those that were not valid are left out:
    /// anybody can present anything.
    public let presented: [PresentedAttestation]

    fileprivate init(_ policy: CommitPolicy) {
        committer = (try? DeviceLeaf(reading: policy.committerLeaf))?.identity
        context = policy.context
        terms = policy.terms.under(policy.nextCharter)
        newCharter = policy.changes.groupContextExtensions == nil ? nil : policy.nextCharter
        presented = policy.validPresented()
    }
}
