internal import Labels
public import RelayAPI
public import TLSCodec

/// What the joiner appends to the invitation's inbox, sealed with `EnvelopeKey(invitationSecret:inbox:)` (Protocol/joining.md,
/// "Request").
///
///     struct {
///         uint8 version;
///         opaque key_package<V>;
///         opaque welcome_capability[32];
///         optional<Organisation> organisation;
///     } JoinRequest;
public struct JoinRequest: WireCodable, Sendable {
    public static let version: UInt8 = 1
    /// How many appends `welcomeCapability` is good for.
    public static let welcomeUses: UInt32 = 8

    /// An MLSMessage with a KeyPackage.
    public let keyPackage: [UInt8]
    /// Append, on the inbox that the KeyPackage's `addresses` extension names.
    public let welcomeCapability: Capability
    /// The new organisation's entry in the charter, when the invitation is for one.
    public let organisation: Organisation?

    public init(keyPackage: [UInt8], welcomeCapability: Capability, organisation: Organisation? = nil) {
        self.keyPackage = keyPackage
        self.welcomeCapability = welcomeCapability
        self.organisation = organisation
    }

    public init(from reader: inout Reader) throws(CodecError) {
        guard try reader.readUInt8() == Self.version else { throw .invalid("join request version") }
        keyPackage = try reader.readVector()
        welcomeCapability = try reader.read()
        organisation = try reader.readOptional()
    }

    public func encode(to writer: inout Writer) {
        writer.write(Self.version)
        writer.writeVector(keyPackage)
        writer.write(welcomeCapability)
        writer.writeOptional(organisation)
    }

    /// The place of a request, which its seal is bound to.
    public static func context(inbox: MailboxID, entryID: EntryID) -> EnvelopeContext {
        EnvelopeContext(mailbox: inbox, epoch: 0, entryID: entryID, kind: .application)
    }
}

/// `LabelledHash("join request", body)`: the request as it was sealed, every bit of it.
public struct JoinRequestHash: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public init(of body: SealedBody) {
        self.init(unchecked: labelledHash(.joinRequest, body.bytes))
    }

    /// What people call the request: the first 8 bytes in hexadecimal.
    public var requestID: String { Hexadecimal.encode(bytes.prefix(8)) }
}

extension Label {
    static let joinRequest = Label("join request")
}
