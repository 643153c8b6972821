import Sodium
import TLSCodec

@testable import MLS

/// A member that signs, tags and encrypts with its real keys whatever the script says.
struct Forger {
    let world: LiveGroup
    let device: Device

    private var crypto: Crypto { device.group.crypto }
    private var leaf: LeafIndex { device.group.ownLeaf }
    private var place: LeafNode.Place { LeafNode.Place(groupID: device.group.context.groupID, leaf: leaf) }

    // MARK: Proposals

    func proposal(_ script: inout Script) -> Proposal {
        switch script.choice(of: 8) {
        case 0: return .add(keyPackage(&script))
        case 1: return .remove(leafIndex(&script))
        case 2: return .preSharedKey(preSharedKey(&script))
        case 3: return .groupContextExtensions(contextExtensions(&script))
        case 4: return .update(update(&script))
        case 5: return .reInit(reInit(&script))
        case 6:
            let external = must { try crypto.deriveKeyPair(device.group.epoch.secrets.external.secret) }
            var kemOutput = ExternalInit(to: external.publicKey, crypto)?.kemOutput ?? []
            script.spoiling { kemOutput.spoil(&$0) }
            return .externalInit(kemOutput: kemOutput)
        default:
            return (try? Proposal(decoding: script.bytes(atMost: 255))) ?? .remove(LeafIndex(1))
        }
    }

    private func leafIndex(_ script: inout Script) -> LeafIndex {
        script.choice(of: [0, 1, 2, 3, 4, 5, 1 << 20, 1 << 31, .max].map { LeafIndex($0) })
    }

    private func keyPackage(_ script: inout Script) -> KeyPackage {
        let newcomer = script.choice(of: world.newcomers)
        var keyPackage = newcomer.keyPackage
        guard script.seldom() else { return keyPackage }
        spoil(&keyPackage, signedBy: newcomer.signer, &script)
        return keyPackage
    }

    /// Whatever the script makes of a KeyPackage, signed anew.
    func spoil(_ keyPackage: inout KeyPackage, signedBy signer: Device.Signer, _ script: inout Script) {
        script.spoiling { spoilContents(of: &keyPackage.leafNode, &$0) }
        keyPackage.leafNode.signature = crypto.sign(
            keyPackage.leafNode.toBeSignedInKeyPackage(),
            label: .leafNode,
            with: signer.key
        )
        script.spoiling { script in
            switch script.choice(of: 6) {
            case 0: keyPackage.version = ProtocolVersion(rawValue: UInt16(script.byte()))
            case 1: keyPackage.cipherSuite = cipherSuite(&script)
            case 2: keyPackage.initKey = key(&script)
            case 3: keyPackage.initKey = keyPackage.leafNode.encryptionKey
            case 4: keyPackage.extensions.elements.append(`extension`(&script))
            default: keyPackage.leafNode.signature.spoil(&script)
            }
        }
        keyPackage.signature = crypto.sign(keyPackage.toBeSigned(), label: .keyPackage, with: signer.key)
        if script.seldom() { keyPackage.signature.spoil(&script) }
    }

    private func preSharedKey(_ script: inout Script) -> PreSharedKeyID {
        var nonce = Random.bytes(crypto.hashLength)
        let source: PreSharedKeyID.Source
        switch script.choice(of: 6) {
        case 0: source = .external(id: LiveGroup.PSK.shared)
        case 1: source = .external(id: LiveGroup.PSK.ofTheFirst)
        case 2: source = .external(id: LiveGroup.PSK.unknown)
        case 3: source = world.past.source(usage(&script))
        default:
            let epoch = device.group.context.epoch &- UInt64(script.choice(of: 3))
            source = .resumption(usage: usage(&script), groupID: place.groupID, epoch: epoch)
        }
        if script.seldom() { nonce.spoil(&script) }
        return PreSharedKeyID(source: source, nonce: nonce)
    }

    private func usage(_ script: inout Script) -> PreSharedKeyID.ResumptionUsage {
        script.choice(of: [.application, .application, .reInit, .branch])
    }

    func contextExtensions(_ script: inout Script) -> Extensions {
        var extensions = device.group.context.extensions
        script.spoiling { script in
            if script.seldom() {
                extensions.elements.spoil(&script)
            } else {
                extensions.elements.append(`extension`(&script))
            }
        }
        return extensions
    }

    private func `extension`(_ script: inout Script) -> Extension {
        let type = ExtensionType(rawValue: script.choice(of: [0xff01, 3, 5, 0xff02, 1, 2, 4, 0xff03, 0]))
        switch (type, script.choice(of: 3)) {
        case (.requiredCapabilities, 0):
            return .requiredCapabilities(
                RequiredCapabilities(
                    extensions: [ExtensionType(rawValue: script.choice(of: [0xff01, 0xff03]))],
                    proposals: [ProposalType(rawValue: script.choice(of: [1, 9]))],
                    credentials: [script.choice(of: [.basic, .x509])]
                )
            )
        case (.externalSenders, 0): return .externalSenders([])
        default: return Extension(type: type, data: script.bytes(atMost: 16))
        }
    }

    private func reInit(_ script: inout Script) -> ReInit {
        ReInit(
            groupID: Array("successor".utf8),
            version: ProtocolVersion(rawValue: UInt16(script.choice(of: [1, 0, 2]))),
            cipherSuite: cipherSuite(&script),
            extensions: contextExtensions(&script)
        )
    }

    private func cipherSuite(_ script: inout Script) -> CipherSuite {
        CipherSuite(rawValue: script.choice(of: [world.suite.rawValue, 0x0003, 0xf04d, 0x0001, 0]))
    }

    // MARK: Leaves

    /// An Update whose private key nobody has.
    private func update(_ script: inout Script) -> LeafNode {
        guard var leaf = device.group.tree[leaf] else { fatalError("a group without this member") }
        leaf.encryptionKey = must { try crypto.generateKeyPair() }.publicKey
        leaf.source = .update
        spoilAndSign(&leaf, &script)
        return leaf
    }

    /// Whatever the script makes of a leaf of this member's, signed anew.
    private func spoilAndSign(_ leaf: inout LeafNode, _ script: inout Script) {
        script.spoiling { spoilContents(of: &leaf, &$0) }
        leaf.sign(at: place, with: device.signer.key, crypto)
        if script.seldom() { leaf.signature.spoil(&script) }
    }

    func spoilContents(of leaf: inout LeafNode, _ script: inout Script) {
        switch script.choice(of: 9) {
        case 0: leaf.encryptionKey = key(&script)
        case 1: leaf.signatureKey = key(&script)
        case 2: leaf.credential = .basic(identity: script.bytes(atMost: 8))
        case 3: leaf.credential = .x509(certificates: [script.bytes(atMost: 8)])
        case 4: leaf.capabilities.extensions.spoil(&script)
        case 5: leaf.capabilities.credentials = script.choice(of: [[], [.x509], [.basic, .x509]])
        case 6: leaf.extensions.elements.append(`extension`(&script))
        case 7: leaf.source = source(&script)
        default: leaf.capabilities.cipherSuites.spoil(&script)
        }
    }

    private func source(_ script: inout Script) -> LeafNode.Source {
        switch script.choice(of: 3) {
        case 0: .update
        case 1: .keyPackage(Lifetime(notBefore: UInt64(script.byte()), notAfter: UInt64(script.byte())))
        default: .commit(parentHash: script.bytes(atMost: 32))
        }
    }

    /// A public key from somewhere else, or none.
    func key(_ script: inout Script) -> [UInt8] {
        let tree = device.group.tree
        switch script.choice(of: 5) {
        case 0:
            let node = NodeIndex(UInt32(script.choice(of: tree.leafCount.nodeCount)))
            return tree[node]?.encryptionKey ?? []
        case 1: return tree[LeafIndex(UInt32(script.choice(of: Int(tree.leafCount.value))))]?.signatureKey ?? []
        case 2: return script.choice(of: world.newcomers).keyPackage.initKey
        case 3: return [UInt8](repeating: 0, count: world.newcomers[0].keyPackage.initKey.count)
        default: return script.bytes(atMost: 33)
        }
    }

    // MARK: Commits

    /// A Commit of any proposals, and the commit secret of its path.
    func commit(_ script: inout Script) -> (Commit, HeldSecret?) {
        var committed: [CommittedProposal] = []
        var proposals: [ProposalOrRef] = []
        for entry in device.group.epoch.pendingProposals.entries where !script.seldom() {
            committed.append(CommittedProposal(proposal: entry.proposal, sender: entry.sender, isByReference: true))
            proposals.append(.reference(entry.reference))
        }
        for _ in 0..<script.choice(of: 4) {
            let proposal = proposal(&script)
            committed.append(CommittedProposal(proposal: proposal, sender: .member(leaf), isByReference: false))
            proposals.append(.proposal(proposal))
        }
        if script.seldom() { proposals.append(.reference(ProposalRef(bytes: script.bytes(atMost: 32)))) }
        if script.seldom() { proposals.spoil(&script) }
        guard !script.seldom(), let path = path(with: committed, &script) else {
            return (Commit(proposals: proposals, path: nil), nil)
        }
        return (Commit(proposals: proposals, path: path.path), path.commitSecret)
    }

    /// The path of a Commit with these proposals, or of one with none where they cannot stand; spoilt, and its leaf
    /// signed anew.
    private func path(
        with proposals: [CommittedProposal],
        _ script: inout Script
    ) -> (path: UpdatePath, commitSecret: HeldSecret)? {
        let context = device.group.context
        func applied(_ proposals: [CommittedProposal]) throws(MLSError) -> AppliedProposals {
            try ProposalList(judging: proposals, by: .member(leaf), in: context, at: nil, crypto)
                .apply(to: device.group.tree, context)
        }
        guard let old = device.group.tree[leaf], var applied = (try? applied(proposals)) ?? (try? applied([])),
            let own = try? OwnPath(in: &applied.tree, place: place, old: old, LeafChanges(), device.signer.key, crypto)
        else { return nil }
        var next = context
        next.epoch += 1
        next.treeHash = applied.tree.treeHash(crypto)
        next.extensions = applied.extensions
        guard
            let path = try? own.updatePath(
                in: applied.tree,
                excluding: applied.newLeaves,
                context: next.encoded,
                crypto
            )
        else { return nil }
        var leafNode = path.leafNode
        var nodes = path.nodes
        if script.seldom() {
            spoilAndSign(&leafNode, &script)
            script.spoiling { nodes.spoil(&$0) }
            script.spoiling { spoilNode(in: &nodes, &$0) }
        }
        return (UpdatePath(leafNode: leafNode, nodes: nodes), own.secrets.commitSecret)
    }

    func spoilNode(in nodes: inout [UpdatePathNode], _ script: inout Script) {
        guard !nodes.isEmpty else { return }
        let position = script.choice(of: nodes.count)
        let node = nodes[position]
        var sealed = node.encryptedPathSecret
        var encryptionKey = node.encryptionKey
        switch script.choice(of: 3) {
        case 0: encryptionKey = key(&script)
        case 1: sealed.spoil(&script)
        default:
            guard let first = sealed.popLast() else { break }
            var (kemOutput, ciphertext) = (first.kemOutput, first.ciphertext)
            if script.seldom() { kemOutput.spoil(&script) } else { ciphertext.spoil(&script) }
            sealed.append(HPKECiphertext(kemOutput: kemOutput, ciphertext: ciphertext))
        }
        nodes[position] = UpdatePathNode(encryptionKey: encryptionKey, encryptedPathSecret: sealed)
    }

    // MARK: Framing

    /// What the content becomes in a message, authentic as this member's. A Commit's confirmation tag is one zero.
    func framed(_ content: Content, asPrivateMessage isPrivate: Bool, _ script: inout Script) -> Framed {
        let framed = device.group.epoch.framed(content, authenticatedData: script.bytes(atMost: 4))
        let wireFormat: WireFormat = isPrivate ? .privateMessage : .publicMessage
        let signature = AuthenticatedContent.signature(
            of: framed,
            wireFormat,
            context: device.group.epoch.encodedContext,
            with: device.signer.key,
            crypto
        )
        let authenticated = AuthenticatedContent(
            wireFormat: wireFormat,
            content: framed,
            auth: FramedContentAuthData(signature: signature, confirmationTag: content.type == .commit ? [0] : nil)
        )
        let framing: HandshakeFraming =
            isPrivate ? .privateMessage(.toMultiple(of: 1 << script.choice(of: 9))) : .publicMessage
        guard let message = try? device.group.epoch.frame(authenticated, framing) else {
            fatalError("the sender has no key")
        }
        return Framed(message: message, content: authenticated)
    }

    struct Framed {
        let message: MLSMessage
        let content: AuthenticatedContent
    }

    /// The confirmation tag that a Commit of this member's should have had, where its keys are known.
    func confirmationTag(of verified: VerifiedCommit, _ commitSecret: HeldSecret?) -> [UInt8]? {
        let changes = verified.changes
        guard
            let pskSecret = try? device.group.epoch.with(device.preSharedKeys)
                .secret(for: changes.preSharedKeys, crypto)
        else { return nil }
        let context = changes.context.encoded
        let joinerSecret = KeySchedule.joinerSecret(
            initSecret: (verified.externalInitSecret ?? device.group.epoch.secrets.initSecret).secret,
            commitSecret: (commitSecret ?? HeldSecret(crypto.zeroSecret)).secret,
            context: context,
            crypto
        )
        return KeySchedule.epochSecrets(joinerSecret: joinerSecret, pskSecret: pskSecret, context: context, crypto)
            .confirmationTag(changes.context.confirmedTranscriptHash, crypto)
    }
}
