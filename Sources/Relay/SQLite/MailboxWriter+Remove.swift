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
        let found = try RemovalScan(
            bodiesWhere: "id > ? AND id <= ? AND body IS NOT NULL",
            [
                EntryKey(epoch: epoch.row, sequence: epoch.deletedTo).rowID,
                EntryKey(epoch: epoch.row, sequence: last).rowID,
            ],
            atMost: RemovalScan.mostRows,
            in: db
        )
        let removed = try removeBodies(of: found.rows, in: epoch.mailbox)
        let isDone = removed == found.rows.count && found.isLast
        epoch.deletedTo = isDone ? last : found.rows[removed - 1].sequence
        return !isDone
    }

    /// Removes bodies that `ExpiryScan` found, as many as there is time for.
    func expire(_ scans: [ExpiryScan]) throws {
        for scan in scans {
            guard try expire(scan) else { return }
        }
    }

    /// - Returns: whether that was all, and there is time for more.
    private func expire(_ scan: ExpiryScan) throws -> Bool {
        let removed = try removeBodies(of: scan.rows, in: mailbox(ofEpoch: scan.epoch))
        let isWhole = removed == scan.rows.count
        let scannedTo = isWhole ? scan.scannedTo : scan.rows[removed - 1].sequence
        let behind = try fetchOne(
            "SELECT 1 FROM entry WHERE id > ? AND id < ?",
            [EntryKey(epoch: scan.epoch, sequence: scannedTo).rowID, EntryKey.end(ofEpoch: scan.epoch).rowID]
        )
        if behind == nil {
            try execute("DELETE FROM expiry WHERE last_day = ? AND epoch = ?", [scan.day.number, scan.epoch])
            keptEpoch(row: scan.epoch)?.expiryDays.remove(scan.day)
        } else {
            try execute(
                "UPDATE expiry SET first_sequence = ? WHERE last_day = ? AND epoch = ?",
                [Int64(scannedTo) + 1, scan.day.number, scan.epoch]
            )
        }
        return isWhole && hasTimeForMore()
    }

    /// Cuts free pages off the end of the file, and moves others there first, for as long as there is time.
    func giveBackSomeSpace() throws {
        repeat {
            try db.execute(sql: "PRAGMA incremental_vacuum(8)")
        } while try hasTimeForMore() && Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0 > 0
    }

    /// Removes the first of some bodies, and more while there is time.
    /// - Returns: how many.
    private func removeBodies(of entries: [EntryKey], in mailbox: MailboxState) throws -> Int {
        for (index, entry) in entries.enumerated() {
            if index > 0, !hasTimeForMore() { return index }
            try removeBody(of: entry.rowID, in: mailbox)
        }
        return entries.count
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

/// Entries whose bodies are to be removed.
struct RemovalScan {
    /// Ascending.
    let rows: [EntryKey]
    /// Whether there are no more behind these.
    let isLast: Bool

    /// Looked for at a time: more than there is time to remove in one transaction.
    static let mostRows = 256

    /// - Parameter condition: on the table `entry`, with `arguments` in it.
    init(bodiesWhere condition: String, _ arguments: StatementArguments, atMost count: Int, in db: Database) throws {
        let found = try Int64.fetchAll(
            try db.cachedStatement(sql: "SELECT id FROM entry WHERE \(condition) ORDER BY id LIMIT ?"),
            arguments: arguments + [count]
        )
        rows = found.map { EntryKey(rowID: $0) }
        isLast = found.count < count
    }
}
