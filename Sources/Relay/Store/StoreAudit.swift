internal import RelayAPI

/// Computes all running hashes of a store anew, as clients do, and looks at each entry. It is given the epochs of each
/// mailbox together, in the order of their openings, and the entries of each in theirs.
struct StoreAudit {
    /// An epoch as it is stored.
    struct Epoch {
        let row: Int64
        /// Row of its mailbox.
        let mailbox: Int64
        let mailboxID: MailboxID
        let nextSequence: UInt64
        /// Of the bodies of its mailbox.
        let bodyBytes: UInt64
        let number: UInt64
        let opening: UInt64
        let openingHash: RunningHash
        let advances: Int
        /// Sequence number and running hash of its last entry, or those it was opened with, on which the next one builds; nil
        /// where the store does not keep them, but looks at the entries.
        let head: UInt64?
        let headHash: RunningHash?
    }

    /// An entry as it is stored.
    struct Entry {
        let sequence: UInt64
        let kind: Int64
        let entryID: EntryID
        let next: [Grant]
        let bodyHash: BodyHash
        let runningHash: RunningHash
        /// Nil when it has gone.
        let body: [UInt8]?
    }

    /// The mailboxes that count less grants than they have (`StoreReport.noteGrants`): row, counted, present. The same tables
    /// in every store.
    static let miscountedGrants = """
        SELECT mailbox.id, mailbox.grants, count("grant".epoch) FROM mailbox
        LEFT JOIN epoch ON epoch.mailbox = mailbox.id LEFT JOIN "grant" ON "grant".epoch = epoch.id
        GROUP BY mailbox.id HAVING mailbox.grants < count("grant".epoch)
        """

    var report = StoreReport()

    private var epoch: Epoch?
    /// Of the epoch's last entry.
    private var sequence: UInt64 = 0
    private var hash: RunningHash?
    private var advances = 0
    /// Of the mailbox's epochs so far.
    private var entries: UInt64 = 0
    /// Of the bodies of the mailbox's epochs so far.
    private var bodyBytes: UInt64 = 0
    /// The running hashes of the mailbox's advances so far, by their sequence numbers.
    private var openings: [UInt64: RunningHash] = [:]
    /// The sequence numbers of the mailbox's entries so far: those of 64 are the bits of one number.
    private var sequences: [UInt64: UInt64] = [:]

    mutating func begin(_ epoch: Epoch) {
        finishEpoch()
        if epoch.mailbox != self.epoch?.mailbox {
            finishMailbox()
            openings = [0: RunningHash(opening: epoch.mailboxID)]
            (entries, bodyBytes) = (0, 0)
            sequences = [:]
        }
        self.epoch = epoch
        (sequence, hash, advances) = (epoch.opening, epoch.openingHash, 0)
        report.epochs += 1
        if openings[epoch.opening] != epoch.openingHash {
            report.note("epoch \(epoch.row): no advance opens it, or one with another hash")
        }
    }

    mutating func add(_ entry: Entry) {
        guard let epoch, let previous = hash else { return }
        report.entries += 1
        entries += 1
        let place = "epoch \(epoch.row), entry \(entry.sequence)"
        guard let kind = UInt8(exactly: entry.kind).flatMap({ EntryKind(rawValue: $0) }) else {
            return report.note("\(place): there is no such kind")
        }
        if entry.sequence <= sequence || entry.sequence >= epoch.nextSequence {
            report.note("\(place): the sequence number is out of place")
        }
        let bit: UInt64 = 1 << (entry.sequence % 64)
        if sequences[entry.sequence / 64, default: 0] & bit != 0 {
            report.note("\(place): another epoch of the mailbox has the sequence number too")
        }
        sequences[entry.sequence / 64, default: 0] |= bit
        let expected = previous.following(
            with: RunningHashEntry(
                sequence: entry.sequence,
                epoch: epoch.number,
                kind: kind,
                entryID: entry.entryID,
                next: entry.next,
                bodyHash: entry.bodyHash
            )
        )
        if expected != entry.runningHash { report.note("\(place): the running hash is wrong") }
        (sequence, hash) = (entry.sequence, entry.runningHash)
        if kind == .advance {
            advances += 1
            openings[entry.sequence] = entry.runningHash
        }
        guard let body = entry.body else { return }
        report.bodies += 1
        report.bodyBytes += body.count
        bodyBytes += UInt64(body.count)
        if BodyHash(of: body) != entry.bodyHash { report.note("\(place): the body is not what its hash says") }
    }

    /// After the last epoch.
    mutating func finish() {
        finishEpoch()
        finishMailbox()
    }

    private mutating func finishEpoch() {
        guard let epoch else { return }
        if epoch.advances != advances {
            report.note("epoch \(epoch.row): it has \(advances) advances, and counts \(epoch.advances)")
        }
        if let head = epoch.head, head != sequence {
            report.note("epoch \(epoch.row): it ends at \(sequence), and says that it does at \(head)")
        }
        if let headHash = epoch.headHash, headHash != hash {
            report.note("epoch \(epoch.row): it says that it ends with another running hash than it does")
        }
    }

    private mutating func finishMailbox() {
        guard let epoch else { return }
        // Each number stands for an entry, in whichever epoch, and what has gone leaves a tombstone: where the last ones of an epoch
        // are missing, no hash tells it.
        if epoch.nextSequence != entries + 1 {
            report.note(
                "mailbox \(epoch.mailbox): it has \(entries) entries, and its next one is \(epoch.nextSequence)"
            )
        }
        if epoch.bodyBytes != bodyBytes {
            report.note(
                "mailbox \(epoch.mailbox): its bodies have \(bodyBytes) bytes, and it counts \(epoch.bodyBytes)"
            )
        }
    }
}
