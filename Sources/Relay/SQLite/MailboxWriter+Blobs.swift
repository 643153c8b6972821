internal import FoundationEssentials
internal import GRDB
internal import RelayAPI

/// Blobs: room beside a mailbox's entries, filled part by part (Protocol/mailbox.md, "Blobs").
extension MailboxWriter {
    func createBlob(_ command: BlobCommand) throws {
        let grant = try grant(command.access, for: .append)
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
        let reserved =
            try fetchOne("SELECT coalesce(sum(parts), 0) FROM blob WHERE mailbox = ?", [row])?.integer(0) ?? 0
        try limits.checkRoom(forParts: command.parts, beside: Int(reserved))
        try execute(
            "INSERT INTO blob (mailbox, parts, last_day) VALUES (?, ?, ?)",
            [row, command.parts, lastDay.number]
        )
        let blob = try db.lastInsertedRowID
        for (hash, rights) in [(command.writeHash, BlobRights.write), (command.readHash, .read)] {
            try execute(
                "INSERT INTO blob_grant (capability_hash, mailbox_id, blob, rights) VALUES (?, ?, ?, ?)",
                [hash.data, mailbox.data, blob, rights.rawValue]
            )
        }
        use(grant)
    }

    func putPart(_ access: HashedAccess, index: Int, bytes: [UInt8], today: Day) throws {
        let blob = try Blob.find(access, for: .write, today: today, in: db)
        guard bytes.count == BlobPart.length else { throw Problem(.wrongLength, detail: "\(bytes.count) bytes") }
        let key = try blob.key(ofPart: index)
        let data = Data(bytes)
        try execute("INSERT INTO blob_part (id, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING", [key, data])
        guard try db.changesCount == 0 else { return }
        let isSame = try fetchOne("SELECT bytes = ? FROM blob_part WHERE id = ?", [data, key])?.integer(0) == 1
        guard isSame else { throw Problem(.partExists) }
    }

    /// - Returns: whether there are more parts to remove.
    func deleteSomeParts(_ access: HashedAccess, today: Day) throws -> Bool {
        try removeSomeParts(of: try Blob.find(access, for: .write, today: today, in: db))
    }

    /// Removes parts of a blob that expired before today.
    func expireSomeParts(today: Day) throws {
        guard let expired = try Blob.firstExpired(before: today, in: db) else { return }
        _ = try removeSomeParts(of: expired)
    }

    /// Removes parts, as many as there is time for, and once there is none, the blob.
    private func removeSomeParts(of blob: Blob) throws -> Bool {
        repeat {
            guard
                let part = try fetchOne(
                    "SELECT id FROM blob_part WHERE id BETWEEN ? AND ? LIMIT 1",
                    [blob.keys.lowerBound, blob.keys.upperBound]
                )
            else {
                try execute("DELETE FROM blob_grant WHERE blob = ?", [blob.row])
                try execute("DELETE FROM blob WHERE id = ?", [blob.row])
                return false
            }
            try execute("DELETE FROM blob_part WHERE id = ?", [part.integer(0)])
        } while hasTimeForMore()
        return true
    }

    private func blob(of hash: CapabilityHash, in mailbox: MailboxID) throws -> Blob? {
        let found = try fetchOne(
            """
            SELECT blob.id, parts FROM blob_grant JOIN blob ON blob.id = blob_grant.blob
            WHERE capability_hash = ? AND mailbox_id = ?
            """,
            [hash.data, mailbox.data]
        )
        return found.map { Blob($0) }
    }
}

/// What the capabilities of a blob allow.
enum BlobRights: Int64 {
    case read = 1
    case write = 2
    /// Either.
    case any = 3
}

/// A blob as it stands in the tables.
struct Blob: Equatable {
    let row: Int64
    let parts: Int

    /// From the columns id and parts.
    init(_ row: Row) {
        self.row = row.integer(0)
        parts = Int(row.integer(1))
    }

    /// - Throws: `not-permitted`, in the same way and at the same cost whatever it is that is missing.
    static func find(_ access: HashedAccess, for rights: BlobRights, today: Day, in db: Database) throws -> Blob {
        let found = try Row.fetchOne(
            try db.cachedStatement(
                sql: """
                    SELECT blob.id, parts FROM blob_grant JOIN blob ON blob.id = blob_grant.blob
                    WHERE capability_hash = ? AND mailbox_id = ? AND rights & ? <> 0 AND last_day >= ?
                    """
            ),
            arguments: [access.capability.data, access.mailbox.data, rights.rawValue, today.number]
        )
        guard let found else { throw Problem(.notPermitted) }
        return Blob(found)
    }

    static func firstExpired(before today: Day, in db: Database) throws -> Blob? {
        try Row.fetchOne(
            try db.cachedStatement(sql: "SELECT id, parts FROM blob WHERE last_day < ? ORDER BY last_day LIMIT 1"),
            arguments: [today.number]
        )
        .map { Blob($0) }
    }

    /// Keys of its parts in the table `blob_part`.
    var keys: ClosedRange<Int64> { (row << 16)...(row << 16 | 0xffff) }

    func key(ofPart index: Int) throws -> Int64 {
        guard index < parts else { throw Problem(.malformed, detail: "the blob has \(parts) parts") }
        return row << 16 | Int64(index)
    }

    /// For each part, whether it is there.
    func present(in db: Database) throws -> [Bool] {
        var present = [Bool](repeating: false, count: parts)
        let found = try Int64.fetchCursor(
            try db.cachedStatement(sql: "SELECT id FROM blob_part WHERE id BETWEEN ? AND ?"),
            arguments: [keys.lowerBound, keys.upperBound]
        )
        while let key = try found.next() { present[Int(key & 0xffff)] = true }
        return present
    }

    func part(_ index: Int, in db: Database) throws -> [UInt8]? {
        try Row.fetchOne(
            try db.cachedStatement(sql: "SELECT bytes FROM blob_part WHERE id = ?"),
            arguments: [try key(ofPart: index)]
        )?
        .bytes(0)
    }
}
