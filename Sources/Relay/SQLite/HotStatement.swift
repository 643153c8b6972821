internal import GRDB
internal import GRDBSQLite

/// A statement that every append runs, given its values as SQLite takes them. GRDB boxes each value, copies bytes into
/// `Data` first and tells observers, of which there are none: more work than SQLite's own.
///
/// Unsafe in one way: it must be used at once, where the connection may be used.
struct HotStatement {
    private let handle: SQLiteStatement
    private var parameter: Int32 = 0

    /// - Parameter sql: prepared once for a connection.
    init(_ sql: String, in db: Database) throws {
        handle = try db.cachedStatement(sql: sql).sqliteStatement
    }

    /// Gives the next parameter its value.
    mutating func bind(_ value: Int64) {
        parameter += 1
        sqlite3_bind_int64(handle, parameter, value)
    }

    /// Gives the next parameter its value.
    mutating func bind(_ value: [UInt8]) {
        parameter += 1
        guard !value.isEmpty else {
            // A blob without bytes has no address, and SQLite would take it for NULL.
            sqlite3_bind_zeroblob(handle, parameter, 0)
            return
        }
        sqlite3_bind_blob(handle, parameter, value, Int32(value.count), Self.copied)
    }

    /// Runs the statement, which gives no rows, and makes it ready for the next values.
    /// - Throws: `DatabaseError`.
    func run() throws {
        let code = sqlite3_step(handle)
        // What `sqlite3_reset` returns is the failure of the step once more.
        sqlite3_reset(handle)
        guard code == SQLITE_DONE else {
            // As GRDB's errors, without the statement and its values.
            throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
    }

    /// `SQLITE_TRANSIENT`: the bytes need not outlive the call.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
