public import TLSCodec

/// `HPKECiphertext` (RFC 9420, section 7.6).
public struct HPKECiphertext: Hashable, Sendable, WireCodable {
    public let kemOutput: [UInt8]
    public let ciphertext: [UInt8]

    public init(kemOutput: [UInt8], ciphertext: [UInt8]) {
        self.kemOutput = kemOutput
        self.ciphertext = ciphertext
    }

    public init(from reader: inout Reader) throws(CodecError) {
        kemOutput = try reader.readVector()
        ciphertext = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(kemOutput)
        writer.writeVector(ciphertext)
    }
}

/// `UpdatePathNode` (RFC 9420, section 7.6).
public struct UpdatePathNode: Hashable, Sendable, WireCodable {
    public let encryptionKey: [UInt8]
    public let encryptedPathSecret: [HPKECiphertext]

    init(encryptionKey: [UInt8], encryptedPathSecret: [HPKECiphertext]) {
        self.encryptionKey = encryptionKey
        self.encryptedPathSecret = encryptedPathSecret
    }

    public init(from reader: inout Reader) throws(CodecError) {
        encryptionKey = try reader.readVector()
        encryptedPathSecret = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(encryptionKey)
        writer.writeVector(encryptedPathSecret)
    }
}

/// `UpdatePath` (RFC 9420, section 7.6): a committer's new leaf, and new keys from there to the root.
public struct UpdatePath: Hashable, Sendable, WireCodable {
    public let leafNode: LeafNode
    public let nodes: [UpdatePathNode]

    init(leafNode: LeafNode, nodes: [UpdatePathNode]) {
        self.leafNode = leafNode
        self.nodes = nodes
    }

    public init(from reader: inout Reader) throws(CodecError) {
        leafNode = try reader.read()
        nodes = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.write(leafNode)
        writer.writeVector(nodes)
    }
}
