internal import FoundationEssentials
internal import GRDB
internal import RelayAPI

/// Appending and advancing (Protocol/mailbox.md, "Epochs, advances, branches" and "Idempotency").
extension MailboxWriter {
    func append(_ command: AppendCommand) throws -> AppendedEntry {
        let grant = try grant(command.access, for: .append)
        if let refusal = grant.refusal(ofAppending: command.entry, inEpoch: command.epoch, limits: limits) {
            // A duplicate is answered before anything else is looked at.
            return try duplicate(of: command.entry.id, in: grant.epoch) ?? { throw refusal }()
        }
        if let entry = try insert(command.entry, next: [], epoch: grant.epoch) {
            use(grant)
            return entry
        }
        // The entry id is in the index, so it is found or belongs to another epoch.
        return try duplicate(of: command.entry.id, in: grant.epoch) ?? { throw StoreFault.damaged }()
    }

    func advance(_ command: AdvanceCommand) throws -> AppendedEntry {
        let grant = try grant(command.access, for: .advance)
        let epoch = grant.epoch
        if let duplicate = try duplicate(of: command.entry.id, in: epoch) { return duplicate }
        guard command.epoch == epoch.number else { throw Problem(.epochMismatch) }
        try epoch.check(command, beside: advances(of: epoch))
        try checkUnknown(command.next.map(\.capabilityHash), in: command.access.mailbox)
        try epoch.mailbox.check(command.entry, limits: limits)
        try count(grants: command.next.count, isAdvance: true, in: epoch.mailbox)
        guard let entry = try insert(command.entry, next: command.next, epoch: epoch) else {
            throw StoreFault.damaged
        }
        epoch.advances += 1
        try execute("UPDATE epoch SET advances = ? WHERE id = ?", [epoch.advances, epoch.row])
        try open(
            epochNumber: epoch.number &+ 1,
            mailboxRow: epoch.mailbox.row,
            mailbox: epoch.mailbox.id,
            opening: entry.sequence,
            openingHash: entry.runningHash,
            grants: command.next
        )
        return entry
    }

    /// Makes an epoch and its grants.
    func open(
        epochNumber: UInt64,
        mailboxRow: Int64,
        mailbox: MailboxID,
        opening: UInt64,
        openingHash: RunningHash,
        grants: [Grant]
    ) throws {
        try execute(
            "INSERT INTO epoch (mailbox, number, opening, opening_hash, advances) VALUES (?, ?, ?, ?, 0)",
            [mailboxRow, Int64(bitPattern: epochNumber), Int64(opening), openingHash.data]
        )
        let epoch = try db.lastInsertedRowID
        for grant in grants { try insert(grant, mailbox: mailbox, epoch: epoch) }
    }

    func insert(_ grant: Grant, mailbox: MailboxID, epoch: Int64) throws {
        try execute(
            #"INSERT INTO "grant" (capability_hash, mailbox_id, epoch, rights, uses_left) VALUES (?, ?, ?, ?, ?)"#,
            [grant.capabilityHash.data, mailbox.data, epoch, Int64(grant.rights.rawValue), Int64(grant.uses)]
        )
    }

    private func checkUnknown(_ hashes: [CapabilityHash], in mailbox: MailboxID) throws {
        try GrantState.checkDistinct(hashes)
        for hash in hashes {
            let known = try fetchOne(
                #"SELECT 1 FROM "grant" WHERE capability_hash = ? AND mailbox_id = ?"#,
                [hash.data, mailbox.data]
            )
            guard known == nil else { throw Problem(.capabilityInUse) }
        }
    }

    /// All advances that leave an epoch.
    private func advances(of epoch: EpochState) throws -> [EntryID] {
        guard epoch.hasEnded else { return [] }
        let found = try Row.fetchAll(
            try db.cachedStatement(
                sql: """
                    SELECT entry_id FROM entry
                    WHERE kind <> 1 AND kind = ? AND id BETWEEN ? AND ?
                    """
            ),
            arguments: [
                Int64(EntryKind.advance.rawValue), EntryKey(epoch: epoch.row, sequence: 0).rowID,
                EntryKey.end(ofEpoch: epoch.row).rowID,
            ]
        )
        return try found.map { try $0.opaque(0, as: EntryID.self) }
    }

    /// What the mailbox holds under an entry id in an epoch; nil when it does not know the id.
    private func duplicate(of id: EntryID, in epoch: EpochState) throws -> AppendedEntry? {
        let found = try fetchOne(
            "SELECT id, running_hash FROM entry WHERE mailbox = ? AND entry_id = ?",
            [epoch.mailbox.row, id.data]
        )
        guard let found else { return nil }
        let key = EntryKey(rowID: found.integer(0))
        guard key.epoch == epoch.row else { throw Problem(.entryIDInUse) }
        return AppendedEntry(sequence: key.sequence, runningHash: try found.opaque(1), isDuplicate: true)
    }

    /// Writes an entry behind the last one of its epoch.
    /// - Returns: nil, with nothing changed, when the mailbox knows its id.
    private func insert(_ entry: NewEntry, next: [Grant], epoch: EpochState) throws -> AppendedEntry? {
        let appended = epoch.following(entry, next: next)
        var insertion = try HotStatement(
            """
            INSERT INTO entry (id, mailbox, entry_id, kind, next, body_hash, running_hash, last_day, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (mailbox, entry_id) DO NOTHING
            """,
            in: db
        )
        insertion.bind(EntryKey(epoch: epoch.row, sequence: appended.sequence).rowID)
        insertion.bind(epoch.mailbox.row)
        insertion.bind(entry.id.bytes)
        insertion.bind(Int64(entry.kind.rawValue))
        insertion.bind(next.joined)
        insertion.bind(entry.bodyHash.bytes)
        insertion.bind(appended.runningHash.bytes)
        insertion.bind(Int64(entry.expiry.number))
        insertion.bind(try nextBody())
        try insertion.run()
        guard try db.changesCount == 1 else { return nil }
        try insertBody(entry.body)
        if epoch.expiryDays.insert(entry.expiry).inserted {
            try execute(
                "INSERT INTO expiry (last_day, epoch, first_sequence) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [entry.expiry.number, epoch.row, Int64(appended.sequence)]
            )
        }
        epoch.add(entry, as: appended)
        noteEntry(in: epoch.mailbox)
        return appended
    }
}
