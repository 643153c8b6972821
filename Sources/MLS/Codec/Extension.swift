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

extension Extension {
    /// The `required_capabilities` extension (RFC 9420, section 11.1).
    public static func requiredCapabilities(_ required: RequiredCapabilities) -> Extension {
        Extension(type: .requiredCapabilities, data: required.encoded)
    }
}
