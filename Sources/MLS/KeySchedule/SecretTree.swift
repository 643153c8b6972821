internal import Sodium
internal import TLSCodec

/// Which of a member's two ratchets (RFC 9420, section 9).
enum RatchetKind: UInt8, Sendable {
    case handshake = 0
    case application = 1

    var label: String {
        switch self {
        case .handshake: "handshake"
        case .application: "application"
        }
    }
}

/// The keys of all members' messages in one epoch (RFC 9420, section 9).
///
/// Secrets are derived down the tree when a member's first message asks for them, and each is gone as soon as its
/// children stand (section 9.2).
struct SecretTree: Sendable {
    private let leafCount: LeafCount
    /// Nodes whose children have not been derived.
    private var nodes: [NodeIndex: HeldSecret]
    private var ratchets: [LeafIndex: Pair] = [:]

    fileprivate struct Pair: Sendable {
        var handshake: ReceivingRatchet
        var application: ReceivingRatchet
    }

    init(encryptionSecret: HeldSecret, leafCount: LeafCount) {
        self.leafCount = leafCount
        nodes = [leafCount.root: encryptionSecret]
    }

    /// Takes this member's own ratchets out: what it sends, it cannot open.
    mutating func takeSendingRatchets(of leaf: LeafIndex, _ crypto: Crypto) throws(MLSError) -> SendingRatchets {
        guard let secret = takeSecret(of: leaf, crypto) else { throw .internalBug("own ratchets taken twice") }
        return SendingRatchets(
            handshake: HashRatchet(HeldSecret(crypto.derive(secret.secret, label: RatchetKind.handshake.label))),
            application: HashRatchet(HeldSecret(crypto.derive(secret.secret, label: RatchetKind.application.label)))
        )
    }

    /// A key, and its sender's ratchets as they stand when the key is gone.
    struct Step {
        let key: MessageKey
        fileprivate let leaf: LeafIndex
        fileprivate let pair: Pair
    }

    /// The key of a message. It is not gone before `take` gets the step, so that a forgery costs no keys.
    /// - Throws: `generationUnused`, `generationNotTooFar`, or `ownMessage` for this member's own leaf.
    mutating func step(
        _ leaf: LeafIndex,
        _ kind: RatchetKind,
        _ generation: UInt32,
        _ crypto: Crypto
    ) throws(MLSError) -> Step {
        var pair = try ratchets(of: leaf, crypto)
        let key =
            switch kind {
            case .handshake: try pair.handshake.take(generation, crypto)
            case .application: try pair.application.take(generation, crypto)
            }
        return Step(key: key, leaf: leaf, pair: pair)
    }

    mutating func take(_ step: Step) {
        ratchets[step.leaf] = step.pair
    }

    private mutating func ratchets(of leaf: LeafIndex, _ crypto: Crypto) throws(MLSError) -> Pair {
        if let known = ratchets[leaf] { return known }
        guard let secret = takeSecret(of: leaf, crypto) else { throw .misuse(.ownMessage) }
        let pair = Pair(
            handshake: ReceivingRatchet(HeldSecret(crypto.derive(secret.secret, label: RatchetKind.handshake.label))),
            application: ReceivingRatchet(
                HeldSecret(crypto.derive(secret.secret, label: RatchetKind.application.label))
            )
        )
        ratchets[leaf] = pair
        return pair
    }

    /// Derives down to a leaf, leaving the secrets beside the way.
    private mutating func takeSecret(of leaf: LeafIndex, _ crypto: Crypto) -> HeldSecret? {
        var way = [leaf.node]
        while nodes[way[way.count - 1]] == nil {
            guard way[way.count - 1] != leafCount.root else { return nil }
            way.append(way[way.count - 1].parent)
        }
        while let node = way.popLast(), let (left, right) = node.children, let secret = nodes.removeValue(forKey: node)
        {
            nodes[left] = Self.child(of: secret, "left", crypto)
            nodes[right] = Self.child(of: secret, "right", crypto)
        }
        return nodes.removeValue(forKey: leaf.node)
    }

    private static func child(of secret: HeldSecret, _ side: String, _ crypto: Crypto) -> HeldSecret {
        HeldSecret(crypto.expand(secret.secret, label: "tree", context: Array(side.utf8), count: crypto.hashLength))
    }
}

/// This member's own ratchets.
struct SendingRatchets: Sendable {
    private(set) var handshake: HashRatchet
    private var application: HashRatchet

    init(handshake: HashRatchet, application: HashRatchet) {
        self.handshake = handshake
        self.application = application
    }

    /// - Throws: `ratchetExhausted`.
    mutating func next(_ kind: RatchetKind, _ crypto: Crypto) throws(MLSError) -> MessageKey {
        let key =
            switch kind {
            case .handshake: handshake.next(crypto)
            case .application: application.next(crypto)
            }
        guard let key else { throw .misuse(.ratchetExhausted) }
        return key
    }
}

// MARK: - Serialisation

extension SendingRatchets {
    func write(to writer: inout SecretWriter) {
        handshake.write(to: &writer)
        application.write(to: &writer)
    }

    init(from reader: inout SecretReader) throws(CodecError) {
        handshake = try HashRatchet(from: &reader)
        application = try HashRatchet(from: &reader)
    }
}

extension SecretTree {
    func write(to writer: inout SecretWriter) {
        writer.write(leafCount.value)
        writer.write(UInt32(nodes.count))
        for (node, secret) in nodes {
            writer.write(node.value)
            writer.writeSecret(secret)
        }
        writer.write(UInt32(ratchets.count))
        for (leaf, pair) in ratchets {
            writer.write(leaf.value)
            pair.handshake.write(to: &writer)
            pair.application.write(to: &writer)
        }
    }

    init(from reader: inout SecretReader) throws(CodecError) {
        guard let count = LeafCount(holding: Int(try reader.readUInt32())) else { throw .tooLong }
        leafCount = count
        nodes = [:]
        for _ in 0..<(try reader.readUInt32()) {
            nodes[NodeIndex(try reader.readUInt32())] = HeldSecret(try reader.readSecret())
        }
        for _ in 0..<(try reader.readUInt32()) {
            ratchets[LeafIndex(try reader.readUInt32())] = Pair(
                handshake: try ReceivingRatchet(from: &reader),
                application: try ReceivingRatchet(from: &reader)
            )
        }
    }
}
