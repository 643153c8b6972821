public import Sodium
internal import TLSCodec

/// A member's view of a group in its present epoch (RFC 9420).
///
///     bytes ─ MLSMessage ─ open ─┬─ ApplicationMessage
///                                ├─ ReceivedProposal
///                                └─ VerifiedCommit ─ stage ─┐
///                                                           ├─ StagedCommit ─ merge ─▶ the next epoch
///     proposals ─ commit ─ PendingCommit ───────────────────┘
///
/// No Commit changes the group before it is merged, and the order of the steps is a matter of types. A group is used
/// by one caller at a time.
///
/// It is kept in four parts, so that each step writes little:
///
/// | Part                    | changed by                              |
/// |-------------------------|-----------------------------------------|
/// | `serializedTree()`      | `merge`                                 |
/// | `serializedEpoch()`     | `merge`, `propose`, opening a proposal  |
/// | `serializedReceiving()` | `merge`, opening anything               |
/// | `serializedSending()`   | `merge`, `protect`, `commit`, `propose` |
public struct Group: ~Copyable, Sendable {
    public internal(set) var epoch: Epoch
    public internal(set) var tree: RatchetTree
    var receiving: SecretTree

    public var context: GroupContext { epoch.context }

    public var ownLeaf: LeafIndex { epoch.ownLeaf }

    public var epochAuthenticator: [UInt8] { epoch.epochAuthenticator }

    /// What this group goes on as, when the last Commit has ended it (RFC 9420, section 11.2).
    public var reInit: ReInit? { epoch.reInit }

    var crypto: Crypto { epoch.crypto }

    init(epoch: consuming Epoch, tree: RatchetTree, receiving: SecretTree) {
        self.epoch = epoch
        self.tree = tree
        self.receiving = receiving
    }

    /// An epoch at its beginning.
    init(
        _ crypto: Crypto,
        context: GroupContext,
        tree: RatchetTree,
        secrets: borrowing NewEpochSecrets,
        confirmationTag: [UInt8],
        reInit: ReInit? = nil,
        privateKeys: PrivateKeys
    ) throws(MLSError) {
        guard let ownLeaf = tree[privateKeys.leaf] else { throw .internalBug("an epoch without this member") }
        var receiving = SecretTree(encryptionSecret: secrets.encryptionSecret, leafCount: tree.leafCount)
        let sending = try receiving.takeSendingRatchets(of: privateKeys.leaf, crypto)
        let epoch = Epoch(
            crypto,
            context: context,
            ownSignatureKey: ownLeaf.signatureKey,
            confirmationTag: confirmationTag,
            reInit: reInit,
            secrets: secrets.kept,
            privateKeys: privateKeys,
            sending: sending
        )
        self.init(epoch: epoch, tree: tree, receiving: receiving)
    }

    /// A new group with one member (RFC 9420, section 11).
    /// - Parameters:
    ///   - groupID: unique, the application's choice.
    ///   - bundle: gives the member's leaf and its key.
    ///   - extensions: of the GroupContext.
    /// - Throws: `unsupportedCipherSuite`, or `invalid` when the leaf does not support the extensions.
    public init(
        creating groupID: [UInt8],
        with bundle: consuming KeyPackageBundle,
        extensions: Extensions = []
    ) throws(MLSError) {
        let keyPackage = bundle.keyPackage
        guard let crypto = Crypto(keyPackage.cipherSuite) else { throw .misuse(.unsupportedCipherSuite) }
        var tree = RatchetTree()
        try tree.buildIndex()
        let leaf = try tree.add(keyPackage.leafNode)
        try tree.validateSupport(for: extensions)
        let context = GroupContext(
            cipherSuite: keyPackage.cipherSuite,
            groupID: groupID,
            epoch: 0,
            treeHash: tree.treeHash(crypto),
            confirmedTranscriptHash: [],
            extensions: extensions
        )
        let secrets = NewEpochSecrets(epochSecret: .random(count: crypto.hashLength), crypto)
        try self.init(
            crypto,
            context: context,
            tree: tree,
            secrets: secrets,
            confirmationTag: secrets.confirmationTag([], crypto),
            privateKeys: PrivateKeys(leaf: leaf, key: bundle.encryptionKey)
        )
    }

    /// See `Epoch.protect`.
    public mutating func protect(
        _ data: [UInt8],
        authenticatedData: [UInt8] = [],
        signatureKey: borrowing SignaturePrivateKey,
        padding: Padding = .none
    ) throws(MLSError) -> MLSMessage {
        try epoch.protect(data, authenticatedData: authenticatedData, signatureKey: signatureKey, padding: padding)
    }

    /// See `Epoch.export`.
    public borrowing func export(label: String, context: [UInt8], length: Int) throws(MLSError) -> Secret {
        try epoch.export(label: label, context: context, length: length)
    }

    /// Makes a staged epoch the present one. Everything secret of the old one is gone then, but for what the
    /// application has kept of it.
    /// - Throws: `staleCommit` when it was staged from another epoch than this one; nothing has changed then.
    public mutating func merge(_ staged: consuming StagedCommit) throws(MLSError) {
        guard staged.previousAuthenticator == epochAuthenticator else { throw .misuse(.staleCommit) }
        self = staged.next
    }
}

// MARK: - Serialisation

extension Group {
    /// The tree, which is not secret, though it names the members.
    public borrowing func serializedTree() -> [UInt8] { tree.encoded }

    public borrowing func serializedEpoch() -> Secret { epoch.serialized() }

    public borrowing func serializedSending() -> Secret { epoch.serializedSending() }

    /// The other members' ratchets. For keeping, sealed.
    public borrowing func serializedReceiving() -> Secret {
        var writer = SecretWriter()
        writer.write(.receiving)
        writer.write { $0.write(context.epoch) }
        receiving.write(to: &writer)
        return writer.finish()
    }

    /// The group from the four parts, all of one epoch.
    /// - Throws: `malformed`, `unsupportedCipherSuite`.
    public init(
        tree: [UInt8],
        epoch: borrowing Secret,
        receiving: borrowing Secret,
        sending: borrowing Secret
    ) throws(MLSError) {
        let epoch = try Epoch(epoch: epoch, sending: sending)
        let number = epoch.context.epoch
        let receiving = try wireForm { () throws(CodecError) in
            var reader = try SecretReader(receiving.copy(), of: .receiving)
            var written = Reader(try reader.readFixed(8))
            guard try written.readUInt64() == number else { throw .invalid("epoch of the receiving part") }
            let tree = try SecretTree(from: &reader)
            try reader.finish()
            return tree
        }
        // A member's own tree, however large it has become, can be read again.
        let tree = try RatchetTree(reading: Reader(tree, maximumVectors: .max))
        self.init(epoch: epoch, tree: tree, receiving: receiving)
    }
}
