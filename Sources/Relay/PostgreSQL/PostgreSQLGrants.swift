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
                    mailbox.id, next_sequence, body_bytes, grants
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
                    bodyBytes: row.unsigned(13),
                    grants: row.unsigned(14)
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
