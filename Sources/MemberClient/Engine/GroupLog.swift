internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// Where a member stands in a mailbox's log (Protocol/mailbox.md, "Cursor and incarnation"): the epoch, and the last
/// entry of it that has been processed.
struct Cursor: WireCodable, Equatable, Sendable {
    var incarnation: Incarnation
    let epoch: UInt64
    /// Sequence number and running hash of the advance that opened the epoch.
    var opening: Position
    /// The last entry processed; the opening where there is none.
    var last: Position

    init(incarnation: Incarnation, epoch: UInt64, opening: Position) {
        self.incarnation = incarnation
        self.epoch = epoch
        self.opening = opening
        last = opening
    }

    /// At the beginning of a mailbox whose first epoch has this number.
    init(mailbox: MailboxID, incarnation: Incarnation, epoch: UInt64 = 0) {
        self.init(
            incarnation: incarnation,
            epoch: epoch,
            opening: Position(sequence: 0, runningHash: RunningHash(opening: mailbox))
        )
    }

    init(from reader: inout Reader) throws(CodecError) {
        incarnation = try reader.read()
        epoch = try reader.readUInt64()
        opening = try reader.read()
        last = try reader.read()
    }

    func encode(to writer: inout Writer) {
        writer.write(incarnation)
        writer.write(epoch)
        writer.write(opening)
        writer.write(last)
    }
}

/// An entry as the relay shows it, checked against the chain of running hashes.
struct LogEntry: Sendable {
    let sequence: UInt64
    let kind: EntryKind
    let entryID: EntryID
    let next: [Grant]
    let bodyHash: BodyHash
    /// As this client computed it; where the chain is broken, as the relay gave it.
    let runningHash: RunningHash
    let body: Body

    enum Body: Sendable {
        case present([UInt8])
        /// Expired or deleted.
        case gone
        /// Not the body that its hash stands for.
        case wrong
    }

    var position: Position { Position(sequence: sequence, runningHash: runningHash) }
}

/// What a relay's answer to a read shows, once every running hash has been computed anew (Protocol/detection.md).
struct GroupLog: Sendable {
    /// Entries after the cursor, in ascending order.
    let entries: [LogEntry]
    let violations: [LogViolation]
    /// Whether the relay has more entries than it gave, so that it is worth asking at once again.
    let hasMore: Bool
    /// Whether it goes up to the head that the relay names.
    let reachesHead: Bool

    /// Whether the log ends before the cursor.
    var isRolledBack: Bool {
        violations.contains { if case .headBehind = $0 { true } else { false } }
    }

    /// Whether what it shows may be put right by another answer from the epoch's beginning on.
    var isBroken: Bool {
        violations.contains { violation in
            switch violation {
            case .openingChanged, .notAscending, .chainBroken, .bodyChanged, .headContradicts: true
            // The cursor has not moved, or moves back to the opening anyway.
            case .withheld, .headBehind: false
            }
        }
    }

    /// Checks an answer to a read from `cursor` on. It is pure: nothing is remembered, nothing is asked.
    ///
    /// Where the chain is broken, it goes on with the relay's running hash: what can still be read is read, and others'
    /// positions can still be compared.
    init(_ response: ReadResponse, from cursor: Cursor) {
        var violations: [LogViolation] = []
        var entries: [LogEntry] = []
        var last = cursor.last
        if response.epoch != cursor.epoch || response.opening != cursor.opening.sequence
            || response.openingHash != cursor.opening.runningHash
        {
            violations.append(.openingChanged(Position(sequence: response.opening, runningHash: response.openingHash)))
        }
        for entry in response.entries {
            guard entry.sequence > last.sequence else {
                violations.append(.notAscending(sequence: entry.sequence, after: last.sequence))
                continue
            }
            let computed = last.runningHash.following(with: entry.runningHashEntry(epoch: cursor.epoch))
            if computed != entry.runningHash {
                violations.append(.chainBroken(at: entry.sequence, after: last.sequence))
            }
            let body: LogEntry.Body =
                switch entry.body {
                case nil: .gone
                case let bytes? where BodyHash(of: bytes) == entry.bodyHash: .present(bytes)
                case _?: .wrong
                }
            if case .wrong = body { violations.append(.bodyChanged(sequence: entry.sequence)) }
            entries.append(
                LogEntry(
                    sequence: entry.sequence,
                    kind: entry.kind,
                    entryID: entry.entryID,
                    next: entry.next,
                    bodyHash: entry.bodyHash,
                    runningHash: entry.runningHash,
                    body: body
                )
            )
            last = Position(sequence: entry.sequence, runningHash: entry.runningHash)
        }
        if response.head < last.sequence {
            violations.append(.headBehind(head: response.head, cursor: last.sequence))
        } else if response.head == last.sequence, response.headHash != last.runningHash {
            violations.append(.headContradicts(sequence: response.head))
        }
        if response.head > last.sequence, response.entries.isEmpty {
            violations.append(.withheld(head: response.head))
        }
        self.entries = entries
        self.violations = violations
        reachesHead = response.head <= last.sequence
        // Without an entry there is no progress to be made, whatever the head says.
        hasMore = !reachesHead && !entries.isEmpty
    }
}

/// A way in which a relay's answer contradicts what it or its chain said before.
enum LogViolation: Equatable, Sendable {
    /// The epoch has another number, or was opened elsewhere, than the cursor knows.
    case openingChanged(Position)
    /// An entry stands at or before one that has been read.
    case notAscending(sequence: UInt64, after: UInt64)
    /// An entry's running hash does not follow from the one before: something was dropped, changed or moved.
    case chainBroken(at: UInt64, after: UInt64)
    /// A body is not the one that its hash stands for.
    case bodyChanged(sequence: UInt64)
    /// The log ends before an entry that has been read: the relay rolled back without saying so.
    case headBehind(head: UInt64, cursor: UInt64)
    /// The head has the last entry's number and another running hash.
    case headContradicts(sequence: UInt64)
    /// The relay says that there are entries, and hands out none.
    case withheld(head: UInt64)

    /// What is noted of it.
    func finding(in group: GroupID?, at time: Time) -> FindingRecord {
        switch self {
        case .openingChanged(let position):
            FindingRecord(.openingChanged, at: time, group: group, parameters: ["sequence": "\(position.sequence)"])
        case .notAscending(let sequence, let after):
            FindingRecord(
                .notAscending,
                at: time,
                group: group,
                parameters: ["sequence": "\(sequence)", "after": "\(after)"]
            )
        case .chainBroken(let sequence, let after):
            FindingRecord(
                .chainBroken,
                at: time,
                group: group,
                parameters: ["sequence": "\(sequence)", "after": "\(after)"]
            )
        case .bodyChanged(let sequence):
            FindingRecord(.bodyChanged, at: time, group: group, parameters: ["sequence": "\(sequence)"])
        case .headBehind(let head, let cursor):
            FindingRecord(
                .headBehind,
                at: time,
                group: group,
                parameters: ["head": "\(head)", "read": "\(cursor)"]
            )
        case .headContradicts(let sequence):
            FindingRecord(.headContradicts, at: time, group: group, parameters: ["sequence": "\(sequence)"])
        case .withheld(let head):
            FindingRecord(.withheld, at: time, group: group, parameters: ["head": "\(head)"])
        }
    }
}
