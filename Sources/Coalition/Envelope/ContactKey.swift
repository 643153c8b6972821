internal import Labels
public import RelayAPI
public import Sodium
internal import TLSCodec

/// An organisation's or a device's contact key (Protocol/envelope.md, "Capabilities of organisations").
///
/// From one of its halves and the other's public half, the owner of a device and an organisation derive the capabilities
/// which the owner grants to that organisation: no message is needed, and no other organisation learns them.
public struct ContactKey: ~Copyable, Sendable {
    private let key: X25519.PrivateKey

    /// How many appends an organisation's capability on an inbox is good for.
    public static let inboxUses: UInt32 = 1000
    /// How many KeyPackages an organisation may take.
    public static let keyPackageUses: UInt32 = 200

    /// A new random key.
    public init() { key = X25519.PrivateKey() }

    /// - Throws: `invalidKey` unless there are 32 bytes.
    public init(raw: consuming Secret) throws(SodiumError) { key = try X25519.PrivateKey(raw: raw) }

    /// What it is kept and handed on as: 32 bytes.
    public var raw: Secret { key.raw.copy() }

    public var publicKey: ContactPublicKey { ContactPublicKey(unchecked: key.publicKey) }

    /// The capability to append to a device's inbox.
    /// - Parameters:
    ///   - other: the device's key if this one is the organisation's, the organisation's if this one is the device's.
    ///   - organisation: its id, as the charter gives it.
    ///   - mailbox: the inbox.
    /// - Throws: `invalidKey` for a key that gives everybody the same secret.
    public borrowing func inboxCapability(
        with other: ContactPublicKey,
        organisation: Name,
        in coalition: CoalitionID,
        mailbox: MailboxID
    ) throws(SodiumError) -> Capability {
        let context = ContactContext(coalition: coalition, organisation: organisation, mailbox: mailbox)
        return try capability(.inboxCapability, with: other, context)
    }

    /// The capability to take from a device's KeyPackages; parameters and errors as for the inbox.
    public borrowing func keyPackageCapability(
        with other: ContactPublicKey,
        organisation: Name,
        in coalition: CoalitionID,
        mailbox: MailboxID
    ) throws(SodiumError) -> Capability {
        let context = ContactContext(coalition: coalition, organisation: organisation, mailbox: mailbox)
        return try capability(.keyPackageCapability, with: other, context)
    }

    private borrowing func capability(
        _ label: Label,
        with other: ContactPublicKey,
        _ context: ContactContext
    ) throws(SodiumError) -> Capability {
        let shared = try key.sharedSecret(with: other.bytes)
        let capability = labelledDerive(
            secret: shared,
            label,
            context: context.encoded,
            count: Capability.length
        )
        return Capability(unchecked: capability.exposed())
    }
}

/// What a capability between an organisation and a device is bound to.
///
///     struct {
///         opaque coalition_id[32];
///         opaque organisation<V>;
///         opaque mailbox[16];
///     } ContactContext;
private struct ContactContext: WireEncodable {
    let coalition: CoalitionID
    let organisation: Name
    let mailbox: MailboxID

    func encode(to writer: inout Writer) {
        writer.write(coalition)
        writer.write(organisation)
        writer.write(mailbox)
    }
}

extension Label {
    static let inboxCapability = Label("inbox capability")
    static let keyPackageCapability = Label("key package capability")
}
