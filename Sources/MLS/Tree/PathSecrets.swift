internal import Sodium

/// A chain of path secrets, upwards, and the key pairs that they give (RFC 9420, section 7.4).
struct PathSecrets: Sendable {
    private(set) var secrets: [HeldSecret] = []
    private(set) var keyPairs: [EncryptionKeyPair] = []
    let commitSecret: HeldSecret

    /// - Parameters:
    ///   - first: the lowest path secret.
    ///   - count: nodes from there to the root.
    init(from first: HeldSecret, count: Int, _ crypto: Crypto) throws(MLSError) {
        var secret = first
        for _ in 0..<count {
            secrets.append(secret)
            keyPairs.append(try crypto.deriveKeyPair(crypto.derive(secret.secret, label: "node")))
            secret = HeldSecret(crypto.derive(secret.secret, label: "path"))
        }
        commitSecret = secret
    }

    /// A new random chain.
    static func generate(count: Int, _ crypto: Crypto) throws(MLSError) -> PathSecrets {
        try PathSecrets(from: HeldSecret(.random(count: crypto.hashLength)), count: count, crypto)
    }
}

/// The private keys that a member holds: of its leaf, and of the nodes above it into which it is merged (RFC 9420,
/// section 4.2).
struct PrivateKeys: Sendable {
    let leaf: LeafIndex
    private(set) var keys: [NodeIndex: HeldSecret]

    init(leaf: LeafIndex, key: HeldSecret) {
        self.leaf = leaf
        keys = [leaf.node: key]
    }

    init(leaf: LeafIndex, keys: [NodeIndex: HeldSecret]) {
        self.leaf = leaf
        self.keys = keys
    }

    subscript(node: NodeIndex) -> HeldSecret? { keys[node] }

    mutating func setLeafKey(_ key: HeldSecret) {
        keys[leaf.node] = key
    }

    /// Lets go of the keys of nodes that are blank now.
    mutating func removeBlank(in tree: RatchetTree) {
        keys = keys.filter { tree.leafCount.nodeCount > Int($0.key.value) && tree[$0.key] != nil }
    }

    /// Takes the keys of a new path, from `path[first]` upwards.
    mutating func set(_ secrets: PathSecrets, along path: some Sequence<NodeIndex>) {
        for (node, pair) in zip(path, secrets.keyPairs) { keys[node] = pair.privateKey }
    }
}
