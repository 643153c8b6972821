public import HPKE
public import RelayAPI
public import TLSCodec

/// A mailbox on a relay.
///
///     struct {
///         opaque relay<V>;
///         opaque mailbox[16];
///     } MailboxAddress;
public struct MailboxAddress: WireCodable, Hashable, Sendable {
    /// A relay address (Protocol/http-api.md), as given; whoever uses it parses it.
    public let relay: Text
    public let mailbox: MailboxID

    static let maximumRelayLength = 512

    public init(relay: RelayAddress, mailbox: MailboxID) {
        self.relay = Text(relay.description)
        self.mailbox = mailbox
    }

    public init(from reader: inout Reader) throws(CodecError) {
        relay = try Text(from: &reader, maximum: Self.maximumRelayLength, field: "relay address")
        mailbox = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        relay.encode(to: &writer)
        writer.write(mailbox)
    }
}

/// Where and how a device is reached: the leaf node extension `addresses`, which stands in the leaves of the coalition
/// group alone, so that members of the coalition see it and nobody else (Protocol/mls-profile.md, "Extensions").
///
///     struct {
///         MailboxAddress inbox;
///         opaque inbox_key<V>;
///         opaque contact_key[32];
///         MailboxAddress key_packages;
///         opaque key_package_secret[32];
///     } Addresses;
public struct Addresses: WireCodable, Sendable {
    public let inbox: MailboxAddress
    /// HPKE public key of the suite's KEM.
    public let inboxKey: [UInt8]
    public let contactKey: ContactPublicKey
    public let keyPackages: MailboxAddress
    /// 32 bytes, known to the whole coalition: `EnvelopeKey(keyPackageSecret:mailbox:)` is made from it.
    public let keyPackageSecret: [UInt8]

    public static let keyPackageSecretLength = 32
    /// Longer than a public key of any KEM that a suite may have.
    static let maximumInboxKeyLength = 4096

    /// - Throws: `invalid` unless the secret has 32 bytes.
    public init(
        inbox: MailboxAddress,
        inboxKey: [UInt8],
        contactKey: ContactPublicKey,
        keyPackages: MailboxAddress,
        keyPackageSecret: [UInt8]
    ) throws(CodecError) {
        guard keyPackageSecret.count == Self.keyPackageSecretLength else { throw .invalid("KeyPackage secret") }
        self.inbox = inbox
        self.inboxKey = inboxKey
        self.contactKey = contactKey
        self.keyPackages = keyPackages
        self.keyPackageSecret = keyPackageSecret
    }

    public init(from reader: inout Reader) throws(CodecError) {
        inbox = try reader.read()
        inboxKey = try reader.readVector(maximum: Self.maximumInboxKeyLength)
        contactKey = try reader.read()
        keyPackages = try reader.read()
        keyPackageSecret = try reader.readFixed(Self.keyPackageSecretLength)
    }

    public func encode(to writer: inout Writer) {
        writer.write(inbox)
        writer.writeVector(inboxKey)
        writer.write(contactKey)
        writer.write(keyPackages)
        writer.writeFixed(keyPackageSecret)
    }

    /// Whether the device can be reached: the relays' addresses are some, and both keys are what key pairs can have.
    ///
    /// The device says all this itself, and no rule of policy.md looks at it, so that whoever wants to reach the device looks
    /// first.
    public func areUsable(with kem: HPKE.KEM) -> Bool {
        inbox.isParseable && keyPackages.isParseable && kem.isUsable(inboxKey) && contactKey.isUsable
    }
}

extension MailboxAddress {
    /// Whether what was given as the relay's address is one.
    public var isParseable: Bool { (try? RelayAddress(relay.string)) != nil }
}
