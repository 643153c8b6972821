internal import RelayAPI

/// What a transaction writes: entries behind the last ones of their epochs, and the counters that move with them.
struct PostgreSQLWrittenEntries {
    private struct Row {
        let epoch: EpochState
        let entry: NewEntry
        let next: [Grant]
        let appended: AppendedEntry
    }

    private struct Expiry: Hashable {
        let day: Day
        let epoch: Int64
    }

    private var rows: [Row] = []
    private var grants: [HashedAccess: GrantState] = [:]
    /// Sequence number of the first entry.
    private var expiries: [Expiry: UInt64] = [:]

    /// Puts an entry behind the last one of an epoch.
    mutating func add(_ entry: NewEntry, next: [Grant], to epoch: EpochState) -> AppendedEntry {
        let appended = epoch.following(entry, next: next)
        rows.append(Row(epoch: epoch, entry: entry, next: next, appended: appended))
        let expiry = Expiry(day: entry.expiry, epoch: epoch.row)
        expiries[expiry] = expiries[expiry] ?? appended.sequence
        epoch.add(entry, as: appended)
        return appended
    }

    /// Counts one use.
    mutating func use(_ grant: GrantState) {
        if grant.use() { grants[grant.access] = grant }
    }

    var statements: [PostgreSQLStatement] {
        var statements = rows.isEmpty ? [] : [insertEntries, updateMailboxes, updateEpochs, insertExpiries]
        if !grants.isEmpty { statements.append(updateGrants) }
        return statements
    }

    private var insertEntries: PostgreSQLStatement {
        PostgreSQLStatement(
            """
            INSERT INTO entry
                (epoch, sequence, mailbox, entry_id, kind, next, body_hash, running_hash, last_day, body)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bytea[],
                $7::bytea[], $8::bytea[], $9::bigint[], $10::bytea[])
            """,
            [
                .integers(rows.map(\.epoch.row)), .integers(rows.map { Int64($0.appended.sequence) }),
                .integers(rows.map(\.epoch.mailbox.row)), .opaques(rows.map(\.entry.id)),
                .integers(rows.map { Int64($0.entry.kind.rawValue) }),
                .byteStrings(rows.map { Array($0.next.joined) }), .opaques(rows.map(\.entry.bodyHash)),
                .opaques(rows.map(\.appended.runningHash)), .integers(rows.map { Int64($0.entry.expiry.number) }),
                .byteStrings(rows.map(\.entry.body)),
            ]
        )
    }

    private var updateMailboxes: PostgreSQLStatement {
        let mailboxes = Dictionary(rows.map { ($0.epoch.mailbox.row, $0.epoch.mailbox) }, uniquingKeysWith: { $1 })
        return PostgreSQLStatement(
            """
            UPDATE mailbox
            SET next_sequence = changed.next_sequence, body_bytes = changed.body_bytes, grants = changed.grants
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
                AS changed (id, next_sequence, body_bytes, grants)
            WHERE mailbox.id = changed.id
            """,
            [
                .integers(mailboxes.values.map(\.row)), .integers(mailboxes.values.map { Int64($0.nextSequence) }),
                .integers(mailboxes.values.map { Int64($0.bodyBytes) }),
                .integers(mailboxes.values.map { Int64($0.grants) }),
            ]
        )
    }

    private var updateEpochs: PostgreSQLStatement {
        let changed = Dictionary(rows.map { ($0.epoch.row, $0.epoch) }, uniquingKeysWith: { $1 }).values
        return PostgreSQLStatement(
            """
            UPDATE epoch SET head = changed.head, head_hash = changed.head_hash, advances = changed.advances
            FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[])
                AS changed (id, head, head_hash, advances)
            WHERE epoch.id = changed.id
            """,
            [
                .integers(changed.map(\.row)), .integers(changed.map { Int64($0.head) }),
                .opaques(changed.map(\.headHash)), .integers(changed.map { Int64($0.advances) }),
            ]
        )
    }

    private var insertExpiries: PostgreSQLStatement {
        PostgreSQLStatement(
            """
            INSERT INTO expiry (last_day, epoch, first_sequence)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) ON CONFLICT DO NOTHING
            """,
            [
                .integers(expiries.keys.map { Int64($0.day.number) }), .integers(expiries.keys.map(\.epoch)),
                .integers(expiries.values.map { Int64($0) }),
            ]
        )
    }

    private var updateGrants: PostgreSQLStatement {
        let grants = Array(grants.values)
        return PostgreSQLStatement(
            """
            UPDATE "grant" SET uses_left = changed.uses_left
            FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) AS changed (capability_hash, mailbox_id, uses_left)
            WHERE "grant".capability_hash = changed.capability_hash AND "grant".mailbox_id = changed.mailbox_id
            """,
            [
                .opaques(grants.map(\.access.capability)), .opaques(grants.map(\.access.mailbox)),
                .integers(grants.map { Int64($0.usesLeft) }),
            ]
        )
    }
}
