internal import Sodium
internal import TLSCodec

/// A Commit of this member's: what to send, and the epoch that it leads to if it wins.
public struct PendingCommit: ~Copyable, Sendable {
    public let message: MLSMessage
    /// For those whom the Commit adds; to be sent when the Commit has won, not before (RFC 9420, section 14).
    public let welcome: Welcome?
    public let changes: CommitChanges
    public let staged: StagedCommit

    public consuming func takeStaged() -> StagedCommit { staged }
}

extension Group {
    /// Makes a Commit (RFC 9420, section 12.4.1). The group does not change, but for the key that a PrivateMessage
    /// uses up: keep `serializedSending()` before the message leaves, and `PendingCommit.staged` to merge it later.
    /// - Parameters:
    ///   - proposals: this member's own, by value.
    ///   - signatureKey: of this member's leaf.
    /// - Throws: `invalid` with the rule that the proposals break; `signatureKeyMismatch`, `removeSelf`,
    ///   `groupReinitialized`, `ratchetExhausted`.
    public mutating func commit(
        _ proposals: [Proposal] = [],
        signatureKey: borrowing SignaturePrivateKey,
        options: CommitOptions = CommitOptions()
    ) throws(MLSError) -> PendingCommit {
        try commit(proposals, linkedBy: nil, signatureKey: signatureKey, options: options)
    }

    /// - Parameter link: what a group's first Commit may link it to another by.
    mutating func commit(
        _ proposals: [Proposal],
        linkedBy link: PreSharedKeyID.ResumptionUsage?,
        signatureKey: borrowing SignaturePrivateKey,
        options: CommitOptions
    ) throws(MLSError) -> PendingCommit {
        try epoch.requireActive()
        try epoch.requireOwn(signatureKey)
        guard !proposals.contains(.remove(ownLeaf)) else { throw .misuse(.removeSelf) }
        guard let ownLeafNode = tree[ownLeaf] else { throw .internalBug("a group without this member") }
        let preSharedKeys = epoch.with(options.preSharedKeys)
        // Once, and not for each try of a proposal.
        try tree.buildIndex()
        let sender = Sender.member(ownLeaf)
        let own = try ProposalList(
            judging: proposals.map { CommittedProposal(proposal: $0, sender: sender, isByReference: false) },
            by: .member(ownLeaf),
            linkedBy: link,
            in: context,
            at: options.time,
            crypto
        )
        let references = try ProposalSelection(in: self, beside: own, preSharedKeys, options).entries
        let list = try ProposalList(
            references.map(\.sound) + own.proposals,
            by: .member(ownLeaf),
            linkedBy: link
        )
        let assembled = try AssembledCommit(
            list,
            as: references.map { .reference($0.reference) } + proposals.map { .proposal($0) },
            on: CommitBasis(
                crypto: crypto,
                context: context,
                tree: tree,
                interimTranscriptHash: epoch.interimTranscriptHash,
                initSecret: epoch.secrets.initSecret,
                sender: sender
            ),
            leaf: ownLeafNode,
            signatureKey: signatureKey,
            preSharedKeys: preSharedKeys,
            options
        )
        let staged = StagedCommit(after: epochAuthenticator, next: try assembled.nextEpoch(epoch.privateKeys))
        let welcome = try assembled.welcome(signatureKey: signatureKey, options)
        return PendingCommit(
            message: try epoch.frame(assembled.content, options.framing),
            welcome: welcome,
            changes: assembled.changes,
            staged: staged
        )
    }
}
