public import Sodium
internal import TLSCodec

/// A group that a Welcome invites to, checked and not yet joined: the application judges its members, its context and
/// who signed the invitation, and then accepts or lets go.
public struct PendingJoin: ~Copyable, Sendable {
    private let group: Group
    /// Its `signer` is who sent the Welcome; its `extensions` are what the signer says to those who join.
    public let groupInfo: GroupInfo

    public var context: GroupContext { group.context }

    public var tree: RatchetTree { group.tree }

    public var ownLeaf: LeafIndex { group.ownLeaf }

    public var epochAuthenticator: [UInt8] { group.epochAuthenticator }

    /// See `Epoch.export`.
    public borrowing func export(label: String, context: [UInt8], length: Int) throws(MLSError) -> Secret {
        try group.export(label: label, context: context, length: length)
    }

    public consuming func accept() -> Group { group }

    /// Processes a Welcome (RFC 9420, section 12.4.3.1). That the group's identifier is new to this client is for the
    /// application to check.
    /// - Parameters:
    ///   - bundle: of the KeyPackage that the Welcome names; it is used up.
    ///   - ratchetTree: for a GroupInfo that does not hold the tree.
    ///   - preSharedKeys: of which the Welcome may name some; for a group that follows from another, the `Predecessor`.
    ///   - time: seconds since 1970, to judge the lifetimes of leaves by; nil not to.
    /// - Throws: `invalid` with the rule that is broken; `treeNeeded`.
    public init(
        _ welcome: Welcome,
        keyPackage bundle: consuming KeyPackageBundle,
        ratchetTree: RatchetTree? = nil,
        preSharedKeys: PreSharedKeys = PreSharedKeys(),
        at time: UInt64? = nil
    ) throws(MLSError) {
        guard let crypto = Crypto(bundle.keyPackage.cipherSuite) else { throw .misuse(.unsupportedCipherSuite) }
        let groupSecrets = try welcome.groupSecrets(for: bundle, crypto)
        for id in groupSecrets.preSharedKeys { try id.validate(crypto) }
        let link = try preSharedKeys.link(of: groupSecrets.preSharedKeys)
        let pskSecret = try preSharedKeys.secret(for: groupSecrets.preSharedKeys, crypto)
        let groupInfo = try welcome.groupInfo(
            welcomeSecret: KeySchedule.welcomeSecret(
                joinerSecret: groupSecrets.joinerSecret,
                pskSecret: pskSecret,
                crypto
            ),
            crypto
        )
        try require(groupInfo.groupContext.cipherSuite == crypto.suite, .groupInfoCipherSuite)
        let tree = try groupInfo.verifiedTree(given: ratchetTree, at: time, crypto)
        let ownLeaf = tree.members.first { $0.leaf == bundle.keyPackage.leafNode }?.index
        guard let ownLeaf else { throw .invalid(.ownLeafInTree) }
        var keys = PrivateKeys(leaf: ownLeaf, key: bundle.encryptionKey)
        if let pathSecret = groupSecrets.pathSecret {
            try keys.install(pathSecret, from: groupInfo.signer, in: tree, crypto)
        }
        let secrets = KeySchedule.epochSecrets(
            joinerSecret: groupSecrets.joinerSecret,
            pskSecret: pskSecret,
            context: groupInfo.groupContext.encoded,
            crypto
        )
        try require(
            crypto.isValid(
                mac: groupInfo.confirmationTag,
                for: groupInfo.groupContext.confirmedTranscriptHash,
                key: secrets.confirmationKey
            ),
            .welcomeConfirmationTag
        )
        try link?.validate(groupInfo.groupContext, tree)
        self.init(
            try Group(
                crypto,
                context: groupInfo.groupContext,
                tree: tree,
                secrets: secrets,
                confirmationTag: groupInfo.confirmationTag,
                privateKeys: keys
            ),
            groupInfo
        )
    }

    private init(_ group: consuming Group, _ groupInfo: GroupInfo) {
        self.group = group
        self.groupInfo = groupInfo
    }
}

extension PreSharedKeys {
    /// What a group follows from, and how, by the keys that its Welcome names.
    fileprivate func link(of ids: [PreSharedKeyID]) throws(MLSError) -> Predecessor.Link? {
        let links = ids.filter { $0.usage ?? .application != .application }
        try require(links.count <= 1, .onePredecessor)
        guard let link = links.first, let usage = link.usage else { return nil }
        guard let predecessor = predecessor(link) else { throw .invalid(.predecessorKnown) }
        return Predecessor.Link(predecessor: predecessor, usage: usage)
    }
}

extension PrivateKeys {
    /// Takes the keys of the nodes above this member that the Welcome's sender has renewed: the path secret is that of the
    /// lowest node above both, which is not blank then.
    fileprivate mutating func install(
        _ pathSecret: HeldSecret,
        from signer: LeafIndex,
        in tree: RatchetTree,
        _ crypto: Crypto
    ) throws(MLSError) {
        let ownLeaf = leaf
        let above = tree.leafCount.directPath(of: ownLeaf).filter { $0.isAncestor(of: signer) }
        let lowest = above.first.flatMap { tree[$0] }
        try require(lowest != nil, .welcomePathSecretMatchesKey)
        let path = above.filter { tree[$0] != nil }
        let secrets = try PathSecrets(from: pathSecret, count: path.count, crypto)
        try require(
            zip(path, secrets.keyPairs).allSatisfy { tree[$0]?.encryptionKey == $1.publicKey },
            .welcomePathSecretMatchesKey
        )
        set(secrets, along: path)
    }
}
