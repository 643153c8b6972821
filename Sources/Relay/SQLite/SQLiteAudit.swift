internal import GRDB
internal import RelayAPI

/// Reads a whole store, on one snapshot.
struct SQLiteAudit {
    private let db: Database
    private var audit = StoreAudit()

    static func run(_ db: Database) throws -> StoreReport {
        var reading = SQLiteAudit(db: db)
        try reading.checkFile()
        try reading.count()
        try reading.checkEpochs()
        return reading.audit.report
    }

    /// Looks at what SQLite itself can see, whatever the tables are.
    static func runOnFile(_ db: Database) throws -> StoreReport {
        var reading = SQLiteAudit(db: db)
        try reading.checkFile()
        return reading.audit.report
    }

    private init(db: Database) {
        self.db = db
    }

    /// What SQLite itself can see.
    private mutating func checkFile() throws {
        for line in try String.fetchAll(db, sql: "PRAGMA integrity_check(20)") where line != "ok" {
            audit.report.note("SQLite: \(line)")
        }
        for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
            audit.report.note("table \(row["table"] as String? ?? "?"): a row refers to one that is not there")
        }
    }

    private mutating func count() throws {
        func number(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
        audit.report.tokens = try number("SELECT count(*) FROM token")
        audit.report.mailboxes = try number("SELECT count(*) FROM mailbox")
        audit.report.grants = try number(#"SELECT count(*) FROM "grant""#)
        audit.report.blobs = try number("SELECT count(*) FROM blob")
        audit.report.blobParts = try number("SELECT count(*) FROM blob_part")
        let kept = try number("SELECT count(*) FROM body")
        let wanted = try number("SELECT count(*) FROM entry JOIN body ON body.id = entry.body")
        let named = try number("SELECT count(body) FROM entry")
        for row in try Row.fetchAll(db, sql: StoreAudit.miscountedGrants) {
            audit.report.noteGrants(ofMailbox: row.integer(0), counted: row.integer(1), present: row.integer(2))
        }
        if kept != wanted { audit.report.note("\(kept - wanted) bodies belong to no entry") }
        if named != wanted { audit.report.note("\(named - wanted) entries have lost their bodies") }
    }

    private mutating func checkEpochs() throws {
        let epochs = try Row.fetchCursor(
            db,
            sql: """
                SELECT epoch.id, mailbox, mailbox_id, next_sequence, number, opening, opening_hash, advances,
                    body_bytes
                FROM epoch JOIN mailbox ON mailbox.id = epoch.mailbox ORDER BY mailbox, opening
                """
        )
        while let epoch = try epochs.next() {
            audit.begin(
                StoreAudit.Epoch(
                    row: epoch.integer(0),
                    mailbox: epoch.integer(1),
                    mailboxID: try epoch.opaque(2),
                    nextSequence: epoch.unsigned(3),
                    bodyBytes: epoch.unsigned(8),
                    number: epoch.unsigned(4),
                    opening: epoch.unsigned(5),
                    openingHash: try epoch.opaque(6),
                    advances: Int(epoch.integer(7)),
                    head: nil,
                    headHash: nil
                )
            )
            try checkEntries(of: epoch.integer(0))
        }
        audit.finish()
    }

    private mutating func checkEntries(of epoch: Int64) throws {
        let entries = try Row.fetchCursor(
            try db.cachedStatement(
                sql: """
                    SELECT entry.id, kind, entry_id, next, body_hash, running_hash, bytes
                    FROM entry LEFT JOIN body ON body.id = entry.body
                    WHERE entry.id BETWEEN ? AND ? ORDER BY entry.id
                    """
            ),
            arguments: [EntryKey(epoch: epoch, sequence: 0).rowID, EntryKey.end(ofEpoch: epoch).rowID]
        )
        while let entry = try entries.next() {
            audit.add(
                StoreAudit.Entry(
                    sequence: EntryKey(rowID: entry.integer(0)).sequence,
                    kind: entry.integer(1),
                    entryID: try entry.opaque(2),
                    next: try grants(joined: entry.bytes(3)),
                    bodyHash: try entry.opaque(4),
                    runningHash: try entry.opaque(5),
                    body: entry.hasNull(atIndex: 6) ? nil : entry.bytes(6)
                )
            )
        }
    }
}
