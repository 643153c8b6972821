internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// The store's file as a connection has it open, and the index of its log in shared memory.
struct StoreFile {
    private let file: UnsafeMutablePointer<sqlite3_file>
    private let methods: UnsafePointer<sqlite3_io_methods>

    init(_ db: Database) throws {
        (file, methods) = try db.openFile(SQLITE_FCNTL_FILE_POINTER)
    }

    /// Waits until everything that anybody has written to the file is on disk.
    func synchronize() throws {
        try check(methods.pointee.xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY))
    }

    /// Has the next checkpoint move all pages of the log, those as well that have been moved before.
    /// - Throws: when another connection moves pages.
    func forgetMovedPages() throws {
        var index: UnsafeMutableRawPointer?
        try check(methods.pointee.xShmMap(file, 0, Self.indexLength, 0, &index))
        guard let index else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        try check(methods.pointee.xShmLock(file, Self.checkpointLock, 1, SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE))
        (index + Self.movedFrames)
            .withMemoryRebound(to: Atomic<UInt32>.self, capacity: 1) { moved in
                moved.pointee.store(0, ordering: .sequentiallyConsistent)
            }
        _ = methods.pointee.xShmLock(file, Self.checkpointLock, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE)
    }

    // "WAL-mode File Format" in SQLite's documentation, "The WAL-Index Format": its first block, nBackfill in it, and
    // WAL_CKPT_LOCK, under which nBackfill is written.
    private static let indexLength: Int32 = 32_768
    private static let movedFrames = 96
    private static let checkpointLock: Int32 = 1

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }
}

extension Database {
    /// - Parameter which: `SQLITE_FCNTL_FILE_POINTER` for the store's file, `SQLITE_FCNTL_JOURNAL_POINTER` for its log.
    func openFile(
        _ which: Int32
    ) throws -> (file: UnsafeMutablePointer<sqlite3_file>, methods: UnsafePointer<sqlite3_io_methods>) {
        var file: UnsafeMutablePointer<sqlite3_file>?
        sqlite3_file_control(sqliteConnection, "main", which, &file)
        guard let file, let methods = file.pointee.pMethods else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        return (file, methods)
    }
}
