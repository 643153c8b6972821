internal import GRDB

/// What can be wrong with a store's file.
public enum StoreFault: Error, Equatable, CustomStringConvertible {
    /// A later version of this program has changed the tables.
    case newerSchema
    /// A column does not hold what this program writes there, or the file is no SQLite file.
    case damaged
    /// The file cannot be opened or written.
    case cannotWrite
    /// SQLite says something else; its result code.
    case other(Int)

    init(_ error: any Error) {
        switch error {
        case let fault as StoreFault:
            self = fault
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_FULL, .SQLITE_PERM, .SQLITE_IOERR: self = .cannotWrite
            case .SQLITE_NOTADB, .SQLITE_CORRUPT: self = .damaged
            default: self = .other(Int(error.resultCode.rawValue))
            }
        default:
            self = .damaged
        }
    }

    public var description: String {
        switch self {
        case .newerSchema: "a newer version of aadr-relay made this store: use that version, or a later one"
        case .damaged: "the store is damaged, or is not one of aadr-relay's: restore it from a backup"
        case .cannotWrite: "the store cannot be written: check its owner and the space left"
        case .other(let code): "the store does not open (SQLite result code \(code))"
        }
    }
}
