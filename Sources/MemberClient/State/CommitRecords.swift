internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// What a Commit is to do. Kept until a Commit that does it has won, so that a lost race or a crash only means another
/// try.
struct CommitIntent: WireCodable, Sendable {
    let group: GroupID
    /// Devices that enter.
    let additions: [Addition]
    /// An organisation that enters the charter with them.
    let organisation: Organisation?
    /// Devices that are removed, on the approval of their own organisation.
    let removals: [DeviceIdentity]

    init(group: GroupID, additions: [Addition] = [], organisation: Organisation? = nil, removals: [DeviceIdentity] = [])
    {
        self.group = group
        self.additions = additions
        self.organisation = organisation
        self.removals = removals
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        group = try reader.read()
        additions = try reader.readVector()
        organisation = try reader.readOptional()
        removals = try reader.readVector()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(group)
        writer.writeVector(additions)
        writer.writeOptional(organisation)
        writer.writeVector(removals)
    }

    /// A device that enters, and how its Welcome gets to it.
    struct Addition: WireCodable, Sendable {
        let device: DeviceIdentity
        /// MLSMessage with the KeyPackage.
        let keyPackage: [UInt8]
        let welcome: WelcomeDestination
        /// Whether the device is a colleague to whom the organisation's secrets go with the Welcome.
        let getsSecrets: Bool

        init(device: DeviceIdentity, keyPackage: [UInt8], welcome: WelcomeDestination, getsSecrets: Bool) {
            self.device = device
            self.keyPackage = keyPackage
            self.welcome = welcome
            self.getsSecrets = getsSecrets
        }

        init(from reader: inout Reader) throws(CodecError) {
            device = try reader.read()
            keyPackage = try reader.readVector()
            welcome = try reader.read()
            getsSecrets = try reader.readBool()
        }

        func encode(to writer: inout Writer) {
            writer.write(device)
            writer.writeVector(keyPackage)
            writer.write(welcome)
            writer.writeBool(getsSecrets)
        }
    }
}

/// An inbox and the capability to append to it.
struct WelcomeDestination: WireCodable, Sendable {
    let inbox: MailboxAddress
    let capability: Capability
    /// HPKE public key.
    let inboxKey: [UInt8]

    init(inbox: MailboxAddress, capability: Capability, inboxKey: [UInt8]) {
        self.inbox = inbox
        self.capability = capability
        self.inboxKey = inboxKey
    }

    init(from reader: inout Reader) throws(CodecError) {
        inbox = try reader.read()
        capability = try reader.read()
        inboxKey = try reader.readVector()
    }

    func encode(to writer: inout Writer) {
        writer.write(inbox)
        writer.write(capability)
        writer.writeVector(inboxKey)
    }
}

/// A Commit of this device's that has been staged and not yet been seen in the log, pending or set aside. The staged epoch is an
/// item of its own.
struct PendingCommitRecord: WireCodable, Sendable {
    /// As it was first sent, but for `advancesSeen`, which is filled in from what has been skipped since.
    let request: AdvanceRequest
    /// Number of the intent; nil for a Commit that only opens a new epoch.
    let intent: UInt64?
    /// MLSMessage with the Welcome; empty when nobody enters.
    let welcome: [UInt8]
    /// The MessageContext of the Commit.
    let context: MessageContext
    /// Whether the path brings a new contact key (`VaultName.nextContactKey`).
    let renewsContactKey: Bool

    init(
        request: AdvanceRequest,
        intent: UInt64?,
        welcome: [UInt8],
        context: MessageContext,
        renewsContactKey: Bool
    ) {
        self.request = request
        self.intent = intent
        self.welcome = welcome
        self.context = context
        self.renewsContactKey = renewsContactKey
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        request = try reader.read()
        intent = try reader.readBool() ? try reader.readUInt64() : nil
        welcome = try reader.readVector()
        context = try reader.read()
        renewsContactKey = try reader.readBool()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(request)
        writer.writeBool(intent != nil)
        if let intent { writer.write(intent) }
        writer.writeVector(welcome)
        writer.write(context)
        writer.writeBool(renewsContactKey)
    }
}

/// A message to somebody's inbox, sealed, until the relay has it.
struct InboxDelivery: WireCodable, Sendable {
    let relay: RelayAddress
    /// What the entry refers to, and goes before it.
    let blob: SealedBlob?
    let request: AppendRequest
    /// Nil for what an earlier program sealed.
    let newcomer: Newcomer?

    init(relay: RelayAddress, blob: SealedBlob?, request: AppendRequest, newcomer: Newcomer?) {
        self.relay = relay
        self.blob = blob
        self.request = request
        self.newcomer = newcomer
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        relay = try reader.readRelayAddress()
        blob = try reader.readOptional()
        request = try reader.read()
        newcomer = reader.isAtEnd ? nil : try reader.readOptional()
    }

    /// Whom a Welcome is for, and to which group: until it has gone, the device reads nothing there.
    struct Newcomer: WireCodable, Sendable {
        let device: DeviceHash
        let group: GroupID

        init(device: DeviceHash, group: GroupID) {
            self.device = device
            self.group = group
        }

        init(from reader: inout Reader) throws(CodecError) {
            device = try reader.read()
            group = try reader.read()
        }

        func encode(to writer: inout Writer) {
            writer.write(device)
            writer.write(group)
        }
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.writeText(relay.description)
        writer.writeOptional(blob)
        writer.write(request)
        writer.writeOptional(newcomer)
    }
}
