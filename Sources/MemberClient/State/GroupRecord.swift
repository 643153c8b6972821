internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// 16 random bytes that name an MLS group.
struct GroupID: OpaqueBytes, Hashable {
    static let length = 16
    let bytes: [UInt8]

    init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    static func random() -> Self { Self(unchecked: EntryID.random().bytes) }
}

/// What is known of a group besides its MLS state, which is kept in two items of its own.
struct GroupRecord: WireCodable, Sendable {
    let profile: GroupProfile
    var cursor: Cursor
    /// The capability of the present epoch: what is needed to read without loading MLS state.
    var capability: Capability
    /// Incarnations of the relay in which entries of the present epoch were read, before the present one.
    var earlierIncarnations: [Incarnation] = []
    /// Epoch of the coalition group against whose tree every leaf of this group was last found in the directory
    /// (policy S1); nil: it must be looked at again before anything is sent.
    var directoryEpoch: UInt64?
    /// The greatest commit_time in the tree (policy S2).
    var lastCommitTime: Time
    /// Nil while the group can be followed.
    var stopped: StopReason?

    init(profile: GroupProfile, cursor: Cursor, capability: Capability, lastCommitTime: Time) {
        self.profile = profile
        self.cursor = cursor
        self.capability = capability
        self.lastCommitTime = lastCommitTime
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        profile = try reader.read()
        cursor = try reader.read()
        capability = try reader.read()
        earlierIncarnations = try reader.readVector(maximumCount: Self.maximumIncarnations)
        directoryEpoch = try reader.readBool() ? try reader.readUInt64() : nil
        lastCommitTime = try reader.read()
        let reason = try reader.readUInt8()
        stopped = StopReason(rawValue: reason)
        guard reason == 0 || stopped != nil else { throw .invalid("stop reason") }
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(profile)
        writer.write(cursor)
        writer.write(capability)
        writer.writeVector(earlierIncarnations)
        writer.writeBool(directoryEpoch != nil)
        if let directoryEpoch { writer.write(directoryEpoch) }
        writer.write(lastCommitTime)
        writer.write(stopped?.rawValue ?? 0)
    }

    /// A relay that changes its incarnation for ever must not make the record grow for ever.
    static let maximumIncarnations = 8

    var access: Access { Access(mailbox: profile.mailbox.mailbox, capability: capability) }
}

/// Why a group cannot be followed any further.
enum StopReason: UInt8, Sendable {
    /// A Commit passed every check that all members make alike, and its path secret or confirmation tag is wrong for
    /// this device.
    case cannotDecrypt = 1
    /// The Commit that moves the group on expired before it was read.
    case commitExpired = 2
    /// A Commit removed this device.
    case removed = 3

    var text: String {
        switch self {
        case .cannotDecrypt: "a Commit cannot be decrypted on this device"
        case .commitExpired: "a Commit expired before this device read it"
        case .removed: "this device was removed from the group"
        }
    }
}

/// An entry of the present epoch that has been read: what positions of other members are compared with.
///
/// Each names the one before it, so that all can be found from the cursor on back.
struct SeenEntry: WireCodable, Sendable {
    let runningHash: RunningHash
    /// Sequence number of the entry before it in the epoch; the opening's for the first.
    let previous: UInt64
    /// Nil for what could not be looked at, and is not done with if it comes again.
    let content: EntryContent?

    init(runningHash: RunningHash, previous: UInt64, content: EntryContent?) {
        self.runningHash = runningHash
        self.previous = previous
        self.content = content
    }

    init(from reader: inout Reader) throws(CodecError) {
        runningHash = try reader.read()
        previous = try reader.readUInt64()
        content = try reader.readOptional()
    }

    func encode(to writer: inout Writer) {
        writer.write(runningHash)
        writer.write(previous)
        writer.writeOptional(content)
    }
}

/// What an entry is, wherever in a log it stands: the same again is known by it when a log is read anew.
struct EntryContent: WireCodable, Hashable, Sendable {
    let kind: EntryKind
    let entryID: EntryID
    let next: [Grant]
    let bodyHash: BodyHash

    init(of entry: LogEntry) {
        kind = entry.kind
        entryID = entry.entryID
        next = entry.next
        bodyHash = entry.bodyHash
    }

    init(from reader: inout Reader) throws(CodecError) {
        kind = try reader.read()
        entryID = try reader.read()
        next = try reader.readVector(maximumCount: Grant.maximumCount)
        bodyHash = try reader.read()
    }

    func encode(to writer: inout Writer) {
        writer.write(kind)
        writer.write(entryID)
        writer.writeVector(next)
        writer.write(bodyHash)
    }
}

/// An advance out of the present epoch that everybody skips.
struct SkippedAdvance: WireCodable, Sendable {
    let entryID: EntryID
    /// Who made it, where that is certain: the Commit passed C1 and C2. Anybody may remove the device with the next
    /// Commit (policy C8).
    let sender: UInt32?

    init(entryID: EntryID, sender: UInt32?) {
        self.entryID = entryID
        self.sender = sender
    }

    init(from reader: inout Reader) throws(CodecError) {
        entryID = try reader.read()
        sender = try reader.readBool() ? try reader.readUInt32() : nil
    }

    func encode(to writer: inout Writer) {
        writer.write(entryID)
        writer.writeBool(sender != nil)
        if let sender { writer.write(sender) }
    }
}

/// A skipped advance whose sender may be removed for it, as it is handed back to a relay that lost it.
struct Offence: WireCodable, Sendable {
    /// Its leaf.
    let sender: UInt32
    let request: AdvanceRequest

    init(sender: UInt32, request: AdvanceRequest) {
        self.sender = sender
        self.request = request
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        sender = try reader.readUInt32()
        request = try reader.read()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(sender)
        writer.write(request)
    }
}

/// An advance that was applied, or what such a one rests on, as it is handed back to a relay that lost it
/// (Protocol/detection.md).
struct AppliedAdvance: WireCodable, Sendable {
    let request: AdvanceRequest

    init(request: AdvanceRequest) {
        self.request = request
    }

    init(from reader: inout Reader) throws(CodecError) {
        request = try reader.read()
    }

    func encode(to writer: inout Writer) {
        writer.write(request)
    }

    /// How many are kept for each group.
    static let maximumCount: UInt64 = 16
}
