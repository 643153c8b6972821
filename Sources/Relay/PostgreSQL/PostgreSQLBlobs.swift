internal import RelayAPI

/// Blobs: room beside a mailbox's entries, filled part by part (Protocol/mailbox.md, "Blobs").
///
/// Whoever puts a part holds the blob's row shared, whoever removes parts holds it alone: none is put into a blob that is
/// being removed.
struct PostgreSQLBlobs {
    /// Parts removed by one statement, between two looks at the clock.
    private static let partsAtOnce = 2

    let connection: PostgreSQLConnection

    /// A blob as it stands in the tables.
    struct Blob: Equatable {
        let row: Int64
        let parts: Int

        /// From the columns id and parts.
        fileprivate init(_ columns: PostgreSQLRow) throws {
            row = try columns.integer(0)
            parts = Int(try columns.integer(1))
        }

        fileprivate func check(_ index: Int) throws(Problem) {
            guard index < parts else { throw Problem(.malformed, detail: "the blob has \(parts) parts") }
        }
    }

    /// How long a blob's row is held, and against whom.
    private enum Lock: String {
        case none = ""
        case shared = "FOR SHARE OF blob"
        case alone = "FOR UPDATE OF blob"
    }

    // MARK: In a transaction that is under way

    func create(_ command: BlobCommand, limits: RelayLimits) throws {
        let grant = try PostgreSQLGrants.lock(command.access, for: .append, on: connection)
        let mailbox = command.access.mailbox
        if let known = try blob(of: command.writeHash, in: mailbox) {
            // The same request once more; whatever else it may be, its write capability stands for another blob.
            guard try known == blob(of: command.readHash, in: mailbox), known.parts == command.parts else {
                throw Problem(.capabilityInUse)
            }
            return
        }
        guard try blob(of: command.readHash, in: mailbox) == nil else { throw Problem(.capabilityInUse) }
        let lastDay = try grant.expiry(ofMaking: command)
        let row = grant.epoch.mailbox.row
        let reserved = try connection.execute(
            "SELECT coalesce(sum(parts), 0)::bigint FROM blob WHERE mailbox = $1",
            [.integer(row)]
        )
        try limits.checkRoom(forParts: command.parts, beside: Int(reserved[0].integer(0)))
        try connection.execute(
            """
            WITH made AS (INSERT INTO blob (mailbox, parts, last_day) VALUES ($1, $2, $3) RETURNING id)
            INSERT INTO blob_grant (capability_hash, mailbox_id, blob, rights)
            SELECT added.capability_hash, $4, made.id, added.rights
            FROM made, unnest($5::bytea[], $6::bigint[]) AS added (capability_hash, rights)
            """,
            [
                .integer(row), .integer(Int64(command.parts)), .day(lastDay), .opaque(mailbox),
                .opaques([command.writeHash, command.readHash]),
                .integers([BlobRights.write.rawValue, BlobRights.read.rawValue]),
            ]
        )
        var written = PostgreSQLWrittenEntries()
        written.use(grant)
        try connection.execute(written.statements)
    }

    func put(_ access: HashedAccess, index: Int, bytes: [UInt8], today: Day) throws {
        let blob = try find(access, for: .write, today: today, .shared)
        guard bytes.count == BlobPart.length else { throw Problem(.wrongLength, detail: "\(bytes.count) bytes") }
        try blob.check(index)
        let key: [PostgreSQLValue] = [.integer(blob.row), .integer(Int64(index)), .bytes(bytes)]
        let inserted = try connection.execute(
            "INSERT INTO blob_part (blob, place, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING place",
            key
        )
        guard inserted.isEmpty else { return }
        let same = try connection.execute(
            "SELECT place FROM blob_part WHERE blob = $1 AND place = $2 AND bytes = $3",
            key
        )
        guard !same.isEmpty else { throw Problem(.partExists) }
    }

    /// - Returns: whether there are more parts to remove; false also when the blob is gone.
    func deleteSomeParts(_ access: HashedAccess, today: Day, in time: inout StepTime) throws -> Bool {
        guard let blob = try found(access, for: .write, today: today, .alone) else { return false }
        return try removeSomeParts(of: blob, in: &time)
    }

    /// Removes parts of a blob that expired before today.
    /// - Returns: whether there was one; what another relay is at is left to it.
    func expireSomeParts(today: Day, in time: inout StepTime) throws -> Bool {
        let expired = try connection.execute(
            """
            SELECT id, parts FROM blob WHERE last_day < $1 ORDER BY last_day LIMIT 1 FOR UPDATE SKIP LOCKED
            """,
            [.day(today)]
        )
        guard let expired = expired.first else { return false }
        _ = try removeSomeParts(of: Blob(expired), in: &time)
        return true
    }

    /// Removes parts while there is time and, once there is none, the blob.
    /// - Returns: whether there are more.
    private func removeSomeParts(of blob: Blob, in time: inout StepTime) throws -> Bool {
        while try removeParts(of: blob) {
            guard time.isLeft() else { return true }
        }
        try connection.execute("DELETE FROM blob_grant WHERE blob = $1", [.integer(blob.row)])
        try connection.execute("DELETE FROM blob WHERE id = $1", [.integer(blob.row)])
        return false
    }

    /// - Returns: whether there may be more.
    private func removeParts(of blob: Blob) throws -> Bool {
        let removed = try connection.execute(
            """
            DELETE FROM blob_part WHERE blob = $1 AND place IN (
                SELECT place FROM blob_part WHERE blob = $1 ORDER BY place LIMIT $2
            ) RETURNING place
            """,
            [.integer(blob.row), .integer(Int64(Self.partsAtOnce))]
        )
        return removed.count == Self.partsAtOnce
    }

    // MARK: Each in one statement, or two that need no common snapshot: a part that is there does not change

    /// For each part, whether it is there.
    func present(_ access: HashedAccess, today: Day) throws -> [Bool] {
        let blob = try find(access, for: .any, today: today)
        var present = [Bool](repeating: false, count: blob.parts)
        for row in try connection.execute("SELECT place FROM blob_part WHERE blob = $1", [.integer(blob.row)]) {
            present[Int(try row.integer(0))] = true
        }
        return present
    }

    func part(_ access: HashedAccess, index: Int, today: Day) throws -> [UInt8]? {
        let blob = try find(access, for: .read, today: today)
        try blob.check(index)
        return try connection
            .execute(
                "SELECT bytes FROM blob_part WHERE blob = $1 AND place = $2",
                [.integer(blob.row), .integer(Int64(index))]
            )
            .first?
            .bytes(0)
    }

    /// - Throws: `not-permitted`, in the same way and at the same cost whatever it is that is missing.
    func find(_ access: HashedAccess, for rights: BlobRights, today: Day) throws -> Blob {
        try find(access, for: rights, today: today, .none)
    }

    private func find(_ access: HashedAccess, for rights: BlobRights, today: Day, _ lock: Lock) throws -> Blob {
        guard let blob = try found(access, for: rights, today: today, lock) else { throw Problem(.notPermitted) }
        return blob
    }

    private func found(_ access: HashedAccess, for rights: BlobRights, today: Day, _ lock: Lock) throws -> Blob? {
        try connection.execute(
            """
            SELECT blob.id, parts FROM blob_grant JOIN blob ON blob.id = blob_grant.blob
            WHERE capability_hash = $1 AND mailbox_id = $2 AND rights & $3 <> 0 AND last_day >= $4 \(lock.rawValue)
            """,
            [.opaque(access.capability), .opaque(access.mailbox), .integer(rights.rawValue), .day(today)]
        )
        .first.map { try Blob($0) }
    }

    private func blob(of hash: CapabilityHash, in mailbox: MailboxID) throws -> Blob? {
        try connection.execute(
            """
            SELECT blob.id, parts FROM blob_grant JOIN blob ON blob.id = blob_grant.blob
            WHERE capability_hash = $1 AND mailbox_id = $2
            """,
            [.opaque(hash), .opaque(mailbox)]
        )
        .first.map { try Blob($0) }
    }
}
