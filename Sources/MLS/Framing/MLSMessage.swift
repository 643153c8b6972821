public import TLSCodec

/// `MLSMessage` (RFC 9420, section 6): what goes over the wire.
public enum MLSMessage: Hashable, Sendable {
    case publicMessage(PublicMessage)
    case privateMessage(PrivateMessage)
    case welcome(Welcome)
    case groupInfo(GroupInfo)
    case keyPackage(KeyPackage)

    public var wireFormat: WireFormat {
        switch self {
        case .publicMessage: .publicMessage
        case .privateMessage: .privateMessage
        case .welcome: .welcome
        case .groupInfo: .groupInfo
        case .keyPackage: .keyPackage
        }
    }

    /// The group and epoch that a message is for; nil for what is sent outside groups.
    public var destination: (groupID: [UInt8], epoch: UInt64)? {
        switch self {
        case .publicMessage(let message): (message.content.groupID, message.content.epoch)
        case .privateMessage(let message): (message.groupID, message.epoch)
        case .welcome, .groupInfo, .keyPackage: nil
        }
    }
}

extension MLSMessage: WireCodable {
    /// Longest message that is read, in bytes: a post-quantum Welcome with a tree of 10,000 members fits.
    static let maximumLength = 1 << 26

    public init(from reader: inout Reader) throws(CodecError) {
        guard reader.remaining <= Self.maximumLength else { throw .tooLong }
        guard try reader.read(ProtocolVersion.self) == .mls10 else { throw .invalid("protocol version") }
        switch try reader.read(WireFormat.self) {
        case .publicMessage: self = .publicMessage(try reader.read())
        case .privateMessage: self = .privateMessage(try reader.read())
        case .welcome: self = .welcome(try reader.read())
        case .groupInfo: self = .groupInfo(try reader.read())
        case .keyPackage: self = .keyPackage(try reader.read())
        default: throw .invalid("wire format")
        }
    }

    public func encode(to writer: inout Writer) {
        writer.write(ProtocolVersion.mls10)
        writer.write(wireFormat)
        switch self {
        case .publicMessage(let message): writer.write(message)
        case .privateMessage(let message): writer.write(message)
        case .welcome(let welcome): writer.write(welcome)
        case .groupInfo(let groupInfo): writer.write(groupInfo)
        case .keyPackage(let keyPackage): writer.write(keyPackage)
        }
    }
}

/// `PublicMessage` (RFC 9420, section 6.2): signed, and authenticated as a member's, but readable.
public struct PublicMessage: Hashable, Sendable, WireCodable {
    let content: FramedContent
    let auth: FramedContentAuthData
    let membershipTag: [UInt8]?

    init(content: FramedContent, auth: FramedContentAuthData, membershipTag: [UInt8]?) {
        self.content = content
        self.auth = auth
        self.membershipTag = membershipTag
    }

    public init(from reader: inout Reader) throws(CodecError) {
        content = try reader.read()
        auth = try FramedContentAuthData(content.content.type, from: &reader)
        if case .member = content.sender {
            membershipTag = try reader.readVector()
        } else {
            membershipTag = nil
        }
    }

    public func encode(to writer: inout Writer) {
        writer.write(content)
        auth.encode(to: &writer)
        if let membershipTag { writer.writeVector(membershipTag) }
    }

    var authenticatedContent: AuthenticatedContent {
        AuthenticatedContent(wireFormat: .publicMessage, content: content, auth: auth)
    }
}

/// `PrivateMessage` (RFC 9420, section 6.3): signed and encrypted, its sender too.
public struct PrivateMessage: Hashable, Sendable, WireCodable {
    let groupID: [UInt8]
    let epoch: UInt64
    let contentType: ContentType
    /// Whether it says that it holds a Commit, or an application message; a proposal is neither.
    public var isCommit: Bool { contentType == .commit }
    public var isApplication: Bool { contentType == .application }
    let authenticatedData: [UInt8]
    let encryptedSenderData: [UInt8]
    let ciphertext: [UInt8]

    init(
        groupID: [UInt8],
        epoch: UInt64,
        contentType: ContentType,
        authenticatedData: [UInt8],
        encryptedSenderData: [UInt8],
        ciphertext: [UInt8]
    ) {
        self.groupID = groupID
        self.epoch = epoch
        self.contentType = contentType
        self.authenticatedData = authenticatedData
        self.encryptedSenderData = encryptedSenderData
        self.ciphertext = ciphertext
    }

    public init(from reader: inout Reader) throws(CodecError) {
        groupID = try reader.readVector()
        epoch = try reader.readUInt64()
        contentType = try reader.read()
        authenticatedData = try reader.readVector()
        encryptedSenderData = try reader.readVector()
        ciphertext = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(groupID)
        writer.write(epoch)
        writer.write(contentType)
        writer.writeVector(authenticatedData)
        writer.writeVector(encryptedSenderData)
        writer.writeVector(ciphertext)
    }

    /// `PrivateContentAAD` (section 6.3.1).
    static func contentAAD(_ content: FramedContent) -> [UInt8] {
        contentAAD(content.groupID, content.epoch, content.content.type, content.authenticatedData)
    }

    var contentAAD: [UInt8] {
        Self.contentAAD(groupID, epoch, contentType, authenticatedData)
    }

    private static func contentAAD(
        _ groupID: [UInt8],
        _ epoch: UInt64,
        _ contentType: ContentType,
        _ authenticatedData: [UInt8]
    ) -> [UInt8] {
        var writer = Writer(capacity: groupID.count + authenticatedData.count + 24)
        writer.writeVector(groupID)
        writer.write(epoch)
        writer.write(contentType)
        writer.writeVector(authenticatedData)
        return writer.bytes
    }
}
