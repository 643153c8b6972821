internal import TLSCodec

/// `ParentNode` (RFC 9420, section 7.1).
struct ParentNode: Hashable, Sendable, WireCodable {
    var encryptionKey: [UInt8]
    var parentHash: [UInt8]
    /// Ascending.
    var unmergedLeaves: [LeafIndex]

    init(encryptionKey: [UInt8], parentHash: [UInt8], unmergedLeaves: [LeafIndex] = []) {
        self.encryptionKey = encryptionKey
        self.parentHash = parentHash
        self.unmergedLeaves = unmergedLeaves
    }

    init(from reader: inout Reader) throws(CodecError) {
        encryptionKey = try reader.readVector()
        parentHash = try reader.readVector()
        unmergedLeaves = try reader.readVector()
    }

    func encode(to writer: inout Writer) {
        writer.writeVector(encryptionKey)
        writer.writeVector(parentHash)
        writer.writeVector(unmergedLeaves)
    }
}

/// `Node` (RFC 9420, section 12.4.3.3).
indirect enum Node: Hashable, Sendable, WireCodable {
    case leaf(LeafNode)
    case parent(ParentNode)

    init(from reader: inout Reader) throws(CodecError) {
        switch try reader.readUInt8() {
        case 1: self = .leaf(try reader.read())
        case 2: self = .parent(try reader.read())
        default: throw .invalid("node type")
        }
    }

    func encode(to writer: inout Writer) {
        switch self {
        case .leaf(let leaf):
            writer.write(UInt8(1))
            writer.write(leaf)
        case .parent(let parent):
            writer.write(UInt8(2))
            writer.write(parent)
        }
    }

    var encryptionKey: [UInt8] {
        switch self {
        case .leaf(let leaf): leaf.encryptionKey
        case .parent(let parent): parent.encryptionKey
        }
    }

    /// The parent hash that the node carries; a leaf that no path has set carries none.
    var parentHash: [UInt8]? {
        switch self {
        case .leaf(let leaf):
            if case .commit(let hash) = leaf.source { hash } else { nil }
        case .parent(let parent): parent.parentHash
        }
    }
}
