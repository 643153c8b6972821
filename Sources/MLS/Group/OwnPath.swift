/// The path of a Commit under way: its secrets, and the leaf that carries it.
struct OwnPath {
    let secrets: PathSecrets
    let steps: [RatchetTree.PathStep]
    private let leafKey: EncryptionKeyPair
    private let leaf: LeafNode

    /// Renews the keys from the committer's leaf to the root (RFC 9420, section 7.5).
    init(
        in tree: inout RatchetTree,
        place: LeafNode.Place,
        old: LeafNode,
        _ changes: LeafChanges,
        _ signatureKey: borrowing SignaturePrivateKey,
        _ crypto: Crypto
    ) throws(MLSError) {
        steps = tree.filteredDirectPath(of: place.leaf)
        secrets = try PathSecrets.generate(count: steps.count, crypto)
        leafKey = try crypto.generateKeyPair()
        let parentHash = try tree.mergeKeys(
            secrets.keyPairs.map(\.publicKey),
            along: steps,
            of: place.leaf,
            crypto
        )
        var leaf = changes.apply(
            to: old,
            encryptionKey: leafKey.publicKey,
            source: .commit(parentHash: parentHash)
        )
        try leaf.validateContents(.commit(place), crypto)
        leaf.sign(at: place, with: signatureKey, crypto)
        try tree.replaceLeaf(at: place.leaf, with: leaf)
        self.leaf = leaf
    }

    func updatePath(
        in tree: RatchetTree,
        excluding added: Set<LeafIndex>,
        context: [UInt8],
        _ crypto: Crypto
    ) throws(MLSError) -> UpdatePath {
        UpdatePath(
            leafNode: leaf,
            nodes: try tree.encrypt(secrets, along: steps, excluding: added, context: context, crypto)
        )
    }

    /// The keys of a member that has none yet.
    func leafKeys(at place: LeafIndex) -> PrivateKeys {
        PrivateKeys(leaf: place, key: leafKey.privateKey)
    }

    func install(in keys: inout PrivateKeys) {
        keys.setLeafKey(leafKey.privateKey)
        keys.set(secrets, along: steps.map(\.node))
    }

    /// What a member that the Commit adds must know of the path: the secret of the lowest node above both.
    func secret(for added: LeafIndex) -> HeldSecret? {
        steps.firstIndex { $0.copathChild.isAncestor(of: added) }.map { secrets.secrets[$0] }
    }
}
