import Sodium
import TLSCodec
import Testing

@testable import MLS

/// A member that breaks rules: it signs and tags properly whatever it is told to.
struct Forger {
    let member: Member

    var crypto: Crypto { member.group.crypto }
    var place: LeafNode.Place {
        LeafNode.Place(groupID: member.group.context.groupID, leaf: member.group.ownLeaf)
    }

    /// A PublicMessage with this content.
    func publicMessage(
        _ content: Content,
        sender: Sender? = nil,
        confirmationTag: [UInt8]? = nil,
        breakingSignature: Bool = false
    ) -> MLSMessage {
        let framed = FramedContent(
            groupID: place.groupID,
            epoch: member.group.context.epoch,
            sender: sender ?? .member(place.leaf),
            authenticatedData: [],
            content: content
        )
        var signature = AuthenticatedContent.signature(
            of: framed,
            .publicMessage,
            context: member.group.epoch.encodedContext,
            with: member.key,
            crypto
        )
        if breakingSignature { signature[0] ^= 1 }
        let signed = AuthenticatedContent(
            wireFormat: .publicMessage,
            content: framed,
            auth: FramedContentAuthData(
                signature: signature,
                confirmationTag: content.type == .commit ? confirmationTag ?? [0] : nil
            )
        )
        return .publicMessage(
            signed.publicMessage(
                membershipKey: member.group.epoch.secrets.membershipKey.secret,
                context: member.group.epoch.encodedContext,
                crypto
            )
        )
    }

    /// A Commit of these proposals, without a path.
    func commit(_ proposals: [Proposal]) -> MLSMessage {
        publicMessage(.commit(Commit(proposals: proposals.map { .proposal($0) }, path: nil)))
    }

    /// A good Commit with a path, as `change` alters it, signed again.
    /// - Parameter replacement: proposals to put in the place of `proposals`.
    func commit(
        _ proposals: [Proposal] = [],
        replacedBy replacement: [Proposal]? = nil,
        confirmationTag: [UInt8]? = nil,
        changingPath change: (inout Path) throws -> Void
    ) throws -> MLSMessage {
        var options = CommitOptions()
        options.framing = .publicMessage
        let pending = try member.group.commit(proposals, signatureKey: member.key, options: options)
        guard case .publicMessage(let message) = pending.message, case .commit(let commit) = message.content.content,
            let good = commit.path
        else { throw Member.UnexpectedContent() }
        var path = Path(leafNode: good.leafNode, nodes: good.nodes)
        try change(&path)
        path.leafNode.sign(at: place, with: member.key, crypto)
        let changed = Commit(
            proposals: replacement?.map { .proposal($0) } ?? commit.proposals,
            path: UpdatePath(leafNode: path.leafNode, nodes: path.nodes)
        )
        return publicMessage(.commit(changed), confirmationTag: confirmationTag ?? message.auth.confirmationTag)
    }

    struct Path {
        var leafNode: LeafNode
        var nodes: [UpdatePathNode]
    }

    /// An Update of this leaf, signed after `change`.
    func update(_ change: (inout LeafNode) -> Void) throws -> Proposal {
        var leaf = LeafChanges()
            .apply(
                to: try #require(member.group.tree[place.leaf]),
                encryptionKey: try crypto.generateKeyPair().publicKey,
                source: .update
            )
        change(&leaf)
        leaf.sign(at: place, with: member.key, crypto)
        return .update(leaf)
    }

    /// An Add of someone new, whose leaf and KeyPackage are signed after the changes.
    static func add(
        _ key: borrowing SignaturePrivateKey,
        changingLeaf changeLeaf: (inout LeafNode) -> Void = { _ in },
        changingKeyPackage changeKeyPackage: (inout KeyPackage) -> Void = { _ in },
        breakingLeafSignature: Bool = false
    ) throws -> KeyPackage {
        let crypto = try crypto3()
        var keyPackage = try Member.bundle("forged", key).keyPackage
        changeLeaf(&keyPackage.leafNode)
        keyPackage.leafNode.signature = crypto.sign(
            keyPackage.leafNode.toBeSignedInKeyPackage(),
            label: .leafNode,
            with: key
        )
        if breakingLeafSignature { keyPackage.leafNode.signature[0] ^= 1 }
        changeKeyPackage(&keyPackage)
        keyPackage.signature = crypto.sign(keyPackage.toBeSigned(), label: .keyPackage, with: key)
        return keyPackage
    }

    /// A PrivateMessage of application data from any leaf, with any padding, under the right sender data.
    func privateMessage(from leaf: LeafIndex, padding: [UInt8] = []) throws -> MLSMessage {
        let framed = member.group.epoch.framed(.application([1]), authenticatedData: [])
        let signed = try member.group.epoch.sign(framed, .privateMessage, with: member.key)
        let key = try member.group.epoch.sending.next(.application, crypto)
        var plaintext = Writer()
        signed.content.content.encode(to: &plaintext)
        signed.auth.encode(to: &plaintext)
        plaintext.writeFixed(padding)
        let good = signed.privateMessage(
            from: leaf,
            key: key,
            senderDataSecret: member.group.epoch.secrets.senderData.secret,
            padding: .none,
            crypto
        )
        guard !padding.isEmpty else { return .privateMessage(good) }
        let reuseGuard: [UInt8] = [1, 2, 3, 4]
        let ciphertext = crypto.seal(
            plaintext.bytes,
            key: key.key,
            nonce: key.nonce(guardedBy: reuseGuard),
            authenticatedData: good.contentAAD
        )
        let senderData = SenderData(leaf: leaf, generation: key.generation, reuseGuard: reuseGuard)
        return .privateMessage(
            good.replacing(
                ciphertext: ciphertext,
                senderData: senderData,
                secret: member.group.epoch.secrets.senderData.secret,
                crypto
            )
        )
    }
}

extension Party {
    /// Puts all into the last epoch that there is, as one can be who is invited into it.
    func enterLastEpoch() throws {
        let crypto = members[0].group.crypto
        let secrets = NewEpochSecrets(epochSecret: .random(count: crypto.hashLength), crypto)
        for member in members {
            var context = member.group.context
            context.epoch = .max
            member.group = try Group(
                crypto,
                context: context,
                tree: member.group.tree,
                secrets: secrets,
                confirmationTag: [],
                privateKeys: member.group.epoch.privateKeys
            )
        }
    }
}

extension PrivateMessage {
    fileprivate func replacing(
        ciphertext: [UInt8],
        senderData: SenderData,
        secret: borrowing Secret,
        _ crypto: Crypto
    ) -> PrivateMessage {
        let key = SenderDataKey(secret, ciphertext: ciphertext, crypto)
        return replacing(
            encryptedSenderData: crypto.seal(
                senderData.encoded,
                key: key.key,
                nonce: key.nonce,
                authenticatedData: SenderData.aad(groupID, epoch, contentType)
            ),
            ciphertext: ciphertext
        )
    }

    func replacing(encryptedSenderData: [UInt8]? = nil, ciphertext: [UInt8]? = nil) -> PrivateMessage {
        PrivateMessage(
            groupID: groupID,
            epoch: epoch,
            contentType: contentType,
            authenticatedData: authenticatedData,
            encryptedSenderData: encryptedSenderData ?? self.encryptedSenderData,
            ciphertext: ciphertext ?? self.ciphertext
        )
    }
}

/// A Welcome taken apart and put together again.
struct ForgedWelcome {
    let crypto: Crypto
    let welcome: Welcome
    let keyPackage: KeyPackage
    let serialized: HeldSecret

    /// A Welcome of `sender`'s to someone new.
    /// - Parameter proposals: what else the Commit holds.
    init(from sender: Member, beside proposals: [Proposal] = []) throws {
        crypto = try crypto3()
        let key = try SignaturePrivateKey(suite3)
        let bundle = try Member.bundle("newcomer", key)
        keyPackage = bundle.keyPackage
        serialized = HeldSecret(bundle.serialized())
        let pending = try sender.group.commit(proposals + [.add(keyPackage)], signatureKey: sender.key)
        let welcome = pending.welcome
        self.welcome = try #require(welcome)
    }

    /// - Parameter welcome: in the place of the good one.
    func join(_ welcome: Welcome? = nil, at time: UInt64? = nil) throws {
        let bundle = try KeyPackageBundle(serialized: serialized.secret)
        _ = try PendingJoin(welcome ?? self.welcome, keyPackage: bundle, at: time).ownLeaf
    }

    /// - Parameters:
    ///   - pathSecret: in the place of the right one.
    ///   - changeInfo: gives the GroupInfo's bytes.
    func rewritten(
        pathSecret: HeldSecret? = nil,
        preSharedKeys: [PreSharedKeyID] = [],
        breakingInfo: Bool = false,
        _ changeInfo: (GroupInfo) throws -> [UInt8] = { $0.encoded }
    ) throws -> Welcome {
        let bundle = try KeyPackageBundle(serialized: serialized.secret)
        let secrets = try welcome.groupSecrets(for: bundle, crypto)
        let zero = crypto.zeroSecret
        let welcomeSecret = KeySchedule.welcomeSecret(
            joinerSecret: secrets.joinerSecret,
            pskSecret: zero,
            crypto
        )
        let info = try changeInfo(try welcome.groupInfo(welcomeSecret: welcomeSecret, crypto))
        var sealed = crypto.seal(
            info,
            key: crypto.expand(welcomeSecret, label: "key", context: [], count: crypto.keyLength),
            nonce: crypto.expand(welcomeSecret, label: "nonce", context: [], count: crypto.nonceLength).exposed(),
            authenticatedData: []
        )
        if breakingInfo { sealed[0] ^= 1 }
        let changed = GroupSecrets(
            joinerSecret: secrets.joinerSecret.copy(),
            pathSecret: pathSecret ?? secrets.pathSecret,
            preSharedKeys: preSharedKeys
        )
        let encrypted = crypto.encryptor(label: "Welcome", context: sealed)
            .encrypt(changed.encoded(), to: keyPackage.initKey)
        return Welcome(
            cipherSuite: suite3,
            secrets: [
                EncryptedGroupSecrets(
                    newMember: crypto.reference(to: keyPackage),
                    encryptedGroupSecrets: try #require(encrypted)
                )
            ],
            encryptedGroupInfo: sealed
        )
    }
}

extension GroupInfo {
    /// The same with other parts, signed by `member`.
    func replacing(
        context: GroupContext? = nil,
        tree: RatchetTree? = nil,
        confirmationTag: [UInt8]? = nil,
        signer: LeafIndex? = nil,
        signedBy member: Member
    ) -> [UInt8] {
        var extensions = extensions
        if let tree { extensions.set(Extension(type: .ratchetTree, data: tree.encoded)) }
        var info = GroupInfo(
            groupContext: context ?? groupContext,
            extensions: extensions,
            confirmationTag: confirmationTag ?? self.confirmationTag,
            signer: signer ?? self.signer
        )
        info.signature = member.group.crypto.sign(info.toBeSigned(), label: .groupInfo, with: member.key)
        return info.encoded
    }
}

extension RatchetTree {
    /// The tree with one node changed, its hashes and keys not computed yet.
    func changing(_ node: UInt32, _ change: (inout Node?) -> Void) throws -> RatchetTree {
        var nodes = (0..<UInt32(leafCount.nodeCount)).map { self[NodeIndex($0)] }
        change(&nodes[Int(node)])
        while let last = nodes.last, last == nil { nodes.removeLast() }
        var writer = Writer()
        writer.writeVector { writer in
            for node in nodes { writer.writeOptional(node) }
        }
        return try RatchetTree(decoding: writer.bytes)
    }

    func changingParent(_ node: UInt32, _ change: (inout ParentNode) -> Void) throws -> RatchetTree {
        try changing(node) { node in
            guard case .parent(var parent) = node else { return }
            change(&parent)
            node = .parent(parent)
        }
    }
}
