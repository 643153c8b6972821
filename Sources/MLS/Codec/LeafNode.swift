public import TLSCodec

/// `LeafNode` (RFC 9420, section 7.2): a member, as the others see it.
public struct LeafNode: Hashable, Sendable {
    public var encryptionKey: [UInt8]
    public var signatureKey: [UInt8]
    public var credential: Credential
    public var capabilities: Capabilities
    public var source: Source
    public var extensions: Extensions
    public var signature: [UInt8]

    /// `LeafNodeSource` and what depends on it: how the leaf came into the tree.
    public enum Source: Hashable, Sendable {
        case keyPackage(Lifetime)
        case update
        case commit(parentHash: [UInt8])
    }

    /// What a leaf outside a KeyPackage is signed for: one place in one group.
    struct Place: Hashable, Sendable {
        let groupID: [UInt8]
        let leaf: LeafIndex
    }

    init(
        encryptionKey: [UInt8],
        signatureKey: [UInt8],
        credential: Credential,
        capabilities: Capabilities,
        source: Source,
        extensions: Extensions
    ) {
        self.encryptionKey = encryptionKey
        self.signatureKey = signatureKey
        self.credential = credential
        self.capabilities = capabilities
        self.source = source
        self.extensions = extensions
        signature = []
    }

    private func encodeUnsigned(to writer: inout Writer) {
        writer.writeVector(encryptionKey)
        writer.writeVector(signatureKey)
        writer.write(credential)
        writer.write(capabilities)
        switch source {
        case .keyPackage(let lifetime):
            writer.write(UInt8(1))
            writer.write(lifetime)
        case .update:
            writer.write(UInt8(2))
        case .commit(let parentHash):
            writer.write(UInt8(3))
            writer.writeVector(parentHash)
        }
        writer.write(extensions)
    }

    /// `LeafNodeTBS`. A KeyPackage's leaf is not bound to a place.
    func toBeSigned(at place: Place) -> [UInt8] {
        var writer = Writer(capacity: 512)
        encodeUnsigned(to: &writer)
        if case .keyPackage = source { return writer.bytes }
        writer.writeVector(place.groupID)
        writer.write(place.leaf)
        return writer.bytes
    }

    /// `LeafNodeTBS` of a leaf in a KeyPackage.
    func toBeSignedInKeyPackage() -> [UInt8] {
        var writer = Writer(capacity: 512)
        encodeUnsigned(to: &writer)
        return writer.bytes
    }
}

extension LeafNode: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        encryptionKey = try reader.readVector()
        signatureKey = try reader.readVector()
        credential = try reader.read()
        capabilities = try reader.read()
        switch try reader.readUInt8() {
        case 1: source = .keyPackage(try reader.read())
        case 2: source = .update
        case 3: source = .commit(parentHash: try reader.readVector())
        default: throw .invalid("leaf node source")
        }
        extensions = try reader.read()
        signature = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        encodeUnsigned(to: &writer)
        writer.writeVector(signature)
    }
}
