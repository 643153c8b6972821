internal import Labels
public import RelayAPI
public import Sodium
public import TLSCodec

/// What an admin hands to somebody who is to join, by any channel that the two trust (Protocol/joining.md,
/// "Invitation"). Whoever reads it can ask to join, once, until it expires.
///
///     struct {
///         uint8 version;
///         InvitationKind kind;
///         opaque relay<V>;
///         opaque inbox[16];
///         opaque secret[32];
///         opaque child_token[32];
///         opaque coalition_id[32];
///         uint16 cipher_suite;
///         opaque inviter<V>;
///         opaque root_fingerprint[32];
///         opaque organisation<V>;
///         opaque user<V>;
///         uint64 expires;
///     } Invitation;
public struct Invitation: WireCodable, Sendable {
    public static let version: UInt8 = 1
    /// How long an invitation is good for.
    public static let duration = Time.Duration.days(7)
    /// How many appends the joiner has.
    public static let joinerUses: UInt32 = 8
    static let secretLength = 32

    public enum Kind: UInt8, Sendable {
        /// Into the inviter's own organisation.
        case colleague = 1
        /// As the first admin of a new member organisation.
        case organisation = 2
    }

    public let kind: Kind
    public let relay: Text
    /// A mailbox made for this invitation alone.
    public let inbox: MailboxID
    /// 32 bytes. They travel in the invitation's text, so nothing is gained by guarding them here.
    private let secretBytes: [UInt8]
    public let childToken: AccessToken
    public let coalition: CoalitionID
    public let cipherSuite: UInt16
    /// The inviting organisation.
    public let inviter: Name
    /// Of the inviting organisation.
    public let rootFingerprint: RootFingerprint
    /// The joiner's.
    public let organisation: Name
    /// The joiner's.
    public let user: Name
    public let expires: Time

    /// - Parameters:
    ///   - secret: 32 random bytes.
    ///   - organisation: the joiner's; for a colleague it must be the inviter.
    /// - Throws: `invalid` when the secret is of another length, or a colleague of another organisation.
    public init(
        kind: Kind,
        relay: RelayAddress,
        inbox: MailboxID,
        secret: borrowing Secret,
        childToken: AccessToken,
        coalition: CoalitionID,
        cipherSuite: UInt16,
        inviter: Organisation,
        organisation: Name,
        user: Name,
        expires: Time
    ) throws(CodecError) {
        guard secret.count == Self.secretLength else { throw .invalid("invitation secret") }
        self.kind = kind
        self.relay = Text(relay.description)
        self.inbox = inbox
        secretBytes = secret.exposed()
        self.childToken = childToken
        self.coalition = coalition
        self.cipherSuite = cipherSuite
        self.inviter = inviter.id
        rootFingerprint = inviter.rootFingerprint
        self.organisation = organisation
        self.user = user
        self.expires = expires
        try checkKind()
    }

    public init(from reader: inout Reader) throws(CodecError) {
        guard try reader.readUInt8() == Self.version else { throw .invalid("invitation version") }
        guard let kind = Kind(rawValue: try reader.readUInt8()) else { throw .invalid("invitation kind") }
        self.kind = kind
        relay = try Text(from: &reader, maximum: MailboxAddress.maximumRelayLength, field: "relay address")
        inbox = try reader.read()
        secretBytes = try reader.readFixed(Self.secretLength)
        childToken = try reader.read()
        coalition = try reader.read()
        cipherSuite = try reader.readUInt16()
        inviter = try reader.read()
        rootFingerprint = try reader.read()
        organisation = try reader.read()
        user = try reader.read()
        expires = try reader.read()
        try checkKind()
    }

    public func encode(to writer: inout Writer) {
        writer.write(Self.version)
        writer.write(kind.rawValue)
        relay.encode(to: &writer)
        writer.write(inbox)
        writer.writeFixed(secretBytes)
        writer.write(childToken)
        writer.write(coalition)
        writer.write(cipherSuite)
        writer.write(inviter)
        writer.write(rootFingerprint)
        writer.write(organisation)
        writer.write(user)
        writer.write(expires)
    }

    private func checkKind() throws(CodecError) {
        guard (kind == .colleague) == (organisation == inviter) else { throw .invalid("organisation") }
    }

    /// 32 bytes, known to the inviter and the joiner.
    public var secret: Secret { Secret(copying: secretBytes) }

    /// The joiner's capability on the invitation's inbox: append.
    public var appendCapability: Capability {
        let derived = labelledDerive(
            secret: secret,
            .invitationAppend,
            context: inbox.bytes,
            count: Capability.length
        )
        return Capability(unchecked: derived.exposed())
    }

    /// The grant that the inviter makes for the joiner.
    public var joinerGrant: Grant {
        Grant(capabilityHash: appendCapability.hash, rights: .append, uses: Self.joinerUses)
    }
}

extension Label {
    static let invitationAppend = Label("invitation append")
}
