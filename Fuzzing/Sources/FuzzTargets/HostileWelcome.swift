import Sodium
import TLSCodec

@testable import MLS

/// An invitation as a script spoils it, and what becomes of who takes it.
struct HostileWelcome {
    private let genuine: GenuineInvitation
    private var script: Script
    private let crypto: Crypto
    private var isSpoilt = false
    /// Whether who joins also commits: that takes as long as joining.
    private let goesOn: Bool

    init(_ input: [UInt8]) {
        script = Script(input)
        goesOn = pays(input, oneIn: 4)
        genuine = GenuineInvitation.chosen(by: &script)
        guard let crypto = Crypto(genuine.world.suite) else { fatalError("a suite that is none") }
        self.crypto = crypto
    }

    private var forger: Forger { Forger(world: genuine.world, device: genuine.world.members[0]) }

    mutating func run() {
        KnownRandomness.begin(0)
        switch script.choice(of: 8) {
        case 0, 1, 2, 3: welcome()
        case 4: externalCommit()
        case 5: keyPackage()
        default: raw()
        }
    }

    // MARK: What is spoilt

    private mutating func welcome() {
        var (context, tree, signer) = (genuine.info.groupContext, genuine.tree, genuine.info.signer)
        var ids = genuine.preSharedKeyIDs
        var pathSecret = genuine.pathSecret
        for _ in 0..<script.choice(of: 4) {
            isSpoilt = true
            switch script.choice(of: 6) {
            case 0: context = spoilt(context)
            case 1, 2: tree = spoilt(tree)
            case 3: signer = LeafIndex(script.choice(of: [0, 1, 2, 3, 4, .max]))
            case 4: ids.spoil(&script)
            default:
                pathSecret = script.choice(of: [nil, HeldSecret(.random(count: 32)), HeldSecret(Secret(copying: []))])
            }
        }
        if !script.seldom() { context.treeHash = tree.treeHash(crypto) }
        let isTreeInside = !script.seldom()
        guard let info = signed(context, isTreeInside ? tree : nil, signer: signer, ids),
            let welcome = sealed(info, ids, pathSecret)
        else { return }
        join(welcome, isTreeInside ? nil : tree)
    }

    private mutating func spoilt(_ context: GroupContext) -> GroupContext {
        var changed = GroupContext(
            cipherSuite: CipherSuite(rawValue: script.choice(of: [context.cipherSuite.rawValue, 0x0003, 0xf04d, 1])),
            groupID: script.seldom() ? script.bytes(atMost: 16) : context.groupID,
            epoch: script.choice(of: [context.epoch, .max, .max - 1, 0, 1]),
            treeHash: context.treeHash,
            confirmedTranscriptHash: script.seldom() ? script.bytes(atMost: 33) : context.confirmedTranscriptHash,
            extensions: context.extensions
        )
        if script.seldom() { changed.extensions = forger.contextExtensions(&script) }
        return changed
    }

    /// Changes a node of the tree; a leaf is signed anew.
    private mutating func spoilt(_ tree: RatchetTree) -> RatchetTree {
        var nodes = (0..<UInt32(tree.leafCount.nodeCount)).map { tree[NodeIndex($0)] }
        let index = script.choice(of: nodes.count)
        switch (script.choice(of: 5), nodes[index]) {
        case (0, _): nodes[index] = nil
        case (1, _): nodes[index] = script.choice(of: nodes)
        case (2, _): nodes.append(script.choice(of: nodes))
        case (_, .leaf(var leaf)):
            let place = LeafIndex(UInt32(index / 2))
            let forger = forger
            script.spoiling { forger.spoilContents(of: &leaf, &$0) }
            if let signer = genuine.signers[place], !script.seldom() {
                leaf.sign(
                    at: LeafNode.Place(groupID: genuine.info.groupContext.groupID, leaf: place),
                    with: signer.key,
                    crypto
                )
            }
            nodes[index] = .leaf(leaf)
        case (_, .parent(var parent)):
            switch script.choice(of: 3) {
            case 0: parent.encryptionKey = forger.key(&script)
            case 1: parent.parentHash.spoil(&script)
            default:
                if script.seldom() { parent.unmergedLeaves.spoil(&script) }
                parent.unmergedLeaves.append(LeafIndex(script.choice(of: [0, 1, 2, 3, 4, 1 << 31])))
                if script.byte() & 1 == 0 { parent.unmergedLeaves.sort() }
            }
            nodes[index] = .parent(parent)
        case (_, nil): nodes[index] = .parent(ParentNode(encryptionKey: forger.key(&script), parentHash: []))
        }
        while let last = nodes.last, last == nil { nodes.removeLast() }
        var writer = Writer()
        writer.writeVector { writer in for node in nodes { writer.writeOptional(node) } }
        return (try? RatchetTree(decoding: writer.bytes)) ?? tree
    }

    // MARK: What makes it authentic again

    private func epochSecrets(_ context: GroupContext, _ ids: [PreSharedKeyID]) -> NewEpochSecrets? {
        guard let pskSecret = try? genuine.preSharedKeys.secret(for: ids, crypto) else { return nil }
        return KeySchedule.epochSecrets(
            joinerSecret: genuine.joinerSecret.secret,
            pskSecret: pskSecret,
            context: context.encoded,
            crypto
        )
    }

    private mutating func signed(
        _ context: GroupContext,
        _ tree: RatchetTree?,
        signer: LeafIndex,
        _ ids: [PreSharedKeyID]
    ) -> GroupInfo? {
        guard let secrets = epochSecrets(context, ids) else { return nil }
        var extensions = genuine.info.extensions
        extensions.elements.removeAll { $0.type == .ratchetTree }
        if let tree { extensions.set(Extension(type: .ratchetTree, data: tree.encoded)) }
        extensions.set(.externalPublic(genuine.externalKey))
        if script.seldom() {
            isSpoilt = true
            extensions.elements.spoil(&script)
        }
        var tag = secrets.confirmationTag(context.confirmedTranscriptHash, crypto)
        if script.seldom() {
            isSpoilt = true
            tag.spoil(&script)
        }
        var info = GroupInfo(groupContext: context, extensions: extensions, confirmationTag: tag, signer: signer)
        guard let key = genuine.signers[signer] ?? genuine.signers[LeafIndex(0)] else { return nil }
        info.signature = crypto.sign(info.toBeSigned(), label: .groupInfo, with: key.key)
        if script.seldom() {
            isSpoilt = true
            info.signature.spoil(&script)
        }
        return info
    }

    private mutating func sealed(_ info: GroupInfo, _ ids: [PreSharedKeyID], _ pathSecret: HeldSecret?) -> Welcome? {
        guard let pskSecret = try? genuine.preSharedKeys.secret(for: ids, crypto) else { return nil }
        let secret = KeySchedule.welcomeSecret(
            joinerSecret: genuine.joinerSecret.secret,
            pskSecret: pskSecret,
            crypto
        )
        let sealed = crypto.seal(
            info.encoded,
            key: crypto.expand(secret, label: "key", context: [], count: crypto.keyLength),
            nonce: crypto.expand(secret, label: "nonce", context: [], count: crypto.nonceLength).exposed(),
            authenticatedData: []
        )
        let groupSecrets = GroupSecrets(
            joinerSecret: genuine.joinerSecret.secret.copy(),
            pathSecret: pathSecret,
            preSharedKeys: ids
        )
        guard
            let encrypted = crypto.encryptor(label: "Welcome", context: sealed)
                .encrypt(groupSecrets.encoded(), to: genuine.invitee.keyPackage.initKey)
        else { fatalError("the invitee's key is none") }
        var secrets = [
            EncryptedGroupSecrets(
                newMember: crypto.reference(to: genuine.invitee.keyPackage),
                encryptedGroupSecrets: encrypted
            )
        ]
        if script.seldom() {
            isSpoilt = true
            secrets.spoil(&script)
        }
        return Welcome(cipherSuite: crypto.suite, secrets: secrets, encryptedGroupInfo: sealed)
    }

    // MARK: What becomes of it

    /// Whoever joins can go on: send, and, of one in four inputs, commit. What nobody has spoilt is joined.
    private func join(_ welcome: Welcome, _ tree: RatchetTree?) {
        do throws(MLSError) {
            let joined = try genuine.invitee.join(welcome, genuine.preSharedKeys, tree: tree)
            _ = try joined.group.protect([1], signatureKey: joined.signer.key)
            if goesOn {
                let pending = try joined.group.commit(signatureKey: joined.signer.key)
                try joined.group.merge(pending.takeStaged())
            }
            Tally.countTaken()
        } catch {
            Tally.count(error)
            promise(isSpoilt, "a good invitation is refused: \(error)")
        }
    }

    /// The same for one who joins by an external Commit.
    private mutating func externalCommit() {
        var (context, tree) = (genuine.info.groupContext, genuine.tree)
        for _ in 0..<script.choice(of: 3) {
            isSpoilt = true
            if script.byte() & 1 == 0 { context = spoilt(context) } else { tree = spoilt(tree) }
        }
        context.treeHash = tree.treeHash(crypto)
        guard let info = signed(context, tree, signer: genuine.info.signer, genuine.preSharedKeyIDs) else { return }
        let joiner = genuine.world.newcomers[2]
        let leaf = joiner.keyPackage.leafNode
        do throws(MLSError) {
            var group = try ExternalJoin(info)
                .commit(
                    as: ExternalJoin.Joiner(credential: leaf.credential, capabilities: leaf.capabilities),
                    signatureKey: joiner.signer.key
                )
                .accept()
            _ = try group.protect([1], signatureKey: joiner.signer.key)
            Tally.countTaken()
        } catch {
            Tally.count(error)
            promise(isSpoilt, "a good GroupInfo is refused: \(error)")
        }
    }

    /// What passes as a KeyPackage can be added, or the member who tries is told why not.
    private mutating func keyPackage() {
        var keyPackage = genuine.invitee.keyPackage
        forger.spoil(&keyPackage, signedBy: genuine.invitee.signer, &script)
        let member = genuine.world.members[0].copy()
        do throws(MLSError) {
            try keyPackage.validate(at: script.choice(of: [nil, 1]))
            _ = try member.group.commit([.add(keyPackage)], signatureKey: member.signer.key).message
            Tally.countTaken()
        } catch {
            Tally.count(error)
        }
    }

    /// Bytes as they come.
    private mutating func raw() {
        let form = script.choice(of: 5)
        isSpoilt = true
        let bytes = script.rest()
        let (context, ids) = (genuine.info.groupContext, genuine.preSharedKeyIDs)
        switch form {
        case 0:
            if let welcome = try? Welcome(decoding: bytes) { join(welcome, nil) }
        case 1:
            guard let info = try? GroupInfo(decoding: bytes),
                let signed = signed(info.groupContext, genuine.tree, signer: info.signer, ids),
                let welcome = sealed(signed, ids, genuine.pathSecret)
            else { return }
            join(welcome, nil)
        case 2:
            guard var tree = try? RatchetTree(decoding: bytes) else { return }
            var context = context
            context.treeHash = tree.treeHash(crypto)
            guard let info = signed(context, tree, signer: genuine.info.signer, ids),
                let welcome = sealed(info, ids, genuine.pathSecret)
            else { return }
            join(welcome, nil)
        case 3:
            if let keyPackage = try? KeyPackage(decoding: bytes) { try? keyPackage.validate(at: 1) }
        default:
            guard let info = try? GroupInfo(decoding: bytes) else { return }
            _ = try? ExternalJoin(info)
        }
    }
}
