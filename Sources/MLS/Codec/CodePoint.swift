public import TLSCodec

/// A 16-bit number out of an IANA registry. Numbers that this library does not know are kept as they are, so that
/// values of newer peers and GREASE (RFC 9420, section 13.5) pass through unharmed.
public protocol CodePoint: RawRepresentable, Hashable, Sendable, WireCodable where RawValue == UInt16 {
    init(rawValue: UInt16)
}

extension CodePoint {
    public init(from reader: inout Reader) throws(CodecError) {
        self.init(rawValue: try reader.readUInt16())
    }

    public func encode(to writer: inout Writer) {
        writer.write(rawValue)
    }
}

/// `ProtocolVersion` (RFC 9420, section 6).
public struct ProtocolVersion: CodePoint {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let mls10 = ProtocolVersion(rawValue: 1)
}

/// The number of an extension (RFC 9420, section 17.3).
public struct ExtensionType: CodePoint {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let applicationID = ExtensionType(rawValue: 1)
    public static let ratchetTree = ExtensionType(rawValue: 2)
    public static let requiredCapabilities = ExtensionType(rawValue: 3)
    public static let externalPublic = ExtensionType(rawValue: 4)
    public static let externalSenders = ExtensionType(rawValue: 5)

    /// Whether every client supports it without saying so (RFC 9420, section 7.2).
    var isDefault: Bool { (1...5).contains(rawValue) }
}

/// The number of a proposal (RFC 9420, section 17.4).
public struct ProposalType: CodePoint {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let add = ProposalType(rawValue: 1)
    public static let update = ProposalType(rawValue: 2)
    public static let remove = ProposalType(rawValue: 3)
    public static let preSharedKey = ProposalType(rawValue: 4)
    public static let reInit = ProposalType(rawValue: 5)
    public static let externalInit = ProposalType(rawValue: 6)
    public static let groupContextExtensions = ProposalType(rawValue: 7)

    /// Whether every client supports it without saying so (RFC 9420, section 7.2).
    var isDefault: Bool { (1...7).contains(rawValue) }
}

/// The number of a kind of credential (RFC 9420, section 17.5).
public struct CredentialType: CodePoint {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let basic = CredentialType(rawValue: 1)
    public static let x509 = CredentialType(rawValue: 2)
}

/// `WireFormat` (RFC 9420, section 6).
public struct WireFormat: CodePoint {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let publicMessage = WireFormat(rawValue: 1)
    public static let privateMessage = WireFormat(rawValue: 2)
    public static let welcome = WireFormat(rawValue: 3)
    public static let groupInfo = WireFormat(rawValue: 4)
    public static let keyPackage = WireFormat(rawValue: 5)
}

/// An opaque element of a vector: `opaque value<V>`.
struct OpaqueElement: WireCodable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(from reader: inout Reader) throws(CodecError) {
        bytes = try reader.readVector()
    }

    func encode(to writer: inout Writer) {
        writer.writeVector(bytes)
    }
}
