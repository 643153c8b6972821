internal import GRDB
internal import RelayAPI

/// Taking, deleting and expiry: what leaves tombstones (Protocol/mailbox.md, "Taking" and "Deleting and expiry").
extension MailboxWriter {
    func take(_ access: HashedAccess, today: Day) throws -> TakenEntry? {
        let grant = try grant(access, for: .take)
        guard grant.usesLeft > 0 else { throw Problem(.quotaExhausted) }
        let epoch = grant.epoch
        let end = EntryKey.end(ofEpoch: epoch.row).rowID
        let oldest = try fetchOne(
            """
            SELECT entry.id, entry_id, bytes FROM entry JOIN body ON body.id = entry.body
            WHERE entry.id > ? AND entry.id < ? AND kind = 1 AND last_day >= ? ORDER BY entry.id LIMIT 1
            """,
            [EntryKey(epoch: epoch.row, sequence: epoch.takenTo).rowID, end, today.number]
        )
        if let oldest {
            epoch.takenTo = EntryKey(rowID: oldest.integer(0)).sequence
            let taken = TakenEntry(entryID: try oldest.opaque(1), kind: .application, body: oldest.bytes(2))
            try removeBody(of: oldest.integer(0), in: epoch.mailbox)
            use(grant)
            return taken
        }
        epoch.takenTo = epoch.head
        let lastResort = try fetchOne(
            """
            SELECT entry_id, bytes FROM entry JOIN body ON body.id = entry.body
            WHERE kind <> 1 AND kind = 3 AND entry.id BETWEEN ? AND ? AND last_day >= ?
            ORDER BY entry.id DESC LIMIT 1
            """,
            [EntryKey(epoch: epoch.row, sequence: 0).rowID, end, today.number]
        )
        guard let lastResort else { return nil }
        use(grant)
        return TakenEntry(entryID: try lastResort.opaque(0), kind: .lastResort, body: lastResort.bytes(1))
    }

    /// - Returns: whether there are more bodies to remove.
    func deleteSome(_ access: HashedAccess, upTo sequence: UInt64) throws -> Bool {
        let epoch = try grant(access, for: .delete).epoch
        let last = min(sequence, epoch.head)
        guard epoch.deletedTo < last else { return false }
        let step = try RemovalStep(
            bodiesWhere: "entry.id > ? AND entry.id <= ? AND entry.body IS NOT NULL",
            [
                EntryKey(epoch: epoch.row, sequence: epoch.deletedTo).rowID,
                EntryKey(epoch: epoch.row, sequence: last).rowID,
            ],
            in: db
        )
        for row in step.rows { try removeBody(of: row, in: epoch.mailbox) }
        epoch.deletedTo = step.isLast ? last : step.rows.last.map { EntryKey(rowID: $0).sequence } ?? last
        return !step.isLast
    }

    /// Removes bodies that `ExpiryScan` found.
    func expire(_ scan: ExpiryScan) throws {
        let mailbox = try mailbox(ofEpoch: scan.epoch)
        for row in scan.rows { try removeBody(of: row, in: mailbox) }
        let behind = try fetchOne(
            "SELECT 1 FROM entry WHERE id > ? AND id < ?",
            [EntryKey(epoch: scan.epoch, sequence: scan.scannedTo).rowID, EntryKey.end(ofEpoch: scan.epoch).rowID]
        )
        if behind == nil {
            try execute("DELETE FROM expiry WHERE last_day = ? AND epoch = ?", [scan.day.number, scan.epoch])
            keptEpoch(row: scan.epoch)?.expiryDays.remove(scan.day)
        } else {
            try execute(
                "UPDATE expiry SET first_sequence = ? WHERE last_day = ? AND epoch = ?",
                [Int64(scan.scannedTo) + 1, scan.day.number, scan.epoch]
            )
        }
    }

    private func removeBody(of row: Int64, in mailbox: MailboxState) throws {
        let body = try fetchOne(
            "SELECT body.id, length(bytes) FROM entry JOIN body ON body.id = entry.body WHERE entry.id = ?",
            [row]
        )
        if let body {
            try execute("DELETE FROM body WHERE id = ?", [body.integer(0)])
            release(body.integer(1), of: mailbox)
        }
        try execute("UPDATE entry SET body = NULL, last_day = NULL WHERE id = ?", [row])
    }
}

/// The bodies that one transaction removes, by deleting and by expiry: so few that the writer is held for some
/// milliseconds, because each page of them is overwritten.
struct RemovalStep {
    /// Keys in the table `entry`, ascending.
    let rows: [Int64]
    /// Whether there are no more to remove after these.
    let isLast: Bool

    private static let mostBodies = 256
    /// Of bodies, unless the first alone is longer.
    private static let mostBytes = 512 * 1024

    /// - Parameter condition: on the table `entry`, with `arguments` in it.
    init(bodiesWhere condition: String, _ arguments: StatementArguments, in db: Database) throws {
        let found = try Row.fetchCursor(
            try db.cachedStatement(
                sql: """
                    SELECT entry.id, coalesce(length(bytes), 0) FROM entry LEFT JOIN body ON body.id = entry.body
                    WHERE \(condition) ORDER BY entry.id
                    """
            ),
            arguments: arguments
        )
        var rows: [Int64] = []
        var bytes: Int64 = 0
        while let body = try found.next() {
            bytes += body.integer(1)
            if rows.count == Self.mostBodies || (!rows.isEmpty && bytes > Self.mostBytes) {
                (self.rows, isLast) = (rows, false)
                return
            }
            rows.append(body.integer(0))
        }
        (self.rows, isLast) = (rows, true)
    }
}
