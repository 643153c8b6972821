internal import GRDB

/// What can be wrong with a store.
public enum StoreFault: Error, Equatable, CustomStringConvertible {
    /// A later version of this program has changed the tables.
    case newerSchema
    /// A column does not hold what this program writes there, or the file is no SQLite file.
    case damaged
    /// There is no store where one should be.
    case missing
    /// A store that was restored is not in its place yet.
    case restoreUnfinished
    /// The store cannot be opened or written.
    case cannotWrite
    /// The copy that a backup makes cannot be written.
    case cannotWriteBackup
    /// What a backup has copied is damaged.
    case damagedBackup
    /// Another process holds the store for longer than this one waits.
    case busy
    /// Another process writes a backup where this one would.
    case backupUnderWay
    /// PostgreSQL does not answer, or does not let this program in; libpq's reason, which holds no password.
    case unreachable(String)
    /// PostgreSQL does not let this role make or write the tables.
    case notPermitted
    /// Relays serve from a store that must be nobody's.
    case inUse
    /// PostgreSQL is set up so that what it has acknowledged can be lost.
    case notDurable
    /// SQLite says something else; its result code.
    case other(Int)
    /// PostgreSQL says something else; its SQLSTATE.
    case refused(String)
    /// An error of another kind; its type.
    case unknown(String)

    init(_ error: any Error) {
        switch error {
        case let fault as StoreFault:
            self = fault
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_FULL, .SQLITE_PERM, .SQLITE_IOERR: self = .cannotWrite
            case .SQLITE_NOTADB, .SQLITE_CORRUPT: self = .damaged
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
            default: self = .other(Int(error.resultCode.rawValue))
            }
        case let error as PostgreSQLError:
            switch error {
            case .unreachable(let reason): self = .unreachable(reason)
            case .lost, .unconfirmed: self = .unreachable("the connection was lost")
            // Insufficient privilege.
            case .refused("42501"): self = .notPermitted
            // Read-only transaction, disk full.
            case .refused("25006"), .refused("53100"): self = .cannotWrite
            case .refused(PostgreSQLError.lockNotGiven): self = .busy
            case .refused(let state): self = .refused(state)
            }
        default:
            self = .unknown("\(type(of: error))")
        }
    }

    public var description: String {
        switch self {
        case .newerSchema: "a newer version of aadr-relay made this store: use that version, or a later one"
        case .damaged: "the store is damaged, not whole, or not one of aadr-relay's: restore it from a backup"
        case .missing: "there is no store: is it the directory that the relay serves from, or the file of a backup?"
        case .restoreUnfinished: "`restore` was cut off at its end: start the relay, which finishes it"
        case .cannotWrite: "the store cannot be written: check its owner and the space left"
        case .cannotWriteBackup: "the backup cannot be written: check its folder's owner and the space left"
        case .damagedBackup:
            """
            what was copied is damaged, and no backup has been made: keep the earlier ones. `aadr-relay check` says where the \
            store is; when it finds nothing, look at the disk that the copy was on
            """
        case .busy: "another process holds the store: try again when it is done"
        case .backupUnderWay: "another backup is being written: wait until it is done"
        case .unreachable(let reason): "the store cannot be reached: \(reason)"
        case .notPermitted: "PostgreSQL does not let this user make or write the tables: make it the database's owner"
        case .inUse: "relays serve from the store, or a command is at it: stop all of them first"
        case .notDurable: "PostgreSQL runs with fsync off, and would lose what it has acknowledged: turn it on"
        case .other(let code): "the store does not open (SQLite result code \(code))"
        case .refused(let state): "the store does not open (SQLSTATE \(state))"
        case .unknown(let type): "the store does not open (\(type))"
        }
    }
}
