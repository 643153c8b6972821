internal import RelayAPI

/// Access tokens, new mailboxes and changes of grants (Protocol/mailbox.md, "Names and secrets" and "Grants"), each in
/// a transaction that is under way and that what they throw undoes.
struct PostgreSQLMailboxes {
    let connection: PostgreSQLConnection

    func create(_ command: CreateCommand, limits: RelayLimits) throws {
        let token = try token(command.token, today: command.today)
        // One that comes from two relays at once is inserted by the first, and is there for the second, which waits.
        let inserted = try connection.execute(
            """
            INSERT INTO mailbox (mailbox_id, next_sequence, grants) VALUES ($1, 1, $2)
            ON CONFLICT (mailbox_id) DO NOTHING RETURNING id
            """,
            [.opaque(command.mailbox), .integer(Int64(command.grants.count))]
        )
        guard let inserted = inserted.first else {
            guard try isFirstEpoch(like: command) else { throw Problem(.mailboxExists) }
            return
        }
        try GrantState.checkDistinct(command.grants.map(\.capabilityHash))
        guard token.mailboxesLeft > 0 else { throw Problem(.mailboxesExhausted) }
        try spend(1, of: token)
        let mailbox = MailboxState(
            row: try inserted.integer(0),
            id: command.mailbox,
            nextSequence: 1,
            bodyBytes: 0,
            grants: UInt64(command.grants.count)
        )
        try PostgreSQLEntries(connection: connection, limits: limits)
            .open(
                epochNumber: command.epoch,
                mailbox: mailbox,
                opening: 0,
                openingHash: RunningHash(opening: command.mailbox),
                grants: command.grants
            )
    }

    func makeChildToken(_ command: ChildTokenCommand) throws {
        let parent = try token(command.parent, today: command.today)
        let inserted = try connection.execute(
            """
            INSERT INTO token (hash, label, mailboxes_left, last_day) VALUES ($1, '', $2, $3)
            ON CONFLICT DO NOTHING RETURNING mailboxes_left
            """,
            [.opaque(command.child), .integer(Int64(command.mailboxes)), .day(command.expiry)]
        )
        guard !inserted.isEmpty else { return }
        if let lastDay = parent.expiry, lastDay < command.expiry {
            throw Problem(.tokenRefused, detail: "it expires before the child would")
        }
        guard parent.mailboxesLeft >= command.mailboxes else { throw Problem(.mailboxesExhausted) }
        try spend(command.mailboxes, of: parent)
    }

    func changeGrants(_ command: GrantCommand, limits: RelayLimits) throws {
        let epoch = try PostgreSQLGrants.lock(command.access, for: .grant, on: connection).epoch
        let named = command.set.map(\.capabilityHash) + command.remove
        guard !named.contains(command.access.capability) else {
            throw Problem(.malformed, detail: "a capability cannot change itself")
        }
        try GrantState.checkDistinct(named)
        let elsewhere = try connection.execute(
            """
            SELECT 1::bigint FROM "grant" WHERE capability_hash = ANY ($1) AND mailbox_id = $2 AND epoch <> $3 LIMIT 1
            """,
            [.opaques(command.set.map(\.capabilityHash)), .opaque(command.access.mailbox), .integer(epoch.row)]
        )
        guard elsewhere.isEmpty else { throw Problem(.capabilityInUse) }
        let removed = try connection.execute(
            #"DELETE FROM "grant" WHERE capability_hash = ANY ($1) AND mailbox_id = $2 AND epoch = $3 RETURNING capability_hash"#,
            [.opaques(named), .opaque(command.access.mailbox), .integer(epoch.row)]
        )
        try connection.execute(
            """
            INSERT INTO "grant" (capability_hash, mailbox_id, epoch, rights, uses_left)
            SELECT capability_hash, $1, $2, rights, uses
            FROM unnest($3::bytea[], $4::bigint[], $5::bigint[]) AS added (capability_hash, rights, uses)
            """,
            [.opaque(command.access.mailbox), .integer(epoch.row)] + PostgreSQLEntries.columns(of: command.set)
        )
        let present = try connection.execute(#"SELECT count(*) FROM "grant" WHERE epoch = $1"#, [.integer(epoch.row)])
        guard try present[0].integer(0) <= Grant.maximumCount else { throw Problem(.grantsExhausted) }
        let gone = Set(try removed.map { try $0.opaque(0, as: CapabilityHash.self) })
        let added = command.set.count { !gone.contains($0.capabilityHash) }
        try epoch.mailbox.count(grants: added, isAdvance: false, limits: limits)
        try connection.execute(
            "UPDATE mailbox SET grants = $1 WHERE id = $2",
            [.integer(Int64(epoch.mailbox.grants)), .integer(epoch.mailbox.row)]
        )
    }

    func issueToken(_ hash: AccessTokenHash, label: String, mailboxes: UInt32) throws {
        try connection.execute(
            """
            INSERT INTO token (hash, label, mailboxes_left, last_day) VALUES ($1, $2, $3, NULL)
            ON CONFLICT DO NOTHING
            """,
            [.opaque(hash), .text(label), .integer(Int64(mailboxes))]
        )
    }

    func revokeToken(_ hash: AccessTokenHash) throws {
        try connection.execute("DELETE FROM token WHERE hash = $1", [.opaque(hash)])
    }

    func tokens() throws -> [StoredToken] {
        try connection.execute("SELECT hash, label, mailboxes_left, last_day FROM token ORDER BY label, hash")
            .map { try StoredToken($0) }
    }

    /// A token, which nobody else spends until the transaction's end.
    private func token(_ hash: AccessTokenHash, today: Day) throws -> StoredToken {
        let found = try connection.execute(
            "SELECT hash, label, mailboxes_left, last_day FROM token WHERE hash = $1 FOR UPDATE",
            [.opaque(hash)]
        )
        guard let token = try found.first.map(StoredToken.init), token.expiry ?? today >= today else {
            throw Problem(.tokenRefused)
        }
        return token
    }

    private func spend(_ mailboxes: UInt32, of token: StoredToken) throws {
        try connection.execute(
            "UPDATE token SET mailboxes_left = mailboxes_left - $1 WHERE hash = $2",
            [.integer(Int64(mailboxes)), .opaque(token.hash)]
        )
    }

    /// Whether a mailbox was made by the same request, as far as can still be seen: uses may have been spent.
    private func isFirstEpoch(like command: CreateCommand) throws -> Bool {
        let present = try connection.execute(
            """
            SELECT capability_hash, rights, uses_left, number
            FROM mailbox JOIN epoch ON epoch.mailbox = mailbox.id JOIN "grant" ON "grant".epoch = epoch.id
            WHERE mailbox.mailbox_id = $1 AND opening = 0
            """,
            [.opaque(command.mailbox)]
        )
        let wanted = Dictionary(command.grants.map { ($0.capabilityHash, $0) }, uniquingKeysWith: { $1 })
        guard wanted.count == command.grants.count, present.count == wanted.count else { return false }
        return try present.allSatisfy { row in
            guard let grant = wanted[try row.opaque(0)], try row.unsigned(3) == command.epoch else { return false }
            return try Int64(grant.rights.rawValue) == row.integer(1) && Int64(grant.uses) >= row.integer(2)
        }
    }
}

extension StoredToken {
    /// From the columns hash, label, mailboxes_left and last_day.
    fileprivate init(_ row: PostgreSQLRow) throws {
        hash = try row.opaque(0)
        label = row.text(1)
        mailboxesLeft = UInt32(clamping: try row.integer(2))
        expiry = try row.isNull(3) ? nil : Day(Int(row.integer(3)))
    }
}
