internal import GRDB
internal import RelayAPI

/// Access tokens, new mailboxes and changes of grants (Protocol/mailbox.md, "Names and secrets" and "Grants").
extension MailboxWriter {
    func create(_ command: CreateCommand) throws {
        let token = try token(command.token, today: command.today)
        let existing = try fetchOne("SELECT id FROM mailbox WHERE mailbox_id = ?", [command.mailbox.data])
        if let existing {
            guard try isFirstEpoch(of: existing.integer(0), like: command) else { throw Problem(.mailboxExists) }
            return
        }
        try GrantState.checkDistinct(command.grants.map(\.capabilityHash))
        guard token.mailboxesLeft > 0 else { throw Problem(.mailboxesExhausted) }
        try spend(1, of: token)
        try execute(
            "INSERT INTO mailbox (mailbox_id, next_sequence, grants) VALUES (?, 1, ?)",
            [command.mailbox.data, command.grants.count]
        )
        try open(
            epochNumber: command.epoch,
            mailboxRow: try db.lastInsertedRowID,
            mailbox: command.mailbox,
            opening: 0,
            openingHash: RunningHash(opening: command.mailbox),
            grants: command.grants
        )
    }

    func makeChildToken(_ command: ChildTokenCommand) throws {
        let parent = try token(command.parent, today: command.today)
        guard try fetchOne("SELECT 1 FROM token WHERE hash = ?", [command.child.data]) == nil else { return }
        if let lastDay = parent.expiry, lastDay < command.expiry {
            throw Problem(.tokenRefused, detail: "it expires before the child would")
        }
        guard parent.mailboxesLeft >= command.mailboxes else { throw Problem(.mailboxesExhausted) }
        try spend(command.mailboxes, of: parent)
        try execute(
            "INSERT INTO token (hash, label, mailboxes_left, last_day) VALUES (?, '', ?, ?)",
            [command.child.data, Int64(command.mailboxes), command.expiry.number]
        )
    }

    func changeGrants(_ command: GrantCommand) throws {
        let epoch = try grant(command.access, for: .grant).epoch
        let named = command.set.map(\.capabilityHash) + command.remove
        guard !named.contains(command.access.capability) else {
            throw Problem(.malformed, detail: "a capability cannot change itself")
        }
        try GrantState.checkDistinct(named)
        var known: [CapabilityHash: Int64] = [:]
        for hash in named {
            let found = try fetchOne(
                #"SELECT epoch FROM "grant" WHERE capability_hash = ? AND mailbox_id = ?"#,
                [hash.data, command.access.mailbox.data]
            )
            if let found { known[hash] = found.integer(0) }
        }
        guard command.set.allSatisfy({ known[$0.capabilityHash] ?? epoch.row == epoch.row }) else {
            throw Problem(.capabilityInUse)
        }
        let removed = command.remove.filter { known[$0] == epoch.row }
        let replaced = command.set.map(\.capabilityHash).filter { known[$0] != nil }
        let present = try fetchOne(#"SELECT count(*) FROM "grant" WHERE epoch = ?"#, [epoch.row])?.integer(0) ?? 0
        guard Int(present) - removed.count + command.set.count - replaced.count <= Grant.maximumCount else {
            throw Problem(.grantsExhausted)
        }
        try count(grants: command.set.count - replaced.count, isAdvance: false, in: epoch.mailbox)

        for hash in removed + replaced {
            try execute(
                #"DELETE FROM "grant" WHERE capability_hash = ? AND mailbox_id = ?"#,
                [hash.data, command.access.mailbox.data]
            )
            forgetGrant(HashedAccess(mailbox: command.access.mailbox, capability: hash))
        }
        for grant in command.set { try insert(grant, mailbox: command.access.mailbox, epoch: epoch.row) }
    }

    private func token(_ hash: AccessTokenHash, today: Day) throws -> StoredToken {
        let found = try fetchOne("SELECT hash, label, mailboxes_left, last_day FROM token WHERE hash = ?", [hash.data])
        guard let found, let token = try Optional(StoredToken(found)), token.expiry ?? today >= today else {
            throw Problem(.tokenRefused)
        }
        return token
    }

    private func spend(_ mailboxes: UInt32, of token: StoredToken) throws {
        try execute(
            "UPDATE token SET mailboxes_left = mailboxes_left - ? WHERE hash = ?",
            [Int64(mailboxes), token.hash.data]
        )
    }

    /// Whether a mailbox was made by the same request, as far as can still be seen: uses may have been spent.
    private func isFirstEpoch(of mailbox: Int64, like command: CreateCommand) throws -> Bool {
        let epoch = try fetchOne("SELECT id, number FROM epoch WHERE mailbox = ? AND opening = 0", [mailbox])
        guard let epoch, epoch.unsigned(1) == command.epoch else { return false }
        var wanted: [CapabilityHash: Grant] = [:]
        for grant in command.grants { wanted[grant.capabilityHash] = grant }
        guard wanted.count == command.grants.count else { return false }
        let present = try Row.fetchAll(
            try db.cachedStatement(sql: #"SELECT capability_hash, rights, uses_left FROM "grant" WHERE epoch = ?"#),
            arguments: [epoch.integer(0)]
        )
        return try present.count == wanted.count
            && present.allSatisfy { row in
                guard let grant = wanted[try row.opaque(0)] else { return false }
                return Int64(grant.rights.rawValue) == row.integer(1) && Int64(grant.uses) >= row.integer(2)
            }
    }
}

extension StoredToken {
    /// From the columns hash, label, mailboxes_left and last_day.
    init(_ row: Row) throws {
        hash = try row.opaque(0)
        label = row[1]
        mailboxesLeft = UInt32(clamping: row.integer(2))
        let lastDay: Int? = row[3]
        expiry = lastDay.map { Day($0) }
    }
}
