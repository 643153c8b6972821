public import TLSCodec

/// `Proposal` (RFC 9420, section 12.1).
public enum Proposal: Hashable, Sendable {
    case add(KeyPackage)
    case update(LeafNode)
    case remove(LeafIndex)
    case preSharedKey(PreSharedKeyID)
    case reInit(ReInit)
    case externalInit(kemOutput: [UInt8])
    case groupContextExtensions(Extensions)

    public var type: ProposalType {
        switch self {
        case .add: .add
        case .update: .update
        case .remove: .remove
        case .preSharedKey: .preSharedKey
        case .reInit: .reInit
        case .externalInit: .externalInit
        case .groupContextExtensions: .groupContextExtensions
        }
    }
}

extension Proposal: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        switch try reader.read(ProposalType.self) {
        case .add: self = .add(try reader.read())
        case .update: self = .update(try reader.read())
        case .remove: self = .remove(try reader.read())
        case .preSharedKey: self = .preSharedKey(try reader.read())
        case .reInit: self = .reInit(try reader.read())
        case .externalInit: self = .externalInit(kemOutput: try reader.readVector())
        case .groupContextExtensions: self = .groupContextExtensions(try reader.read())
        default: throw .invalid("proposal type")
        }
    }

    public func encode(to writer: inout Writer) {
        writer.write(type)
        switch self {
        case .add(let keyPackage): writer.write(keyPackage)
        case .update(let leafNode): writer.write(leafNode)
        case .remove(let leaf): writer.write(leaf)
        case .preSharedKey(let id): writer.write(id)
        case .reInit(let reInit): writer.write(reInit)
        case .externalInit(let kemOutput): writer.writeVector(kemOutput)
        case .groupContextExtensions(let extensions): writer.write(extensions)
        }
    }
}

/// `ReInit` (RFC 9420, section 12.1.5).
public struct ReInit: Hashable, Sendable, WireCodable {
    public let groupID: [UInt8]
    public let version: ProtocolVersion
    public let cipherSuite: CipherSuite
    public let extensions: Extensions

    public init(groupID: [UInt8], version: ProtocolVersion, cipherSuite: CipherSuite, extensions: Extensions) {
        self.groupID = groupID
        self.version = version
        self.cipherSuite = cipherSuite
        self.extensions = extensions
    }

    public init(from reader: inout Reader) throws(CodecError) {
        groupID = try reader.readVector()
        version = try reader.read()
        cipherSuite = try reader.read()
        extensions = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(groupID)
        writer.write(version)
        writer.write(cipherSuite)
        writer.write(extensions)
    }
}

/// `ProposalRef` (RFC 9420, section 5.2): the hash by which a Commit names a proposal sent before it.
public struct ProposalRef: Hashable, Sendable, WireCodable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }

    public init(from reader: inout Reader) throws(CodecError) {
        bytes = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(bytes)
    }
}

/// `ProposalOrRef` (RFC 9420, section 12.4).
public enum ProposalOrRef: Hashable, Sendable, WireCodable {
    case proposal(Proposal)
    case reference(ProposalRef)

    public init(from reader: inout Reader) throws(CodecError) {
        switch try reader.readUInt8() {
        case 1: self = .proposal(try reader.read())
        case 2: self = .reference(try reader.read())
        default: throw .invalid("proposal or reference")
        }
    }

    public func encode(to writer: inout Writer) {
        switch self {
        case .proposal(let proposal):
            writer.write(UInt8(1))
            writer.write(proposal)
        case .reference(let reference):
            writer.write(UInt8(2))
            writer.write(reference)
        }
    }
}

/// `Commit` (RFC 9420, section 12.4).
public struct Commit: Hashable, Sendable, WireCodable {
    public let proposals: [ProposalOrRef]
    public let path: UpdatePath?

    init(proposals: [ProposalOrRef], path: UpdatePath?) {
        self.proposals = proposals
        self.path = path
    }

    public init(from reader: inout Reader) throws(CodecError) {
        proposals = try reader.readVector(maximumCount: Commit.maximumProposals)
        path = try reader.readOptional()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(proposals)
        writer.writeOptional(path)
    }

    /// Most proposals that a Commit is read with.
    static let maximumProposals = 1 << 14
}
