internal import Coalition
internal import MLS
internal import RelayAPI
internal import TLSCodec

/// Who this device is and where its mailboxes are. Its secrets are items of their own (VaultNames.swift).
struct DeviceRecord: WireCodable, Sendable {
    let identity: DeviceIdentity
    let suite: CipherSuite
    let relay: RelayAddress
    let coalition: CoalitionID
    /// Nil until the coalition has admitted the device.
    var coalitionGroup: GroupID?
    var inbox: OwnMailbox
    var keyPackages: OwnMailbox
    /// HPKE public key of the inbox.
    let inboxKey: [UInt8]
    /// Whether a device was removed since this one last drew a contact key: then the next path brings a new one
    /// (Protocol/envelope.md, "Capabilities of organisations").
    var contactKeyIsStale = false
    /// Charter for whose organisations the mailboxes' grants were last set; zero while they must be set anew.
    var grantedCharter: [UInt8] = []

    init(
        identity: DeviceIdentity,
        suite: CipherSuite,
        relay: RelayAddress,
        coalition: CoalitionID,
        coalitionGroup: GroupID?,
        inbox: OwnMailbox,
        keyPackages: OwnMailbox,
        inboxKey: [UInt8]
    ) {
        self.identity = identity
        self.suite = suite
        self.relay = relay
        self.coalition = coalition
        self.coalitionGroup = coalitionGroup
        self.inbox = inbox
        self.keyPackages = keyPackages
        self.inboxKey = inboxKey
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        identity = try reader.read()
        suite = try reader.read()
        relay = try reader.readRelayAddress()
        coalition = try reader.read()
        coalitionGroup = try reader.readOptional()
        inbox = try reader.read()
        keyPackages = try reader.read()
        inboxKey = try reader.readVector()
        contactKeyIsStale = try reader.readBool()
        grantedCharter = try reader.readVector()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(identity)
        writer.write(suite)
        writer.writeText(relay.description)
        writer.write(coalition)
        writer.writeOptional(coalitionGroup)
        writer.write(inbox)
        writer.write(keyPackages)
        writer.writeVector(inboxKey)
        writer.writeBool(contactKeyIsStale)
        writer.writeVector(grantedCharter)
    }
}

/// A mailbox at the device's relay of which it is the owner, and how far it has been read.
struct OwnMailbox: WireCodable, Sendable {
    let mailbox: MailboxID
    let capability: Capability
    var cursor: Cursor

    init(mailbox: MailboxID, capability: Capability, incarnation: Incarnation = .unknown) {
        self.mailbox = mailbox
        self.capability = capability
        cursor = Cursor(mailbox: mailbox, incarnation: incarnation)
    }

    init(from reader: inout Reader) throws(CodecError) {
        mailbox = try reader.read()
        capability = try reader.read()
        cursor = try reader.read()
    }

    func encode(to writer: inout Writer) {
        writer.write(mailbox)
        writer.write(capability)
        writer.write(cursor)
    }

    var access: Access { Access(mailbox: mailbox, capability: capability) }
}

/// What this device holds of its organisation's; the contact key and an admin's key are items of their own.
struct OrganisationRecord: WireCodable, Sendable {
    /// To make mailboxes with; nil where none has come from the operator or the admin.
    var accessToken: AccessToken?
    /// On an admin's device.
    var adminCertificate: AdminCertificate?

    init(accessToken: AccessToken?, adminCertificate: AdminCertificate?) {
        self.accessToken = accessToken
        self.adminCertificate = adminCertificate
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        accessToken = try reader.readOptional()
        adminCertificate = try reader.readOptional()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.writeOptional(accessToken)
        writer.writeOptional(adminCertificate)
    }
}

extension Reader {
    mutating func readRelayAddress() throws(CodecError) -> RelayAddress {
        let text = try readText(maximum: 512)
        do throws(RelayAddressError) {
            return try RelayAddress(text)
        } catch {
            throw .invalid("relay address")
        }
    }
}
