internal import Sodium
internal import TLSCodec

/// A group that can be joined by an external Commit (RFC 9420, section 12.4.3.2), from a GroupInfo that a member
/// published: the application judges its members and its context, and then commits or lets go.
///
///     GroupInfo ─ ExternalJoin ─ commit ─▶ PendingExternalCommit ─ accept ─▶ Group
public struct ExternalJoin: Sendable {
    public let groupInfo: GroupInfo
    public let tree: RatchetTree
    private let crypto: Crypto
    private let externalKey: [UInt8]

    public var context: GroupContext { groupInfo.groupContext }

    /// - Parameters:
    ///   - ratchetTree: for a GroupInfo that does not hold the tree.
    ///   - time: seconds since 1970, to judge the lifetimes of leaves by; nil not to.
    /// - Throws: `invalid` with the rule that is broken; `treeNeeded`, `unsupportedCipherSuite`.
    public init(_ groupInfo: GroupInfo, ratchetTree: RatchetTree? = nil, at time: UInt64? = nil) throws(MLSError) {
        guard let crypto = Crypto(groupInfo.groupContext.cipherSuite) else { throw .misuse(.unsupportedCipherSuite) }
        guard let externalKey = try groupInfo.extensions.externalPublicKey() else {
            throw .invalid(.externalKeyPresent)
        }
        tree = try groupInfo.verifiedTree(given: ratchetTree, at: time, crypto)
        self.groupInfo = groupInfo
        self.crypto = crypto
        self.externalKey = externalKey
    }

    /// What the joiner's leaf shows the others.
    public struct Joiner: Sendable {
        public var credential: Credential
        public var capabilities: Capabilities
        public var extensions: Extensions

        public init(credential: Credential, capabilities: Capabilities, extensions: Extensions = []) {
            self.credential = credential
            self.capabilities = capabilities
            self.extensions = extensions
        }
    }

    /// Makes the Commit that joins the group. It is sent as a PublicMessage; `options.framing` and all that is about
    /// pending proposals and new members mean nothing here.
    /// - Parameters:
    ///   - removed: the leaf of the joiner's that the new one replaces, if any.
    ///   - preSharedKeys: the keys to bring along, which `options.preSharedKeys` must hold.
    /// - Throws: `invalid` with the rule that the Commit would break.
    public func commit(
        as joiner: Joiner,
        signatureKey: borrowing SignaturePrivateKey,
        replacing removed: LeafIndex? = nil,
        preSharedKeys: [PreSharedKeyID] = [],
        options: CommitOptions = CommitOptions()
    ) throws(MLSError) -> PendingExternalCommit {
        guard let externalInit = ExternalInit(to: externalKey, crypto) else { throw .invalid(.encryptionKeysUsable) }
        var proposals = [Proposal.externalInit(kemOutput: externalInit.kemOutput)]
        if let removed { proposals.append(.remove(removed)) }
        proposals += preSharedKeys.map { .preSharedKey($0) }
        var options = options
        options.framing = .publicMessage
        let assembled = try AssembledCommit(
            ProposalList(
                judging: proposals.map {
                    CommittedProposal(proposal: $0, sender: .newMemberCommit, isByReference: false)
                },
                by: .newMember,
                in: context,
                at: options.time,
                crypto
            ),
            as: proposals.map { .proposal($0) },
            on: CommitBasis(
                crypto: crypto,
                context: context,
                tree: tree,
                interimTranscriptHash: TranscriptHash.interim(
                    confirmed: context.confirmedTranscriptHash,
                    confirmationTag: groupInfo.confirmationTag,
                    crypto
                ),
                initSecret: externalInit.initSecret,
                sender: .newMemberCommit
            ),
            leaf: LeafNode(
                encryptionKey: [],
                signatureKey: signatureKey.publicKey,
                credential: joiner.credential,
                capabilities: joiner.capabilities,
                source: .update,
                extensions: joiner.extensions
            ),
            signatureKey: signatureKey,
            preSharedKeys: options.preSharedKeys,
            options
        )
        guard let path = assembled.path else { throw .internalBug("an external Commit without a path") }
        let content = assembled.content
        return PendingExternalCommit(
            message: .publicMessage(PublicMessage(content: content.content, auth: content.auth, membershipTag: nil)),
            changes: assembled.changes,
            group: try assembled.nextEpoch(path.leafKeys(at: assembled.changes.committer))
        )
    }
}

/// An external Commit: what to send, and the group as it is if the Commit wins.
public struct PendingExternalCommit: ~Copyable, Sendable {
    public let message: MLSMessage
    public let changes: CommitChanges
    private let group: Group

    init(message: MLSMessage, changes: CommitChanges, group: consuming Group) {
        self.message = message
        self.changes = changes
        self.group = group
    }

    public var epochAuthenticator: [UInt8] { group.epochAuthenticator }

    public consuming func accept() -> Group { group }
}
