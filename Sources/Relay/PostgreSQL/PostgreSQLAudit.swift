internal import RelayAPI

/// Reads a whole store, in a transaction that sees one snapshot.
struct PostgreSQLAudit {
    /// Entries that are in memory at a time.
    private static let pageLength = 32

    private let connection: PostgreSQLConnection
    private var audit = StoreAudit()

    static func run(_ connection: PostgreSQLConnection) throws -> StoreReport {
        try connection.transaction {
            // A whole table takes longer than a request ever may.
            try connection.run(
                script: """
                    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
                    SET LOCAL statement_timeout = 0;
                    SET LOCAL idle_in_transaction_session_timeout = 0;
                    """
            )
            var reading = PostgreSQLAudit(connection: connection)
            try reading.count()
            try reading.checkEpochs()
            return reading.audit.report
        }
    }

    private init(connection: PostgreSQLConnection) {
        self.connection = connection
    }

    private mutating func count() throws {
        func number(_ table: String) throws -> Int {
            Int(try connection.execute("SELECT count(*) FROM \(table)")[0].integer(0))
        }
        audit.report.tokens = try number("token")
        audit.report.mailboxes = try number("mailbox")
        audit.report.grants = try number(#""grant""#)
        for row in try connection.execute(StoreAudit.miscountedGrants) {
            try audit.report.noteGrants(ofMailbox: row.integer(0), counted: row.integer(1), present: row.integer(2))
        }
        audit.report.blobs = try number("blob")
        audit.report.blobParts = try number("blob_part")
    }

    private mutating func checkEpochs() throws {
        var last: (mailbox: Int64, opening: Int64) = (.min, .min)
        while true {
            let epochs = try connection.execute(
                """
                SELECT epoch.id, mailbox, mailbox_id, next_sequence, number, opening, opening_hash, advances,
                    body_bytes, head, head_hash
                FROM epoch JOIN mailbox ON mailbox.id = epoch.mailbox
                WHERE (mailbox, opening) > ($1, $2) ORDER BY mailbox, opening LIMIT 256
                """,
                [.integer(last.mailbox), .integer(last.opening)]
            )
            guard let end = epochs.last else { return audit.finish() }
            last = (try end.integer(1), try end.integer(5))
            for epoch in epochs {
                audit.begin(
                    StoreAudit.Epoch(
                        row: try epoch.integer(0),
                        mailbox: try epoch.integer(1),
                        mailboxID: try epoch.opaque(2),
                        nextSequence: try epoch.unsigned(3),
                        bodyBytes: try epoch.unsigned(8),
                        number: try epoch.unsigned(4),
                        opening: try epoch.unsigned(5),
                        openingHash: try epoch.opaque(6),
                        advances: Int(try epoch.integer(7)),
                        head: try epoch.unsigned(9),
                        headHash: try epoch.opaque(10)
                    )
                )
                try checkEntries(of: try epoch.integer(0))
            }
        }
    }

    private mutating func checkEntries(of epoch: Int64) throws {
        var last: Int64 = 0
        while true {
            let entries = try connection.execute(
                """
                SELECT sequence, kind, entry_id, next, body_hash, running_hash, body
                FROM entry WHERE epoch = $1 AND sequence > $2 ORDER BY sequence LIMIT \(Self.pageLength)
                """,
                [.integer(epoch), .integer(last)]
            )
            guard let end = entries.last else { return }
            last = try end.integer(0)
            for entry in entries {
                audit.add(
                    StoreAudit.Entry(
                        sequence: try entry.unsigned(0),
                        kind: try entry.integer(1),
                        entryID: try entry.opaque(2),
                        next: try grants(joined: entry.bytes(3)),
                        bodyHash: try entry.opaque(4),
                        runningHash: try entry.opaque(5),
                        body: entry.isNull(6) ? nil : entry.bytes(6)
                    )
                )
            }
        }
    }
}
