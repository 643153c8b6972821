internal import RelayAPI

/// Taking, deleting and expiry: what leaves tombstones (Protocol/mailbox.md, "Taking" and "Deleting and expiry"), each
/// in a transaction that is under way.
struct PostgreSQLRemovals {
    /// Looked for at a time: more than there is time to remove in one transaction.
    private static let mostRows = 256

    /// Removed by one statement, between two looks at the clock: so many bodies, and no more than so many bytes of more
    /// than one.
    private static let bodiesAtOnce = 8
    private static let bytesAtOnce: Int64 = 128 * 1024

    /// An entry whose body is to be removed.
    private struct Held {
        let sequence: Int64
        /// Of its body, in bytes.
        let length: Int64

        /// From the columns sequence and octet_length(body).
        init(_ columns: PostgreSQLRow) throws {
            sequence = try columns.integer(0)
            length = try columns.integer(1)
        }
    }

    let connection: PostgreSQLConnection

    func take(_ access: HashedAccess, today: Day) throws -> TakenEntry? {
        let grant = try PostgreSQLGrants.lock(access, for: .take, on: connection)
        guard grant.usesLeft > 0 else { throw Problem(.quotaExhausted) }
        let epoch = grant.epoch
        let oldest = try connection.execute(
            """
            SELECT sequence, entry_id, body FROM entry
            WHERE epoch = $1 AND sequence > $2 AND kind = 1 AND last_day >= $3 ORDER BY sequence LIMIT 1
            """,
            [.integer(epoch.row), .integer(Int64(epoch.takenTo)), .day(today)]
        )
        if let oldest = oldest.first {
            let sequence = try oldest.integer(0)
            try removeBodies([sequence], of: epoch.row)
            try set("taken_to", to: sequence, of: epoch.row)
            try use(grant)
            return TakenEntry(entryID: try oldest.opaque(1), kind: .application, body: oldest.bytes(2))
        }
        if epoch.takenTo < epoch.head { try set("taken_to", to: Int64(epoch.head), of: epoch.row) }
        let lastResort = try connection.execute(
            """
            SELECT entry_id, body FROM entry
            WHERE epoch = $1 AND kind = 3 AND last_day >= $2 ORDER BY sequence DESC LIMIT 1
            """,
            [.integer(epoch.row), .day(today)]
        )
        guard let lastResort = lastResort.first else { return nil }
        try use(grant)
        return TakenEntry(entryID: try lastResort.opaque(0), kind: .lastResort, body: lastResort.bytes(1))
    }

    /// - Returns: whether there are more bodies to remove.
    func deleteSome(_ access: HashedAccess, upTo sequence: UInt64, in time: inout StepTime) throws -> Bool {
        let epoch = try PostgreSQLGrants.lock(access, for: .delete, on: connection).epoch
        let last = Int64(min(sequence, epoch.head))
        guard Int64(epoch.deletedTo) < last else { return false }
        let found = try connection.execute(
            """
            SELECT sequence, octet_length(body)::bigint FROM entry
            WHERE epoch = $1 AND sequence > $2 AND sequence <= $3 AND last_day IS NOT NULL ORDER BY sequence LIMIT $4
            """,
            [.integer(epoch.row), .integer(Int64(epoch.deletedTo)), .integer(last), .integer(Int64(Self.mostRows))]
        )
        let held = try found.map { try Held($0) }
        let removed = try removeBodies(held, of: epoch.row, in: &time)
        let isDone = removed == held.count && held.count < Self.mostRows
        try set("deleted_to", to: isDone ? last : held[removed - 1].sequence, of: epoch.row)
        return !isDone
    }

    /// - Returns: whether there was something to do; what another relay is at is left to it.
    func expireSome(today: Day, in time: inout StepTime) throws -> Bool {
        guard try expireFirst(today: today, in: &time) else { return false }
        while time.isLeft(), try expireFirst(today: today, in: &time) {}
        return true
    }

    /// Removes bodies of one epoch.
    private func expireFirst(today: Day, in time: inout StepTime) throws -> Bool {
        let due = try connection.execute(
            """
            SELECT expiry.last_day, epoch.id FROM expiry
            JOIN epoch ON epoch.id = expiry.epoch JOIN mailbox ON mailbox.id = epoch.mailbox
            WHERE expiry.last_day < $1 ORDER BY expiry.last_day LIMIT 1 FOR UPDATE OF mailbox SKIP LOCKED
            """,
            [.day(today)]
        )
        guard let due = due.first else { return false }
        let (day, epoch) = (try due.integer(0), try due.integer(1))
        // Looked at again, now that nobody else changes it: another relay may have been here in between.
        let first = try connection.execute(
            "SELECT first_sequence FROM expiry WHERE last_day = $1 AND epoch = $2",
            [.integer(day), .integer(epoch)]
        )
        guard let first = first.first else { return true }
        let found = try connection.execute(
            """
            SELECT sequence, octet_length(body)::bigint FROM entry
            WHERE epoch = $1 AND sequence >= $2 AND last_day <= $3 ORDER BY sequence LIMIT $4
            """,
            [.integer(epoch), .integer(first.integer(0)), .integer(day), .integer(Int64(Self.mostRows))]
        )
        let held = try found.map { try Held($0) }
        let removed = try removeBodies(held, of: epoch, in: &time)
        if removed == held.count, held.count < Self.mostRows {
            try connection.execute(
                "DELETE FROM expiry WHERE last_day = $1 AND epoch = $2",
                [.integer(day), .integer(epoch)]
            )
        } else {
            try connection.execute(
                "UPDATE expiry SET first_sequence = $1 WHERE last_day = $2 AND epoch = $3",
                [.integer(held[removed - 1].sequence + 1), .integer(day), .integer(epoch)]
            )
        }
        return true
    }

    /// Removes the first of some bodies, and more while there is time.
    /// - Returns: how many.
    private func removeBodies(_ held: [Held], of epoch: Int64, in time: inout StepTime) throws -> Int {
        var removed = 0
        while removed < held.count, removed == 0 || time.isLeft() {
            let piece = Self.piece(of: held[removed...])
            try removeBodies(piece.map(\.sequence), of: epoch)
            removed += piece.count
        }
        return removed
    }

    /// The first of some bodies, and those behind it that go with it in one statement.
    private static func piece(of held: ArraySlice<Held>) -> ArraySlice<Held> {
        var bytes: Int64 = 0
        let fitting = held.prefix(bodiesAtOnce)
            .prefix {
                bytes += $0.length
                return bytes <= bytesAtOnce
            }
        return fitting.isEmpty ? held.prefix(1) : fitting
    }

    /// Removes bodies of an epoch whose mailbox the transaction has locked.
    private func removeBodies(_ sequences: [Int64], of epoch: Int64) throws {
        try connection.execute(
            """
            WITH held AS (
                SELECT mailbox, sequence, octet_length(body) AS length FROM entry
                WHERE epoch = $1 AND sequence = ANY ($2)
            ), emptied AS (
                UPDATE entry SET body = NULL, last_day = NULL FROM held
                WHERE entry.epoch = $1 AND entry.sequence = held.sequence
            )
            UPDATE mailbox SET body_bytes = greatest(body_bytes - freed.bytes, 0)
            FROM (SELECT mailbox, sum(length) AS bytes FROM held WHERE length IS NOT NULL GROUP BY mailbox) AS freed
            WHERE mailbox.id = freed.mailbox
            """,
            [.integer(epoch), .integers(sequences)]
        )
    }

    /// - Parameter column: `taken_to` or `deleted_to`.
    private func set(_ column: String, to sequence: Int64, of epoch: Int64) throws {
        try connection.execute(
            "UPDATE epoch SET \(column) = $1 WHERE id = $2",
            [.integer(sequence), .integer(epoch)]
        )
    }

    private func use(_ grant: GrantState) throws {
        var written = PostgreSQLWrittenEntries()
        written.use(grant)
        try connection.execute(written.statements)
    }
}
