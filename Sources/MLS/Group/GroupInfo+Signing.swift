internal import TLSCodec

extension GroupInfo {
    /// An epoch, signed by one of its members (RFC 9420, section 12.4.3).
    init(
        signing context: GroupContext,
        extensions: Extensions,
        confirmationTag: [UInt8],
        signer: LeafIndex,
        _ signatureKey: borrowing SignaturePrivateKey,
        _ crypto: Crypto
    ) {
        self.init(
            groupContext: context,
            extensions: extensions,
            confirmationTag: confirmationTag,
            signer: signer
        )
        signature = crypto.sign(toBeSigned(), label: .groupInfo, with: signatureKey)
    }

    /// The tree that comes with it, or another way, and what of it all who join check: its signature, and the whole
    /// tree (sections 12.4.3.1 and 12.4.3.2).
    /// - Throws: `invalid`, `treeNeeded`.
    func verifiedTree(given: RatchetTree?, at time: UInt64?, _ crypto: Crypto) throws(MLSError) -> RatchetTree {
        try require(groupContext.version == .mls10, .groupInfoVersion)
        try require(!extensions.hasDuplicates, .extensionsUnique)
        guard var tree = try extensions[.ratchetTree].map(RatchetTree.init(decoding:)) ?? given else {
            throw .misuse(.treeNeeded)
        }
        guard let leaf = tree[signer] else { throw .invalid(.groupInfoSigner) }
        try require(
            crypto.verify(signature, of: toBeSigned(), label: .groupInfo, publicKey: leaf.signatureKey),
            .groupInfoSignature
        )
        try tree.validate(for: groupContext, at: time, crypto)
        return tree
    }
}

extension Group {
    /// This epoch, for one who would join it by an external Commit (RFC 9420, section 12.4.3.2). Whoever gets hold of
    /// it can send such a Commit; whether the members take it is for their application to judge.
    /// - Parameters:
    ///   - signatureKey: of this member's leaf.
    ///   - extensions: what else to tell the joiner.
    ///   - hasTree: whether the tree stands in it; if not, the joiner must get it in another way.
    /// - Throws: `signatureKeyMismatch`, `groupReinitialized`.
    public func groupInfo(
        signatureKey: borrowing SignaturePrivateKey,
        extensions: Extensions = [],
        hasTree: Bool = true
    ) throws(MLSError) -> GroupInfo {
        try epoch.requireActive()
        try epoch.requireOwn(signatureKey)
        var extensions = extensions
        extensions.set(.externalPublic(try crypto.deriveKeyPair(epoch.secrets.external.secret).publicKey))
        if hasTree { extensions.set(Extension(type: .ratchetTree, data: tree.encoded)) }
        return GroupInfo(
            signing: context,
            extensions: extensions,
            confirmationTag: epoch.confirmationTag,
            signer: ownLeaf,
            signatureKey,
            crypto
        )
    }
}
