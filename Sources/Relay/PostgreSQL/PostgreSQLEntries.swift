internal import RelayAPI

/// Appending (Protocol/mailbox.md, "Epochs, advances, branches" and "Idempotency"), many requests in one transaction
/// of two exchanges: lock and load, decide here, write and commit.
struct PostgreSQLEntries {
    let connection: PostgreSQLConnection
    let limits: RelayLimits

    /// Tells the other relays of new entries.
    typealias Announcement = ([MailboxID]) -> [PostgreSQLStatement]

    /// - Parameter patience: for how many seconds to wait for mailboxes that somebody else holds; nil to refuse what concerns
    ///   these.
    /// - Returns: what becomes of each request, in their order, and in which mailboxes there may be entries of which nobody
    ///   has heard.
    func append(
        _ commands: [AppendCommand],
        waiting patience: Int?,
        announcing: Announcement
    ) throws -> (results: [Result<AppendedEntry, Problem>], unheard: [MailboxID]) {
        let accesses = commands.map(\.access)
        let grants = PostgreSQLGrants.statements(accesses, right: .append, passingBusy: patience == nil)
        let loading = [
            PostgreSQLStatement("BEGIN"),
            // `lock_timeout` is for each mailbox anew.
            PostgreSQLSession.limit(patience ?? PostgreSQLSession.statementTime), grants[0],
            PostgreSQLSession.limit(PostgreSQLSession.statementTime), grants[1],
            PostgreSQLStored.statement(accesses, ids: commands.map(\.entry.id), right: .append),
        ]
        return try connection.undoingOnError {
            let loaded = try connection.execute(loading)
            let grants = try PostgreSQLGrants([loaded[2], loaded[4]])
            var stored = try PostgreSQLStored(rows: loaded[5])
            var written = PostgreSQLWrittenEntries()
            let results = commands.map { command in
                Result { () throws(Problem) in
                    try append(command, grants: grants, stored: &stored, written: &written)
                }
            }
            // Those of duplicates too: the answer to the commit that brought the entry may have been lost, and nobody told.
            let unheard = Set(zip(commands, results).compactMap { (try? $1.get()) == nil ? nil : $0.access.mailbox })
            try connection.commit(written.statements + announcing(Array(unheard)))
            return (results, Array(unheard))
        }
    }

    private func append(
        _ command: AppendCommand,
        grants: PostgreSQLGrants,
        stored: inout PostgreSQLStored,
        written: inout PostgreSQLWrittenEntries
    ) throws(Problem) -> AppendedEntry {
        let grant = try grants.grant(command.access)
        let epoch = grant.epoch
        if let duplicate = try stored.duplicate(of: command.entry.id, in: epoch) { return duplicate }
        if let refusal = grant.refusal(ofAppending: command.entry, inEpoch: command.epoch, limits: limits) {
            throw refusal
        }
        let entry = written.add(command.entry, next: [], to: epoch)
        written.use(grant)
        stored.add(entry, id: command.entry.id, epoch: epoch)
        return entry
    }

    /// Appends an advance, in a transaction of its own that is under way.
    func advance(_ command: AdvanceCommand) throws -> AppendedEntry {
        let access = command.access
        let loaded = try connection.execute(
            PostgreSQLGrants.statements([access], right: .advance)
                + [PostgreSQLStored.statement([access], ids: [command.entry.id], right: .advance)]
                + [Self.advances(access), Self.known(command.next, in: access)]
        )
        let epoch = try PostgreSQLGrants(loaded[0...1]).grant(access).epoch
        if let duplicate = try PostgreSQLStored(rows: loaded[2]).duplicate(of: command.entry.id, in: epoch) {
            return duplicate
        }
        guard command.epoch == epoch.number else { throw Problem(.epochMismatch) }
        try epoch.check(command, beside: loaded[3].map { try $0.opaque(0, as: EntryID.self) })
        try GrantState.checkDistinct(command.next.map(\.capabilityHash))
        guard loaded[4].isEmpty else { throw Problem(.capabilityInUse) }
        try epoch.mailbox.check(command.entry, limits: limits)
        try epoch.mailbox.count(grants: command.next.count, isAdvance: true, limits: limits)
        var written = PostgreSQLWrittenEntries()
        let entry = written.add(command.entry, next: command.next, to: epoch)
        epoch.advances += 1
        try connection.execute(written.statements)
        try open(
            epochNumber: epoch.number &+ 1,
            mailbox: epoch.mailbox,
            opening: entry.sequence,
            openingHash: entry.runningHash,
            grants: command.next
        )
        return entry
    }

    /// Makes an epoch and its grants.
    func open(
        epochNumber: UInt64,
        mailbox: MailboxState,
        opening: UInt64,
        openingHash: RunningHash,
        grants: [Grant]
    ) throws {
        try connection.execute(
            """
            WITH opened AS (
                INSERT INTO epoch (mailbox, number, opening, opening_hash, head, head_hash)
                VALUES ($1, $2, $3, $4, $3, $4) RETURNING id
            )
            INSERT INTO "grant" (capability_hash, mailbox_id, epoch, rights, uses_left)
            SELECT added.capability_hash, $5, opened.id, added.rights, added.uses
            FROM opened, unnest($6::bytea[], $7::bigint[], $8::bigint[]) AS added (capability_hash, rights, uses)
            """,
            [
                .integer(mailbox.row), .integer(Int64(bitPattern: epochNumber)), .integer(Int64(opening)),
                .opaque(openingHash), .opaque(mailbox.id),
            ] + Self.columns(of: grants)
        )
    }

    /// Grants as three parameters: capability hashes, rights, uses.
    static func columns(of grants: [Grant]) -> [PostgreSQLValue] {
        [
            .opaques(grants.map(\.capabilityHash)), .integers(grants.map { Int64($0.rights.rawValue) }),
            .integers(grants.map { Int64($0.uses) }),
        ]
    }

    private static func advances(_ access: HashedAccess) -> PostgreSQLStatement {
        PostgreSQLStatement(
            """
            SELECT entry_id FROM "grant" JOIN entry ON entry.epoch = "grant".epoch
            WHERE capability_hash = $1 AND mailbox_id = $2 AND kind = 2
            """,
            [.opaque(access.capability), .opaque(access.mailbox)]
        )
    }

    private static func known(_ grants: [Grant], in access: HashedAccess) -> PostgreSQLStatement {
        PostgreSQLStatement(
            #"SELECT 1::bigint FROM "grant" WHERE capability_hash = ANY ($1) AND mailbox_id = $2 LIMIT 1"#,
            [.opaques(grants.map(\.capabilityHash)), .opaque(access.mailbox)]
        )
    }
}
