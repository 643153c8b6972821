internal import GRDB
internal import RelayAPI

/// The readers' side of the store: each call sees one snapshot, and waits for no writer.
enum MailboxReader {
    static func read(_ query: ReadQuery, incarnation: Incarnation, in db: Database) throws -> ReadResponse {
        // Decided before the capability is looked at: its epoch may be what a rolled-back store has lost.
        guard query.incarnation == incarnation || query.incarnation == .unknown else {
            throw Problem(.incarnationChanged, incarnation: incarnation)
        }
        let epoch = try epoch(of: query.access, in: db)
        let last = try Row.fetchOne(
            try db.cachedStatement(
                sql: "SELECT id, running_hash FROM entry WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1"
            ),
            arguments: [EntryKey(epoch: epoch.row, sequence: 0).rowID, EntryKey.end(ofEpoch: epoch.row).rowID]
        )
        return ReadResponse(
            incarnation: incarnation,
            epoch: epoch.number,
            opening: epoch.opening,
            openingHash: epoch.openingHash,
            head: last.map { EntryKey(rowID: $0.integer(0)).sequence } ?? epoch.opening,
            headHash: try last?.opaque(1) ?? epoch.openingHash,
            entries: try entries(of: epoch.row, for: query, in: db)
        )
    }

    /// The next bodies to remove; none when nothing has expired before `today`.
    static func scanExpiry(today: Day, in db: Database) throws -> [ExpiryScan] {
        let due = try Row.fetchCursor(
            try db.cachedStatement(
                sql: """
                    SELECT last_day, epoch, first_sequence FROM expiry WHERE last_day < ? ORDER BY last_day
                    """
            ),
            arguments: [today.number]
        )
        var scans: [ExpiryScan] = []
        var places = RemovalScan.mostRows
        while places > 0, let next = try due.next() {
            let scan = try ExpiryScan(next, atMost: places, in: db)
            // An epoch without any takes a place as well.
            places -= max(scan.rows.count, 1)
            scans.append(scan)
        }
        return scans
    }

    static func tokens(in db: Database) throws -> [StoredToken] {
        try Row.fetchAll(db, sql: "SELECT hash, label, mailboxes_left, last_day FROM token ORDER BY label, hash")
            .map { try StoredToken($0) }
    }

    private struct Epoch {
        let row: Int64
        let number: UInt64
        let opening: UInt64
        let openingHash: RunningHash
    }

    /// - Throws: `not-permitted`, in the same way and at the same cost whatever it is that is missing.
    private static func epoch(of access: HashedAccess, in db: Database) throws -> Epoch {
        let found = try Row.fetchOne(
            try db.cachedStatement(
                sql: #"""
                    SELECT epoch.id, epoch.number, epoch.opening, epoch.opening_hash
                    FROM "grant" JOIN epoch ON epoch.id = "grant".epoch
                    WHERE capability_hash = ? AND mailbox_id = ? AND rights & ? <> 0
                    """#
            ),
            arguments: [access.capability.data, access.mailbox.data, Int64(Rights.read.rawValue)]
        )
        guard let found else { throw Problem(.notPermitted) }
        return Epoch(
            row: found.integer(0),
            number: found.unsigned(1),
            opening: found.unsigned(2),
            openingHash: try found.opaque(3)
        )
    }

    private static func entries(of epoch: Int64, for query: ReadQuery, in db: Database) throws -> [ReadEntry] {
        let rows = try Row.fetchCursor(
            try db.cachedStatement(
                sql: """
                    SELECT entry.id, entry_id, kind, next, body_hash, running_hash, last_day, bytes
                    FROM entry LEFT JOIN body ON body.id = entry.body
                    WHERE entry.id > ? AND entry.id < ? ORDER BY entry.id LIMIT ?
                    """
            ),
            arguments: [
                EntryKey(epoch: epoch, sequence: query.after).rowID, EntryKey.end(ofEpoch: epoch).rowID, query.limit,
            ]
        )
        var entries: [ReadEntry] = []
        var length = 0
        while let row = try rows.next() {
            let entry = try entry(row, today: query.today)
            // Everything but body and grants is less than this.
            length += 256 + entry.next.count * 37 + (entry.body?.count ?? 0)
            if !entries.isEmpty, length > query.maximumLength { break }
            entries.append(entry)
        }
        return entries
    }

    private static func entry(_ row: Row, today: Day) throws -> ReadEntry {
        guard let kind = EntryKind(rawValue: UInt8(truncatingIfNeeded: row.integer(2))) else {
            throw StoreFault.damaged
        }
        let lastDay: Int? = row[6]
        // What has expired is gone, also where its removal is still to come.
        let isPresent = lastDay.map { $0 >= today.number } ?? false
        return ReadEntry(
            sequence: EntryKey(rowID: row.integer(0)).sequence,
            kind: kind,
            entryID: try row.opaque(1),
            next: try grants(joined: row.bytes(3)),
            bodyHash: try row.opaque(4),
            runningHash: try row.opaque(5),
            body: isPresent ? row.bytes(7) : nil
        )
    }
}

/// Bodies of an epoch to remove because their day has passed.
struct ExpiryScan: Sendable {
    let epoch: Int64
    let day: Day
    let rows: [EntryKey]
    /// The sequence number up to which the epoch holds no others of this day or an earlier one.
    let scannedTo: UInt64

    /// - Parameter due: the columns last_day, epoch and first_sequence of the table `expiry`.
    init(_ due: Row, atMost count: Int, in db: Database) throws {
        epoch = due.integer(1)
        day = Day(Int(due.integer(0)))
        let end = EntryKey.end(ofEpoch: epoch).rowID
        let found = try RemovalScan(
            bodiesWhere: "id >= ? AND id < ? AND last_day <= ?",
            [EntryKey(epoch: epoch, sequence: due.unsigned(2)).rowID, end, due.integer(0)],
            atMost: count,
            in: db
        )
        rows = found.rows
        if found.isLast {
            let last = try Int64.fetchOne(
                try db.cachedStatement(sql: "SELECT id FROM entry WHERE id < ? ORDER BY id DESC LIMIT 1"),
                arguments: [end]
            )
            scannedTo = last.map { EntryKey(rowID: $0).sequence } ?? 0
        } else {
            scannedTo = rows.last?.sequence ?? 0
        }
    }
}
