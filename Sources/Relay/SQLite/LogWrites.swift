internal import GRDB
internal import GRDBSQLite

/// Writes what a commit adds to the log in few large pieces. SQLite writes a header of 24 bytes and a page in turns: two
/// calls of the system for each page, neither of which fills a page of the file.
///
/// What is held back has been promised to nobody: between a commit's first write and its fdatasync, SQLite tells no reader
/// of it. Before and after, as when a large transaction spills, everything is written at once.
///
/// Stands between SQLite and its VFS for one file, the log as the connection that writes has it open: the file gets
/// methods that find their way back to this object. Used on the database pool's writer queue alone; hence `@unchecked
/// Sendable`.
final class LogWrites: @unchecked Sendable {
    private typealias File = UnsafeMutablePointer<sqlite3_file>

    private let original: UnsafePointer<sqlite3_io_methods>
    private let held = UnsafeMutableRawBufferPointer.allocate(byteCount: mostHeld, alignment: 1)
    private var heldCount = 0
    /// Where the held bytes belong in the file.
    private var heldOffset: sqlite3_int64 = 0
    private var isHolding = false
    /// Where the last commit ended in the file, in bytes.
    private var end = 0

    /// SQLite's VFS writes less than 128 KiB in one call.
    private static let mostHeld = 64 * 1024

    /// - Parameter db: the connection that writes, once, after its first transaction: it then has the log open. Each of its
    ///   commits must synchronise the log (`synchronous=FULL`).
    init(of db: Database) throws {
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
            throw DatabaseError(resultCode: .SQLITE_MISUSE)
        }
        let file: File
        (file, original) = try db.openFile(SQLITE_FCNTL_JOURNAL_POINTER)
        file.pointee.pMethods = makeMethods()
    }

    deinit {
        held.deallocate()
    }

    /// From here on, writes are held back until the log is synchronised.
    func beginCommit() {
        isHolding = true
    }

    /// What a commit has written and not synchronised by its end, it has not committed.
    /// - Returns: how many frames the log has with it; nil when it had nothing to write, and so has not synchronised the log.
    @discardableResult
    func endCommit() -> Int? {
        defer {
            isHolding = false
            heldCount = 0
        }
        return isHolding ? nil : LogFile.frames(in: end)
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: sqlite3_int64, _ file: File) -> Int32 {
        if offset != heldOffset + sqlite3_int64(heldCount) || heldCount + bytes.count > held.count {
            let code = flush(file)
            guard code == SQLITE_OK else { return code }
        }
        if isHolding { end = Int(offset) + bytes.count }
        guard isHolding, bytes.count <= held.count else {
            return original.pointee.xWrite(file, bytes.baseAddress, Int32(bytes.count), offset)
        }
        if heldCount == 0 { heldOffset = offset }
        UnsafeMutableRawBufferPointer(rebasing: held[heldCount...]).copyMemory(from: bytes)
        heldCount += bytes.count
        return SQLITE_OK
    }

    /// Writes what is held back. If that fails, so does the commit, and nobody comes back to it.
    private func flush(_ file: File) -> Int32 {
        guard heldCount > 0 else { return SQLITE_OK }
        defer { heldCount = 0 }
        return original.pointee.xWrite(file, held.baseAddress, Int32(heldCount), heldOffset)
    }

    private func afterFlush(_ file: File, _ method: (sqlite3_io_methods, File) -> Int32) -> Int32 {
        let code = flush(file)
        return code == SQLITE_OK ? method(original.pointee, file) : code
    }

    /// The file goes back to the methods that it had, and closes.
    private func close(_ file: File) -> Int32 {
        let original = original
        file.pointee.pMethods.deallocate()
        file.pointee.pMethods = original
        Unmanaged.passUnretained(self).release()
        return original.pointee.xClose(file)
    }

    // MARK: The file's methods

    /// Those that the file had, but for what has to do with its contents; behind them, in the same memory, this object.
    private func makeMethods() -> UnsafePointer<sqlite3_io_methods> {
        var methods = original.pointee
        methods.xWrite = { file, bytes, count, offset in
            LogWrites.of(file) { $0.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)), at: offset, $1) }
        }
        methods.xRead = { file, bytes, count, offset in
            LogWrites.of(file) { $0.afterFlush($1) { $0.xRead($1, bytes, count, offset) } }
        }
        methods.xSync = { file, flags in
            LogWrites.of(file) { log, file in
                log.isHolding = false
                return log.afterFlush(file) { $0.xSync($1, flags) }
            }
        }
        methods.xTruncate = { file, length in
            LogWrites.of(file) { $0.afterFlush($1) { $0.xTruncate($1, length) } }
        }
        methods.xFileSize = { file, size in
            LogWrites.of(file) { $0.afterFlush($1) { $0.xFileSize($1, size) } }
        }
        methods.xClose = { file in
            LogWrites.of(file) { $0.close($1) }
        }

        let table = UnsafeMutableRawPointer.allocate(
            byteCount: Self.objectOffset + MemoryLayout<Unmanaged<LogWrites>>.size,
            alignment: MemoryLayout<sqlite3_io_methods>.alignment
        )
        table.storeBytes(of: Unmanaged.passRetained(self), toByteOffset: Self.objectOffset, as: Unmanaged.self)
        let start = table.bindMemory(to: sqlite3_io_methods.self, capacity: 1)
        start.initialize(to: methods)
        return UnsafePointer(start)
    }

    private static let objectOffset = MemoryLayout<sqlite3_io_methods>.stride

    private static func of(_ file: File?, _ body: (LogWrites, File) -> Int32) -> Int32 {
        guard let file, let table = file.pointee.pMethods else { return SQLITE_MISUSE }
        let object = UnsafeRawPointer(table).load(fromByteOffset: objectOffset, as: Unmanaged<LogWrites>.self)
        return body(object.takeUnretainedValue(), file)
    }
}
