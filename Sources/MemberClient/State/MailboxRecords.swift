internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// A KeyPackage of this device's in its mailbox. Its private half is an item of its own, until a Welcome uses it.
struct KeyPackageRecord: WireCodable, Sendable {
    let reference: [UInt8]
    let entryID: EntryID
    let isLastResort: Bool
    /// End of the KeyPackage's lifetime.
    let notAfter: Time
    /// What is still to be handed to the relay; nil once it has it.
    var publication: AppendRequest?
    /// Whether somebody has taken it: a Welcome may come.
    var isTaken = false

    init(reference: [UInt8], isLastResort: Bool, notAfter: Time, publication: AppendRequest) {
        self.reference = reference
        entryID = publication.entryID
        self.isLastResort = isLastResort
        self.notAfter = notAfter
        self.publication = publication
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        reference = try reader.readVector()
        entryID = try reader.read()
        isLastResort = try reader.readBool()
        notAfter = try reader.read()
        publication = try reader.readOptional()
        isTaken = try reader.readBool()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.writeVector(reference)
        writer.write(entryID)
        writer.writeBool(isLastResort)
        writer.write(notAfter)
        writer.writeOptional(publication)
        writer.writeBool(isTaken)
    }
}

/// An invitation that this device has issued, and what came in answer.
struct InvitationRecord: WireCodable, Sendable {
    let invitation: Invitation
    var inbox: OwnMailbox
    /// Whether two different requests came, or it was denied: nothing more is taken from it.
    var isVoid = false
    var request: StoredRequest?

    init(invitation: Invitation, inbox: OwnMailbox) {
        self.invitation = invitation
        self.inbox = inbox
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        invitation = try reader.read()
        inbox = try reader.read()
        isVoid = try reader.readBool()
        request = try reader.readOptional()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(invitation)
        writer.write(inbox)
        writer.writeBool(isVoid)
        writer.writeOptional(request)
    }

    /// A request that is well-formed and answers the invitation.
    struct StoredRequest: WireCodable, Sendable {
        let hash: [UInt8]
        let request: JoinRequest
        /// Whether an admin has approved it: an intent says how far that has come.
        var isApproved: Bool

        init(hash: [UInt8], request: JoinRequest, isApproved: Bool = false) {
            self.hash = hash
            self.request = request
            self.isApproved = isApproved
        }

        init(from reader: inout Reader) throws(CodecError) {
            hash = try reader.readVector(maximum: 32)
            request = try reader.read()
            isApproved = try reader.readBool()
        }

        func encode(to writer: inout Writer) {
            writer.writeVector(hash)
            writer.write(request)
            writer.writeBool(isApproved)
        }
    }
}

/// A join that has begun and not ended. Everything random in it was drawn before anything was sent, so that running it
/// again repeats it to the byte.
struct JoiningRecord: WireCodable, Sendable {
    let invitation: Invitation
    let code: String
    let request: AppendRequest
    /// Whether the relay has said that it has the request.
    var isRequested = false

    init(invitation: Invitation, code: String, request: AppendRequest) {
        self.invitation = invitation
        self.code = code
        self.request = request
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        invitation = try reader.read()
        code = try reader.readText(maximum: 64)
        request = try reader.read()
        isRequested = try reader.readBool()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(invitation)
        writer.writeText(code)
        writer.write(request)
        writer.writeBool(isRequested)
    }
}

/// A mailbox that is still to be made at the relay, and for what.
struct CreationRecord: WireCodable, Sendable {
    let relay: RelayAddress
    let request: CreateRequest
    /// Nil for a mailbox of the device's own.
    let group: GroupID?

    init(relay: RelayAddress, request: CreateRequest, group: GroupID?) {
        self.relay = relay
        self.request = request
        self.group = group
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        relay = try reader.readRelayAddress()
        request = try reader.read()
        group = try reader.readOptional()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.writeText(relay.description)
        writer.write(request)
        writer.writeOptional(group)
    }
}

/// That the device's own relay has been restored from a backup.
struct RestorationRecord: WireCodable, Sendable {
    /// The relay's since then.
    let incarnation: Incarnation
    let noticed: Time
    var areKeyPackagesReplaced = false

    init(incarnation: Incarnation, noticed: Time) {
        self.incarnation = incarnation
        self.noticed = noticed
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        incarnation = try reader.read()
        noticed = try reader.read()
        areKeyPackagesReplaced = try reader.readBool()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(incarnation)
        writer.write(noticed)
        writer.writeBool(areKeyPackagesReplaced)
    }
}

/// Capabilities that may be granted to organisations at this device's mailboxes, by their hashes: so that they can be
/// withdrawn when the key is gone that they were derived from.
struct GrantsRecord: WireCodable, Sendable {
    var inbox: Set<CapabilityHash> = []
    var keyPackages: Set<CapabilityHash> = []
    /// When the relay was last asked to grant what is wanted, and said that it does.
    var renewed = Time(seconds: 0)

    init() {}

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        inbox = Set(try reader.readVector())
        keyPackages = Set(try reader.readVector())
        renewed = try reader.read()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.writeVector(Array(inbox))
        writer.writeVector(Array(keyPackages))
        writer.write(renewed)
    }
}

extension VaultTransaction {
    /// Nothing in a vault of an earlier program: what that had granted stays granted.
    func grants() throws(VaultError) -> GrantsRecord {
        try record(.grants, as: GrantsRecord.self) ?? GrantsRecord()
    }
}
