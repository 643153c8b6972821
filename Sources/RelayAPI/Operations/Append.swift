public import TLSCodec

/// Appends an entry that is not an advance.
public struct AppendRequest: OperationRequest, Equatable {
    public typealias Response = AppendResponse
    public static let operation = Operation.append

    /// Right: append.
    public let access: Access
    /// Number of the capability's epoch.
    public let epoch: UInt64
    public let entryID: EntryID
    /// `application` or `lastResort`.
    public let kind: EntryKind
    /// 0 for the kind's default.
    public let retentionDays: UInt16
    /// Of a length in `BodyLength`; of any length here, because a relay has a problem of its own for another.
    public let body: [UInt8]

    public init(
        access: Access,
        epoch: UInt64,
        entryID: EntryID,
        kind: EntryKind,
        retentionDays: UInt16 = 0,
        body: [UInt8]
    ) {
        self.access = access
        self.epoch = epoch
        self.entryID = entryID
        self.kind = kind
        self.retentionDays = retentionDays
        self.body = body
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
        epoch = try reader.readUInt64()
        entryID = try reader.read()
        kind = try reader.read()
        guard kind != .advance else { throw .invalid("entry kind") }
        retentionDays = try reader.readUInt16()
        body = try reader.readVector(maximum: Operation.maximumRequestLength)
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
        writer.write(epoch)
        writer.write(entryID)
        writer.write(kind)
        writer.write(retentionDays)
        writer.writeVector(body)
    }
}

/// Answers an append or an advance: the entry is on disk.
public struct AppendResponse: WireCodable, Equatable, Sendable {
    public let incarnation: Incarnation
    public let sequence: UInt64
    public let runningHash: RunningHash
    /// Whether the relay already held this entry id: then the rest is about the entry it holds.
    public let isDuplicate: Bool

    public init(incarnation: Incarnation, sequence: UInt64, runningHash: RunningHash, isDuplicate: Bool) {
        self.incarnation = incarnation
        self.sequence = sequence
        self.runningHash = runningHash
        self.isDuplicate = isDuplicate
    }

    public init(from reader: inout Reader) throws(CodecError) {
        incarnation = try reader.read()
        sequence = try reader.readUInt64()
        runningHash = try reader.read()
        switch try reader.readUInt8() {
        case 0: isDuplicate = false
        case 1: isDuplicate = true
        default: throw .invalid("duplicate")
        }
    }

    public func encode(to writer: inout Writer) {
        writer.write(incarnation)
        writer.write(sequence)
        writer.write(runningHash)
        writer.write(isDuplicate ? UInt8(1) : UInt8(0))
    }
}

/// Appends an advance, and opens the epoch that follows, in one transaction.
public struct AdvanceRequest: OperationRequest, Equatable {
    public typealias Response = AppendResponse
    public static let operation = Operation.advance

    /// Right: advance.
    public let access: Access
    /// Number of the capability's epoch, which ends.
    public let epoch: UInt64
    public let entryID: EntryID
    /// 0 for the default.
    public let retentionDays: UInt16
    /// Grants of the new epoch: 1 to 1,024.
    public let next: [Grant]
    /// Entry ids of the advances out of this epoch that the caller has seen.
    public let advancesSeen: [EntryID]
    /// Of a length in `BodyLength`; see `AppendRequest.body`.
    public let body: [UInt8]

    /// Most advances out of one epoch.
    public static let maximumAdvances = 1024

    public init(
        access: Access,
        epoch: UInt64,
        entryID: EntryID,
        retentionDays: UInt16 = 0,
        next: [Grant],
        advancesSeen: [EntryID],
        body: [UInt8]
    ) {
        self.access = access
        self.epoch = epoch
        self.entryID = entryID
        self.retentionDays = retentionDays
        self.next = next
        self.advancesSeen = advancesSeen
        self.body = body
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
        epoch = try reader.readUInt64()
        entryID = try reader.read()
        retentionDays = try reader.readUInt16()
        next = try reader.readEpochGrants()
        advancesSeen = try reader.readVector(maximumCount: Self.maximumAdvances)
        body = try reader.readVector(maximum: Operation.maximumRequestLength)
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
        writer.write(epoch)
        writer.write(entryID)
        writer.write(retentionDays)
        writer.writeVector(next)
        writer.writeVector(advancesSeen)
        writer.writeVector(body)
    }
}
