internal import RelayAPI

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
