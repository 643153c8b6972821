public import TLSCodec

/// `Sender` (RFC 9420, section 6).
public enum Sender: Hashable, Sendable, WireCodable {
    case member(LeafIndex)
    /// An index into the `external_senders` extension.
    case external(UInt32)
    case newMemberProposal
    case newMemberCommit

    public init(from reader: inout Reader) throws(CodecError) {
        switch try reader.readUInt8() {
        case 1: self = .member(try reader.read())
        case 2: self = .external(try reader.readUInt32())
        case 3: self = .newMemberProposal
        case 4: self = .newMemberCommit
        default: throw .invalid("sender type")
        }
    }

    public func encode(to writer: inout Writer) {
        switch self {
        case .member(let leaf):
            writer.write(UInt8(1))
            writer.write(leaf)
        case .external(let index):
            writer.write(UInt8(2))
            writer.write(index)
        case .newMemberProposal: writer.write(UInt8(3))
        case .newMemberCommit: writer.write(UInt8(4))
        }
    }
}

/// `ContentType` (RFC 9420, section 6).
enum ContentType: UInt8, Sendable, WireCodable {
    case application = 1
    case proposal = 2
    case commit = 3

    init(from reader: inout Reader) throws(CodecError) {
        guard let type = ContentType(rawValue: try reader.readUInt8()) else { throw .invalid("content type") }
        self = type
    }

    func encode(to writer: inout Writer) {
        writer.write(rawValue)
    }

    var ratchet: RatchetKind { self == .application ? .application : .handshake }
}

/// What a message carries (RFC 9420, section 6).
enum Content: Hashable, Sendable {
    case application([UInt8])
    case proposal(Proposal)
    case commit(Commit)

    var type: ContentType {
        switch self {
        case .application: .application
        case .proposal: .proposal
        case .commit: .commit
        }
    }

    init(_ type: ContentType, from reader: inout Reader) throws(CodecError) {
        switch type {
        case .application: self = .application(try reader.readVector())
        case .proposal: self = .proposal(try reader.read())
        case .commit: self = .commit(try reader.read())
        }
    }

    /// Without its type.
    func encode(to writer: inout Writer) {
        switch self {
        case .application(let data): writer.writeVector(data)
        case .proposal(let proposal): writer.write(proposal)
        case .commit(let commit): writer.write(commit)
        }
    }
}

/// `FramedContent` (RFC 9420, section 6).
struct FramedContent: Hashable, Sendable, WireCodable {
    let groupID: [UInt8]
    let epoch: UInt64
    let sender: Sender
    let authenticatedData: [UInt8]
    let content: Content

    init(groupID: [UInt8], epoch: UInt64, sender: Sender, authenticatedData: [UInt8], content: Content) {
        self.groupID = groupID
        self.epoch = epoch
        self.sender = sender
        self.authenticatedData = authenticatedData
        self.content = content
    }

    init(from reader: inout Reader) throws(CodecError) {
        groupID = try reader.readVector()
        epoch = try reader.readUInt64()
        sender = try reader.read()
        authenticatedData = try reader.readVector()
        content = try Content(try reader.read(), from: &reader)
    }

    func encode(to writer: inout Writer) {
        writer.writeVector(groupID)
        writer.write(epoch)
        writer.write(sender)
        writer.writeVector(authenticatedData)
        writer.write(content.type)
        content.encode(to: &writer)
    }

    /// `FramedContentTBS` (section 6.1).
    /// - Parameter context: the encoded GroupContext that a member's signature covers.
    func toBeSigned(_ wireFormat: WireFormat, context: [UInt8]) -> [UInt8] {
        var writer = Writer(capacity: 2048)
        writer.write(ProtocolVersion.mls10)
        writer.write(wireFormat)
        writer.write(self)
        switch sender {
        case .member, .newMemberCommit: writer.writeFixed(context)
        case .external, .newMemberProposal: break
        }
        return writer.bytes
    }
}

/// `FramedContentAuthData` (RFC 9420, section 6.1).
struct FramedContentAuthData: Hashable, Sendable {
    let signature: [UInt8]
    /// For a Commit, and for nothing else.
    let confirmationTag: [UInt8]?

    init(signature: [UInt8], confirmationTag: [UInt8]?) {
        self.signature = signature
        self.confirmationTag = confirmationTag
    }

    init(_ type: ContentType, from reader: inout Reader) throws(CodecError) {
        signature = try reader.readVector()
        confirmationTag = type == .commit ? try reader.readVector() : nil
    }

    func encode(to writer: inout Writer) {
        writer.writeVector(signature)
        if let confirmationTag { writer.writeVector(confirmationTag) }
    }
}

/// `AuthenticatedContent` (RFC 9420, section 6).
struct AuthenticatedContent: Hashable, Sendable, WireCodable {
    let wireFormat: WireFormat
    let content: FramedContent
    let auth: FramedContentAuthData

    init(wireFormat: WireFormat, content: FramedContent, auth: FramedContentAuthData) {
        self.wireFormat = wireFormat
        self.content = content
        self.auth = auth
    }

    init(from reader: inout Reader) throws(CodecError) {
        wireFormat = try reader.read()
        content = try reader.read()
        auth = try FramedContentAuthData(content.content.type, from: &reader)
    }

    func encode(to writer: inout Writer) {
        writer.write(wireFormat)
        writer.write(content)
        auth.encode(to: &writer)
    }

    /// `AuthenticatedContentTBM` (section 6.2).
    func toBeMACed(context: [UInt8]) -> [UInt8] {
        var writer = Writer()
        writer.writeFixed(content.toBeSigned(wireFormat, context: context))
        auth.encode(to: &writer)
        return writer.bytes
    }
}
