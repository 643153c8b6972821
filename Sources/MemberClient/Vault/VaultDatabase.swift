internal import Foundation
internal import GRDB

/// The SQLite file of a vault: how it is opened, and what it looks like (Docs/vault.md).
enum VaultDatabase {
    static let fileName = "vault.sqlite"

    /// `PRAGMA application_id`: "AADR". Tells a vault from any other database.
    private static let applicationID = 0x4141_4452
    /// `PRAGMA user_version`.
    static let format = 1

    static func path(in home: String) -> String {
        home.hasSuffix("/") ? home + fileName : home + "/" + fileName
    }

    /// Opens the file, which exists.
    ///
    /// `synchronous` is FULL: a ratchet step must be on disk before the ciphertext made with it leaves the device.
    /// With less, a power cut could take the step back after the message is out, and the next message would be
    /// sealed with the same key and nonce.
    static func open(_ path: String) throws(VaultError) -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .callback(waitForOthers)
        configuration.prepareDatabase { database in
            // Not `journalMode = .wal`, with which GRDB lowers `synchronous` to NORMAL behind this.
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    """
            )
        }
        return try VaultError.mapping { try DatabaseQueue(path: path, configuration: configuration) }
    }

    /// What a file is to us.
    enum State: Equatable {
        /// Nothing has been stored in it yet.
        case empty
        case vault
    }

    static func state(_ database: Database) throws -> State {
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id")
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if application == applicationID {
            guard version <= format else { throw VaultError.newerFormat(version) }
            guard version == format else { throw VaultError.damaged("its format has number \(version)") }
            return .vault
        }
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard application == 0, version == 0, tables == 0 else {
            throw VaultError.damaged("\(fileName) is some other program's database")
        }
        return .empty
    }

    static func makeTables(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE slots (
                    number INTEGER PRIMARY KEY CHECK (number IN (0, 1)),
                    method INTEGER NOT NULL,
                    salt BLOB NOT NULL,
                    operations INTEGER NOT NULL,
                    memory_kib INTEGER NOT NULL,
                    wrapped BLOB NOT NULL
                ) STRICT;
                CREATE TABLE state (
                    key BLOB PRIMARY KEY NOT NULL,
                    value BLOB NOT NULL
                ) STRICT;
                CREATE TABLE log (
                    space BLOB NOT NULL,
                    number INTEGER NOT NULL,
                    value BLOB NOT NULL,
                    PRIMARY KEY (space, number)
                ) STRICT;
                PRAGMA application_id = \(applicationID);
                PRAGMA user_version = \(format);
                """
        )
    }

    /// The busy handler: waits `Vault.patience` in all. SQLite's own timeout soon looks only every 100 ms, which is
    /// long beside a step of another process, and beside what a person waits for a message to be sent.
    private static let waitForOthers: Database.BusyCallback = { tries in
        let quickTries = 50
        let isEarly = tries < quickTries
        guard isEarly || (tries - quickTries) * slowWait < Int(Vault.patience) * 1_000_000 else { return false }
        usleep(UInt32(isEarly ? quickWait : slowWait))
        return true
    }

    /// Microseconds between two looks at a locked vault, first and later.
    private static let quickWait = 500
    private static let slowWait = 5_000
}

extension DatabaseQueue {
    /// Empties the write-ahead log, so that what was deleted is gone from disk. Left to the next one, or to the last
    /// process that closes the vault, when a reader is in the way.
    func truncateLog() {
        try? writeWithoutTransaction { database in
            _ = try database.checkpoint(.truncate)
        }
    }
}

/// Columns as they are hoped to be. GRDB's own conversions stop the program where somebody has put another type.
extension Row {
    func bytes(_ column: String) throws(VaultError) -> [UInt8] {
        let value: DatabaseValue? = self[column]
        guard let value, case .blob(let data) = value.storage else { throw .damaged("\(column) is not bytes") }
        return [UInt8](data)
    }

    func integer(_ column: String) throws(VaultError) -> Int64 {
        let value: DatabaseValue? = self[column]
        guard let value, case .int64(let integer) = value.storage else { throw .damaged("\(column) is not a number") }
        return integer
    }
}
