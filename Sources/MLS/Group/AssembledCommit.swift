internal import Sodium
internal import TLSCodec

/// The epoch that a Commit follows, as its sender sees it: a member, or one who joins by the Commit.
struct CommitBasis {
    let crypto: Crypto
    let context: GroupContext
    let tree: RatchetTree
    let interimTranscriptHash: [UInt8]
    let initSecret: HeldSecret
    let sender: Sender
}

/// A Commit that its sender has put together (RFC 9420, section 12.4.1), and the epoch that it leads to.
struct AssembledCommit: ~Copyable {
    /// Signed and tagged, to be framed.
    let content: AuthenticatedContent
    let changes: CommitChanges
    let path: OwnPath?
    private let crypto: Crypto
    private let joinerSecret: Secret
    private let pskSecret: Secret
    private let secrets: NewEpochSecrets
    private let confirmationTag: [UInt8]

    /// - Parameters:
    ///   - proposals: the ones in `list`, as the Commit holds them.
    ///   - leaf: the sender's, which a path renews.
    ///   - preSharedKeys: all that may be used.
    init(
        _ list: ProposalList,
        as proposals: [ProposalOrRef],
        on basis: CommitBasis,
        leaf: LeafNode,
        signatureKey: borrowing SignaturePrivateKey,
        preSharedKeys: PreSharedKeys,
        _ options: CommitOptions
    ) throws(MLSError) {
        let crypto = basis.crypto
        var applied = try list.apply(to: basis.tree, basis.context)
        var path: OwnPath?
        if list.needsPath || options.alwaysHasPath {
            path = try OwnPath(
                in: &applied.tree,
                place: LeafNode.Place(groupID: basis.context.groupID, leaf: applied.committer),
                old: leaf,
                options.leafChanges,
                signatureKey,
                crypto
            )
        }
        try applied.tree.validateSupport(for: applied.extensions)
        var next = basis.context
        try next.advance()
        next.treeHash = applied.tree.treeHash(crypto)
        next.extensions = applied.extensions
        let updatePath = try path?
            .updatePath(in: applied.tree, excluding: applied.newLeaves, context: next.encoded, crypto)

        let wireFormat: WireFormat = options.framing == .publicMessage ? .publicMessage : .privateMessage
        let framed = FramedContent(
            groupID: basis.context.groupID,
            epoch: basis.context.epoch,
            sender: basis.sender,
            authenticatedData: options.authenticatedData,
            content: .commit(Commit(proposals: proposals, path: updatePath))
        )
        let signature = AuthenticatedContent.signature(
            of: framed,
            wireFormat,
            context: basis.context.encoded,
            with: signatureKey,
            crypto
        )
        next.confirmedTranscriptHash = TranscriptHash.confirmed(
            interim: basis.interimTranscriptHash,
            wireFormat,
            framed,
            signature: signature,
            crypto
        )

        let encodedContext = next.encoded
        let commitSecret = path?.secrets.commitSecret ?? HeldSecret(crypto.zeroSecret)
        let joinerSecret = KeySchedule.joinerSecret(
            initSecret: basis.initSecret.secret,
            commitSecret: commitSecret.secret,
            context: encodedContext,
            crypto
        )
        let pskSecret = try preSharedKeys.secret(for: applied.preSharedKeys, crypto)
        let secrets = KeySchedule.epochSecrets(
            joinerSecret: joinerSecret,
            pskSecret: pskSecret,
            context: encodedContext,
            crypto
        )
        let confirmationTag = secrets.confirmationTag(next.confirmedTranscriptHash, crypto)
        content = AuthenticatedContent(
            wireFormat: wireFormat,
            content: framed,
            auth: FramedContentAuthData(signature: signature, confirmationTag: confirmationTag)
        )
        changes = CommitChanges(
            list,
            applied,
            pathLeaf: updatePath?.leafNode,
            authenticatedData: options.authenticatedData,
            from: (basis.context, basis.tree),
            to: next
        )
        self.path = path
        self.crypto = crypto
        self.confirmationTag = confirmationTag
        self.joinerSecret = joinerSecret
        self.pskSecret = pskSecret
        self.secrets = secrets
    }

    /// The epoch that the Commit leads to.
    /// - Parameter keys: the sender's, from before the path.
    borrowing func nextEpoch(_ keys: PrivateKeys) throws(MLSError) -> Group {
        var keys = keys
        path?.install(in: &keys)
        keys.removeBlank(in: changes.tree)
        return try Group(
            crypto,
            context: changes.context,
            tree: changes.tree,
            secrets: secrets,
            confirmationTag: confirmationTag,
            reInit: changes.reInit,
            privateKeys: keys
        )
    }

    /// For those whom the Commit adds; nil when there are none.
    borrowing func welcome(
        signatureKey: borrowing SignaturePrivateKey,
        _ options: CommitOptions
    ) throws(MLSError) -> Welcome? {
        guard !changes.added.isEmpty else { return nil }
        var extensions = options.groupInfoExtensions
        if options.welcomeHasTree { extensions.set(Extension(type: .ratchetTree, data: changes.tree.encoded)) }
        let groupInfo = GroupInfo(
            signing: changes.context,
            extensions: extensions,
            confirmationTag: confirmationTag,
            signer: changes.committer,
            signatureKey,
            crypto
        )
        return try Welcome(
            to: changes.added,
            groupInfo,
            joinerSecret: joinerSecret,
            welcomeSecret: KeySchedule.welcomeSecret(joinerSecret: joinerSecret, pskSecret: pskSecret, crypto),
            preSharedKeys: changes.preSharedKeys,
            path: path,
            crypto
        )
    }
}
