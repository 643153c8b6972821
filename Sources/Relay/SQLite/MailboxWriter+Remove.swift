internal import GRDB
internal import RelayAPI

/// Taking, deleting and expiry: what leaves tombstones (Protocol/mailbox.md, "Taking" and "Deleting and expiry").
extension MailboxWriter {
    /// Bodies removed in one transaction by deleting and by expiry: some milliseconds of the writer's time.
    static let removalsPerStep = 256

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
            try removeBody(of: oldest.integer(0))
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
        let rows = try Int64.fetchAll(
            try db.cachedStatement(
                sql: "SELECT id FROM entry WHERE id > ? AND id <= ? AND body IS NOT NULL ORDER BY id LIMIT ?"
            ),
            arguments: [
                EntryKey(epoch: epoch.row, sequence: epoch.deletedTo).rowID,
                EntryKey(epoch: epoch.row, sequence: last).rowID, Self.removalsPerStep,
            ]
        )
        for row in rows { try removeBody(of: row) }
        let isDone = rows.count < Self.removalsPerStep
        epoch.deletedTo = isDone ? last : rows.last.map { EntryKey(rowID: $0).sequence } ?? last
        return !isDone
    }

    /// Removes bodies that `ExpiryScan` found.
    func expire(_ scan: ExpiryScan) throws {
        for row in scan.rows { try removeBody(of: row) }
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

    private func removeBody(of row: Int64) throws {
        try execute("DELETE FROM body WHERE id = (SELECT body FROM entry WHERE id = ?)", [row])
        try execute("UPDATE entry SET body = NULL, last_day = NULL WHERE id = ?", [row])
    }
}
