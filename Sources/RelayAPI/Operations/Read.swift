public import TLSCodec

/// Reads the entries of the capability's epoch after a cursor, waiting for one if there is none.
public struct ReadRequest: OperationRequest, Equatable {
    public typealias Response = ReadResponse
    public static let operation = Operation.read

    /// Right: read.
    public let access: Access
    /// The relay's, as the cursor has it; `Incarnation.unknown` where there is no cursor yet.
    public let incarnation: Incarnation
    /// Entries with a greater sequence number are wanted.
    public let after: UInt64
    /// At most so many entries; 0 for the relay's own limit.
    public let limit: UInt16
    /// How long to wait for an entry where there is none.
    public let waitSeconds: UInt16

    public static let longestWaitSeconds: UInt16 = 60
    /// What `limit` 0 means.
    public static let defaultLimit: UInt16 = 256

    public init(access: Access, incarnation: Incarnation, after: UInt64, limit: UInt16 = 0, waitSeconds: UInt16 = 0) {
        self.access = access
        self.incarnation = incarnation
        self.after = after
        self.limit = limit
        self.waitSeconds = waitSeconds
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
        incarnation = try reader.read()
        after = try reader.readUInt64()
        limit = try reader.readUInt16()
        waitSeconds = try reader.readUInt16()
        guard waitSeconds <= Self.longestWaitSeconds else { throw .invalid("wait_seconds") }
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
        writer.write(incarnation)
        writer.write(after)
        writer.write(limit)
        writer.write(waitSeconds)
    }
}

/// An entry as it is read.
public struct ReadEntry: WireCodable, Equatable, Sendable {
    public let sequence: UInt64
    public let kind: EntryKind
    public let entryID: EntryID
    /// Grants of the epoch that an advance opened; empty for other kinds.
    public let next: [Grant]
    public let bodyHash: BodyHash
    public let runningHash: RunningHash
    /// Nil when it is gone: deleted, taken or expired.
    public let body: [UInt8]?

    public init(
        sequence: UInt64,
        kind: EntryKind,
        entryID: EntryID,
        next: [Grant],
        bodyHash: BodyHash,
        runningHash: RunningHash,
        body: [UInt8]?
    ) {
        self.sequence = sequence
        self.kind = kind
        self.entryID = entryID
        self.next = next
        self.bodyHash = bodyHash
        self.runningHash = runningHash
        self.body = body
    }

    public init(from reader: inout Reader) throws(CodecError) {
        sequence = try reader.readUInt64()
        kind = try reader.read()
        entryID = try reader.read()
        next = try reader.readVector(maximumCount: Grant.maximumCount)
        guard next.isEmpty == (kind != .advance) else { throw .invalid("next") }
        bodyHash = try reader.read()
        runningHash = try reader.read()
        let state = try reader.readUInt8()
        let bytes = try reader.readVector(maximum: BodyLength.longest.rawValue)
        switch BodyState(rawValue: state) {
        case .present:
            guard BodyLength(rawValue: bytes.count) != nil else { throw .invalid("body") }
            body = bytes
        case .gone:
            guard bytes.isEmpty else { throw .invalid("body") }
            body = nil
        case nil:
            throw .invalid("body state")
        }
    }

    public func encode(to writer: inout Writer) {
        writer.write(sequence)
        writer.write(kind)
        writer.write(entryID)
        writer.writeVector(next)
        writer.write(bodyHash)
        writer.write(runningHash)
        writer.write((body == nil ? BodyState.gone : .present).rawValue)
        writer.writeVector(body ?? [])
    }

    /// What the entry's running hash covers, besides the one before it.
    /// - Parameter epoch: number of the epoch that the entry was read in.
    public func runningHashEntry(epoch: UInt64) -> RunningHashEntry {
        RunningHashEntry(
            sequence: sequence,
            epoch: epoch,
            kind: kind,
            entryID: entryID,
            next: next,
            bodyHash: bodyHash
        )
    }
}

private enum BodyState: UInt8 {
    case present = 1
    case gone = 2
}

/// Answers a read.
public struct ReadResponse: WireCodable, Equatable, Sendable {
    public let incarnation: Incarnation
    /// Number of the epoch.
    public let epoch: UInt64
    /// Sequence number of the advance that opened the epoch; 0 for the first.
    public let opening: UInt64
    public let openingHash: RunningHash
    /// Sequence number of the epoch's last entry; its opening when it has none.
    public let head: UInt64
    /// Running hash of the entry at `head`, or the opening hash.
    public let headHash: RunningHash
    /// In ascending order, which is the relay's word: a client checks it with the running hashes. Not all there are,
    /// unless the last is at `head`.
    public let entries: [ReadEntry]

    public init(
        incarnation: Incarnation,
        epoch: UInt64,
        opening: UInt64,
        openingHash: RunningHash,
        head: UInt64,
        headHash: RunningHash,
        entries: [ReadEntry]
    ) {
        self.incarnation = incarnation
        self.epoch = epoch
        self.opening = opening
        self.openingHash = openingHash
        self.head = head
        self.headHash = headHash
        self.entries = entries
    }

    public init(from reader: inout Reader) throws(CodecError) {
        incarnation = try reader.read()
        epoch = try reader.readUInt64()
        opening = try reader.readUInt64()
        openingHash = try reader.read()
        head = try reader.readUInt64()
        headHash = try reader.read()
        entries = try reader.readVector(maximumCount: Int(UInt16.max))
    }

    public func encode(to writer: inout Writer) {
        writer.write(incarnation)
        writer.write(epoch)
        writer.write(opening)
        writer.write(openingHash)
        writer.write(head)
        writer.write(headHash)
        writer.writeVector(entries)
    }
}
