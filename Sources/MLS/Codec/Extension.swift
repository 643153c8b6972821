public import TLSCodec

/// `Extension` (RFC 9420, section 13).
public struct Extension: Hashable, Sendable, WireCodable {
    public let type: ExtensionType
    public let data: [UInt8]

    public init(type: ExtensionType, data: [UInt8]) {
        self.type = type
        self.data = data
    }

    public init(from reader: inout Reader) throws(CodecError) {
        type = try reader.read()
        data = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.write(type)
        writer.writeVector(data)
    }
}

/// `Extension extensions<V>`: at most one of each type where a group's members judge it (rule `extensionsUnique`).
public struct Extensions: Hashable, Sendable, ExpressibleByArrayLiteral {
    public var elements: [Extension]

    public init(_ elements: [Extension] = []) {
        self.elements = elements
    }

    public init(arrayLiteral elements: Extension...) {
        self.elements = elements
    }

    /// The data of the extension of this type.
    public subscript(type: ExtensionType) -> [UInt8]? {
        elements.first { $0.type == type }?.data
    }

    /// Puts the extension in the place of one of its type, or at the end.
    public mutating func set(_ new: Extension) {
        if let index = elements.firstIndex(where: { $0.type == new.type }) {
            elements[index] = new
        } else {
            elements.append(new)
        }
    }

    /// Those who may propose from outside the group (RFC 9420, section 12.1.8.1).
    /// - Throws: `malformed`.
    func externalSenders() throws(MLSError) -> [ExternalSender] {
        guard let data = self[.externalSenders] else { return [] }
        return try wireForm { () throws(CodecError) in try ExternalSenders(decoding: data).elements }
    }

    /// The group's external public key, in a GroupInfo (RFC 9420, section 12.4.3.2).
    /// - Throws: `malformed`.
    func externalPublicKey() throws(MLSError) -> [UInt8]? {
        guard let data = self[.externalPublic] else { return nil }
        return try wireForm { () throws(CodecError) in try OpaqueElement(decoding: data).bytes }
    }

    var hasDuplicates: Bool {
        Set(elements.map(\.type)).count < elements.count
    }
}

extension Extensions: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        elements = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(elements)
    }
}

/// `RequiredCapabilities` (RFC 9420, section 11.1): what a group asks of every member.
public struct RequiredCapabilities: Hashable, Sendable, WireCodable {
    public var extensions: [ExtensionType]
    public var proposals: [ProposalType]
    public var credentials: [CredentialType]

    public init(
        extensions: [ExtensionType] = [],
        proposals: [ProposalType] = [],
        credentials: [CredentialType] = []
    ) {
        self.extensions = extensions
        self.proposals = proposals
        self.credentials = credentials
    }

    public init(from reader: inout Reader) throws(CodecError) {
        extensions = try reader.readVector()
        proposals = try reader.readVector()
        credentials = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(extensions)
        writer.writeVector(proposals)
        writer.writeVector(credentials)
    }
}

/// `ExternalSender` (RFC 9420, section 12.1.8.1): one who may propose changes to a group from outside.
public struct ExternalSender: Hashable, Sendable, WireCodable {
    public let signatureKey: [UInt8]
    public let credential: Credential

    public init(signatureKey: [UInt8], credential: Credential) {
        self.signatureKey = signatureKey
        self.credential = credential
    }

    public init(from reader: inout Reader) throws(CodecError) {
        signatureKey = try reader.readVector()
        credential = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(signatureKey)
        writer.write(credential)
    }
}

/// The contents of the `external_senders` extension (RFC 9420, section 12.1.8.1).
struct ExternalSenders: WireCodable {
    let elements: [ExternalSender]

    init(_ elements: [ExternalSender]) { self.elements = elements }

    init(from reader: inout Reader) throws(CodecError) {
        elements = try reader.readVector()
    }

    func encode(to writer: inout Writer) {
        writer.writeVector(elements)
    }
}

extension Extension {
    /// The `external_senders` extension: a Sender names one by its place in the list.
    public static func externalSenders(_ senders: [ExternalSender]) -> Extension {
        Extension(type: .externalSenders, data: ExternalSenders(senders).encoded)
    }

    /// The `external_pub` extension of a GroupInfo (RFC 9420, section 12.4.3.2).
    static func externalPublic(_ publicKey: [UInt8]) -> Extension {
        Extension(type: .externalPublic, data: OpaqueElement(publicKey).encoded)
    }

    /// The `required_capabilities` extension (RFC 9420, section 11.1).
    public static func requiredCapabilities(_ required: RequiredCapabilities) -> Extension {
        Extension(type: .requiredCapabilities, data: required.encoded)
    }
}
