internal import HPKE
internal import Sodium

/// How long the inputs of the primitives are, read off the group that is measured, in bytes.
struct InputLengths {
    /// The GroupContext.
    let context: Int
    /// A leaf node.
    let leaf: Int
    /// The Commit's message.
    let commit: Int
    /// The ratchet tree.
    let tree: Int
    let kem: HPKE.KEM

    /// `info` of a DeriveSecret: length, label and an empty context.
    static let label = 24
    /// `ParentHashInput` and the `TreeHashInput` of a parent (RFC 9420, sections 7.8 and 7.9).
    var parentHash: Int { 67 + kem.publicKeyLength }
    var parentTreeHash: Int { 104 + kem.publicKeyLength }
}

/// What RFC 9420 asks of Sodium and HPKE for each operation, everything else being free.
///
/// `depth` is the number of the tree's levels above the leaves, in a tree without blanks.
extension Floor {
    typealias Steps = [(Primitive, Int)]

    /// Sections 6.3 and 9.1: sign, one step of the ratchet (key, nonce, next secret), seal, and the sender data.
    static func protect(_ length: Int, _ lengths: InputLengths) throws(SodiumError) -> Floor {
        try Floor([(.sign(length + lengths.context + 64), 1), (.seal(length + 80), 1)] + ratchetStep + senderDataSeal)
    }

    static func unprotect(_ length: Int, _ lengths: InputLengths) throws(SodiumError) -> Floor {
        try Floor(
            [(.verify(length + lengths.context + 64), 1), (.open(length + 80), 1)] + ratchetStep + senderDataOpen
        )
    }

    /// Sections 7.4 to 7.9, 8 and 12.4.1: an empty Commit with a path, and the epoch that follows.
    static func commit(depth: Int, _ lengths: InputLengths) throws(SodiumError) -> Floor {
        try Floor(
            [(.deriveKeyPair(lengths.kem), 1)] + pathSecrets(depth, lengths) + pathHashes(depth, lengths)
                + [
                    (.sign(lengths.leaf), 1),
                    (.hpkeSeal(lengths.context, lengths.kem), depth),
                    (.sign(lengths.commit + lengths.context), 1),
                    (.seal(lengths.commit), 1),
                ]
                + senderDataSeal + secretTree(depth) + ratchetStep + nextEpoch(lengths)
        )
    }

    /// Section 12.4.2, for a member that derives `derived` of the path's keys. Two ways down a secret tree: in the epoch
    /// that ends to the committer, whose message is opened, in the one that begins to the member itself, which has to be
    /// able to send.
    static func process(depth: Int, derived: Int, _ lengths: InputLengths) throws(SodiumError) -> Floor {
        try Floor(
            [
                (.verify(lengths.commit + lengths.context), 1),
                (.open(lengths.commit), 1),
                (.verify(lengths.leaf), 1),
                (.hpkeOpen(lengths.context, lengths.kem), 1),
            ]
                + senderDataOpen + pathSecrets(derived, lengths) + pathHashes(depth, lengths)
                + secretTree(depth) + secretTree(depth) + ratchetStep + nextEpoch(lengths)
        )
    }

    /// Section 12.4.3.1: the Welcome of a Commit with a path, with the tree of `count` members in it, of whose
    /// parents the new member gets only the root's key.
    static func join(count: Int, _ lengths: InputLengths) throws(SodiumError) -> Floor {
        try Floor(
            [
                (.hash(lengths.leaf), 1), (.hpkeOpen(lengths.tree, lengths.kem), 1),
                (.extract, 1), (.expand(InputLengths.label), 3), (.open(lengths.tree), 1),
                (.verify(lengths.tree), 1),
                (.verify(lengths.leaf), count),
                (.hash(lengths.leaf), count), (.hash(lengths.parentTreeHash), count - 1),
                (.hash(lengths.parentHash), count - 1),
            ]
                + pathSecrets(1, lengths) + epochSecrets(lengths) + [(.authenticate(32), 1), (.hash(96), 1)]
        )
    }

    /// Sections 10.1 and 12.4.3: a Commit that adds `count` members at once, and their Welcome.
    static func add(count: Int, _ lengths: InputLengths) throws(SodiumError) -> Floor {
        try Floor(
            [
                // Each KeyPackage and its leaf, its name, and the secrets sealed to it. What these are bound to, the
                // encrypted GroupInfo, is the same for all and hashed once.
                (.verify(lengths.leaf), count), (.verify(lengths.leaf + 64), count),
                (.hash(lengths.leaf + 64), count),
                (.hpkeSeal(InputLengths.label, lengths.kem), count), (.hash(lengths.tree), 1),
                (.hash(lengths.leaf), count + 1), (.hash(lengths.parentTreeHash), count),
                (.sign(lengths.tree), 1), (.seal(lengths.tree), 1),
                (.sign(lengths.commit + lengths.context), 1), (.seal(lengths.commit), 1),
                (.deriveKeyPair(lengths.kem), 1), (.sign(lengths.leaf), 1),
            ]
                + senderDataSeal + ratchetStep + nextEpoch(lengths)
        )
    }

    // MARK: Parts

    /// Key, nonce, and the seal of who sent the message (section 6.3.2).
    private static let senderDataSeal: Steps = [(.expand(senderDataLabel), 2), (.seal(12), 1)]
    private static let senderDataOpen: Steps = [(.expand(senderDataLabel), 2), (.open(12), 1)]
    /// A label and a sample of the ciphertext.
    private static let senderDataLabel = InputLengths.label + 32

    /// Key, nonce and next secret.
    private static let ratchetStep: Steps = [(.expand(InputLengths.label), 3)]

    /// One way down the secret tree, both children at each level so that the parent can go, and two ratchets.
    private static func secretTree(_ depth: Int) -> Steps {
        [(.expand(InputLengths.label), 2 * depth + 2)]
    }

    /// For each parent its path secret, node secret and key pair; and the commit secret.
    private static func pathSecrets(_ count: Int, _ lengths: InputLengths) -> Steps {
        [(.expand(InputLengths.label), 2 * count), (.deriveKeyPair(lengths.kem), count)]
    }

    /// Parent hashes down, tree hashes up.
    private static func pathHashes(_ depth: Int, _ lengths: InputLengths) -> Steps {
        [
            (.hash(lengths.parentHash), depth), (.hash(lengths.parentTreeHash), depth),
            (.hash(lengths.leaf), 1),
        ]
    }

    /// Transcript hashes, key schedule, confirmation tag.
    private static func nextEpoch(_ lengths: InputLengths) -> Steps {
        [(.hash(lengths.commit), 1), (.hash(96), 1), (.extract, 1), (.expand(lengths.context), 1)]
            + epochSecrets(lengths) + [(.authenticate(32), 1)]
    }

    /// From the joiner secret: the member secret, the epoch secret, and the nine that it gives.
    private static func epochSecrets(_ lengths: InputLengths) -> Steps {
        [(.extract, 1), (.expand(lengths.context), 1), (.expand(InputLengths.label), 9)]
    }
}
