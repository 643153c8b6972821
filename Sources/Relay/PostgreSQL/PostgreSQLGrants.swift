internal import RelayAPI

/// The grants of capabilities, with the epochs and mailboxes to which they belong, as a transaction has locked and
/// loaded them. The objects are shared, so that one request of a transaction sees what another has changed.
struct PostgreSQLGrants {
    private var grants: [HashedAccess: GrantState] = [:]
    /// Those whose mailboxes are not locked.
    private var busy: Set<HashedAccess> = []

    /// Two statements: the first locks the mailboxes, always in the same order, so that transactions wait for each
    /// other in no circle; the second, which sees all that was committed before it, loads. It also sees grants that came
    /// while the first waited for another mailbox; these are of no use, because nobody keeps others from theirs.
    /// - Parameter passingBusy: whether to leave out mailboxes that others hold, instead of waiting for these.
    static func statements(
        _ accesses: [HashedAccess],
        right: Rights,
        passingBusy: Bool = false
    ) -> [PostgreSQLStatement] {
        let distinct = Array(Set(accesses))
        let values: [PostgreSQLValue] = [
            .opaques(distinct.map(\.capability)), .opaques(distinct.map(\.mailbox)), .integer(Int64(right.rawValue)),
        ]
        return [
            // Found by the grant: for a wrong capability nobody waits, as for a mailbox that is not there.
            PostgreSQLStatement(
                """
                SELECT mailbox.id FROM unnest($1::bytea[], $2::bytea[]) AS wanted (capability_hash, mailbox_id)
                JOIN "grant" USING (capability_hash, mailbox_id)
                JOIN mailbox ON mailbox.mailbox_id = "grant".mailbox_id
                WHERE rights & $3 <> 0 ORDER BY mailbox.id FOR UPDATE OF mailbox \(passingBusy ? "SKIP LOCKED" : "")
                """,
                values
            ),
            PostgreSQLStatement(
                """
                SELECT capability_hash, mailbox_id, rights, uses_left,
                    epoch.id, number, advances, head, head_hash, taken_to, deleted_to,
                    mailbox.id, next_sequence, body_bytes
                FROM unnest($1::bytea[], $2::bytea[]) AS wanted (capability_hash, mailbox_id)
                JOIN "grant" USING (capability_hash, mailbox_id)
                JOIN epoch ON epoch.id = "grant".epoch
                JOIN mailbox USING (mailbox_id)
                WHERE rights & $3 <> 0
                """,
                values
            ),
        ]
    }

    /// - Parameter results: of both statements.
    init(_ results: some Collection<[PostgreSQLRow]>) throws {
        let locked = Set(try (results.first ?? []).map { try $0.integer(0) })
        var epochs: [Int64: EpochState] = [:]
        var mailboxes: [Int64: MailboxState] = [:]
        for row in results.dropFirst().first ?? [] {
            let access = HashedAccess(mailbox: try row.opaque(1), capability: try row.opaque(0))
            let mailboxRow = try row.integer(11)
            guard locked.contains(mailboxRow) else {
                busy.insert(access)
                continue
            }
            let mailbox =
                try mailboxes[mailboxRow]
                ?? MailboxState(
                    row: mailboxRow,
                    id: access.mailbox,
                    nextSequence: row.unsigned(12),
                    bodyBytes: row.unsigned(13)
                )
            mailboxes[mailboxRow] = mailbox
            let epochRow = try row.integer(4)
            let epoch =
                try epochs[epochRow]
                ?? EpochState(
                    row: epochRow,
                    mailbox: mailbox,
                    number: row.unsigned(5),
                    advances: Int(row.integer(6)),
                    head: row.unsigned(7),
                    headHash: row.opaque(8),
                    takenTo: row.unsigned(9),
                    deletedTo: row.unsigned(10)
                )
            epochs[epochRow] = epoch
            grants[access] = GrantState(
                access: access,
                epoch: epoch,
                rights: Rights(rawValue: UInt8(truncatingIfNeeded: try row.integer(2))),
                usesLeft: UInt32(truncatingIfNeeded: try row.integer(3))
            )
        }
    }

    /// - Throws: `not-permitted`, whatever it is that is missing; or `unavailable` for who asks again and finds it.
    func grant(_ access: HashedAccess) throws(Problem) -> GrantState {
        if busy.contains(access) { throw Problem(.unavailable, detail: "the mailbox is busy") }
        guard let grant = grants[access] else { throw Problem(.notPermitted) }
        return grant
    }

    /// Locks the mailbox of a capability that has a right, in a transaction that is under way.
    static func lock(
        _ access: HashedAccess,
        for right: Rights,
        on connection: PostgreSQLConnection
    ) throws -> GrantState {
        try PostgreSQLGrants(connection.execute(statements([access], right: right))).grant(access)
    }
}

/// Which of the entry ids of a transaction's requests their mailboxes hold already.
struct PostgreSQLStored {
    private struct Key: Hashable {
        let mailbox: Int64
        let id: EntryID
    }

    private struct Entry {
        let epoch: Int64
        let sequence: UInt64
        let runningHash: RunningHash
    }

    private var entries: [Key: Entry] = [:]

    /// - Parameter ids: one for each access.
    static func statement(_ accesses: [HashedAccess], ids: [EntryID], right: Rights) -> PostgreSQLStatement {
        PostgreSQLStatement(
            """
            SELECT entry.mailbox, entry.entry_id, entry.epoch, entry.sequence, entry.running_hash
            FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS wanted (capability_hash, mailbox_id, entry_id)
            JOIN "grant" USING (capability_hash, mailbox_id)
            JOIN epoch ON epoch.id = "grant".epoch
            JOIN entry ON entry.mailbox = epoch.mailbox AND entry.entry_id = wanted.entry_id
            WHERE rights & $4 <> 0
            """,
            [
                .opaques(accesses.map(\.capability)), .opaques(accesses.map(\.mailbox)), .opaques(ids),
                .integer(Int64(right.rawValue)),
            ]
        )
    }

    init(rows: [PostgreSQLRow]) throws {
        for row in rows {
            let key = Key(mailbox: try row.integer(0), id: try row.opaque(1))
            entries[key] = Entry(
                epoch: try row.integer(2),
                sequence: try row.unsigned(3),
                runningHash: try row.opaque(4)
            )
        }
    }

    /// What the mailbox holds under an entry id in an epoch; nil when it does not know the id.
    func duplicate(of id: EntryID, in epoch: EpochState) throws(Problem) -> AppendedEntry? {
        guard let entry = entries[Key(mailbox: epoch.mailbox.row, id: id)] else { return nil }
        guard entry.epoch == epoch.row else { throw Problem(.entryIDInUse) }
        return AppendedEntry(sequence: entry.sequence, runningHash: entry.runningHash, isDuplicate: true)
    }

    /// Remembers an entry that the transaction adds.
    mutating func add(_ entry: AppendedEntry, id: EntryID, epoch: EpochState) {
        entries[Key(mailbox: epoch.mailbox.row, id: id)] = Entry(
            epoch: epoch.row,
            sequence: entry.sequence,
            runningHash: entry.runningHash
        )
    }
}
