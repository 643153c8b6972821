internal import RelayAPI

/// Reading: one snapshot, in one exchange.
enum PostgreSQLReader {
    static func read(_ query: ReadQuery, on connection: PostgreSQLConnection) throws -> ReadResponse {
        let results = try connection.undoingOnError {
            try connection.execute(
                [
                    PostgreSQLStatement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
                    PostgreSQLStatement("SELECT incarnation FROM store WHERE id = 1"), epoch(of: query.access),
                    entries(query), PostgreSQLStatement("COMMIT"),
                ]
            )
        }
        guard let store = results[1].first else { throw StoreFault.damaged }
        let incarnation: Incarnation = try store.opaque(0)
        // Decided before the capability is looked at: its epoch may be what a rolled-back store has lost.
        guard query.incarnation == incarnation || query.incarnation == .unknown else {
            throw Problem(.incarnationChanged, incarnation: incarnation)
        }
        guard let epoch = results[2].first else { throw Problem(.notPermitted) }
        return ReadResponse(
            incarnation: incarnation,
            epoch: try epoch.unsigned(0),
            opening: try epoch.unsigned(1),
            openingHash: try epoch.opaque(2),
            head: try epoch.unsigned(3),
            headHash: try epoch.opaque(4),
            entries: try results[3].map { try entry($0, today: query.today) }
        )
    }

    private static func epoch(of access: HashedAccess) -> PostgreSQLStatement {
        PostgreSQLStatement(
            """
            SELECT number, opening, opening_hash, head, head_hash FROM "grant" JOIN epoch ON epoch.id = "grant".epoch
            WHERE capability_hash = $1 AND mailbox_id = $2 AND rights & 1 <> 0
            """,
            [.opaque(access.capability), .opaque(access.mailbox)]
        )
    }

    /// The entries that fit into an answer; the first in any case. Everything but body and grants is less than 256
    /// bytes. The epoch is looked up first: joined with it, all that follow would be read and sorted for one page.
    static func entries(_ query: ReadQuery) -> PostgreSQLStatement {
        PostgreSQLStatement(
            """
            SELECT sequence, kind, entry_id, next, body_hash, running_hash, last_day, body FROM (
                SELECT *, sum(256 + octet_length(next) + coalesce(octet_length(body), 0)) OVER before AS length,
                    row_number() OVER before AS place
                FROM (
                    SELECT * FROM entry WHERE epoch = (
                        SELECT epoch FROM "grant" WHERE capability_hash = $1 AND mailbox_id = $2 AND rights & 1 <> 0
                    ) AND sequence > $3 ORDER BY sequence LIMIT $4
                ) AS page WINDOW before AS (ORDER BY sequence)
            ) AS measured WHERE length <= $5 OR place = 1 ORDER BY sequence
            """,
            [
                .opaque(query.access.capability), .opaque(query.access.mailbox),
                .integer(Int64(clamping: query.after)), .integer(Int64(query.limit)),
                .integer(Int64(query.maximumLength)),
            ]
        )
    }

    private static func entry(_ row: PostgreSQLRow, today: Day) throws -> ReadEntry {
        guard let kind = EntryKind(rawValue: UInt8(truncatingIfNeeded: try row.integer(1))) else {
            throw StoreFault.damaged
        }
        // What has expired is gone, also where its removal is still to come.
        let isPresent = try !row.isNull(6) && row.integer(6) >= today.number
        return ReadEntry(
            sequence: try row.unsigned(0),
            kind: kind,
            entryID: try row.opaque(2),
            next: try grants(joined: row.bytes(3)),
            bodyHash: try row.opaque(4),
            runningHash: try row.opaque(5),
            body: isPresent ? row.bytes(7) : nil
        )
    }
}
