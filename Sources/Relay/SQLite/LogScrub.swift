internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// Overwrites what the log holds of before, in place and in pieces.
///
/// SQLite begins its log anew over the frames that were there, and those behind stay, removed bodies among them, until the
/// log is as long again. Cutting them off would remove them too, but not from the disk; and commits would then write where
/// nothing has been written. There the file system's own records have to say for each commit that there is something now:
/// it waits for them as well, and when ext4 finds a fault at that moment, what fdatasync has promised can be lost. So the
/// first time everything is overwritten, zeros included.
final class LogScrub: Sendable {
    private enum State {
        /// Nothing has been overwritten yet.
        case new
        /// All dead frames from this one on are zeros.
        case under(frame: Int, isFirst: Bool)
        case done
    }

    private let log: LogFile
    private let state = Mutex(State.new)

    init(_ log: LogFile) {
        self.log = log
    }

    /// Overwritten at a time: SQLite's VFS writes less than 128 KiB in one call.
    private static let framesAtOnce = 16

    /// Whether frames of before are being overwritten.
    var isUnderWay: Bool {
        state.withLock { if case .under = $0 { true } else { false } }
    }

    /// Puts what is left of the log into the file, and lets SQLite begin it anew.
    /// - Parameter db: the connection that writes, outside a transaction.
    /// - Returns: whether there is something to overwrite. There is nothing when nothing has been written since, and not yet
    ///   when somebody still reads from the log.
    func begin(_ db: Database) throws -> Bool {
        let frames: Int
        do {
            frames = try db.checkpoint(.restart).walFrameCount
        } catch ResultCode.SQLITE_BUSY {
            return false
        }
        let isFirst = state.withLock { if case .new = $0 { true } else { false } }
        // The first frame of a log that begins anew is our own, from below.
        guard isFirst || frames > 1 else { return false }
        let file = try WriteAheadLog(db)
        let before = try file.salts
        try db.inTransaction(.immediate) {
            try Schema.touch(db)
            return .commit
        }
        // Somebody may have begun to read in between.
        guard try file.salts != before else { return false }
        let end = LogFile.frames(in: try file.length)
        state.withLock { $0 = .under(frame: end, isFirst: isFirst) }
        return true
    }

    /// Overwrites some of the dead frames, from the last to the first.
    /// - Parameter db: the connection that writes, in a transaction: nobody else makes frames.
    func goOn(_ db: Database, while hasTimeForMore: () -> Bool) throws {
        guard case .under(var end, let isFirst) = state.withLock({ $0 }) else { return }
        let file = try WriteAheadLog(db)
        let salts = try file.salts
        repeat {
            let piece = max(0, end - Self.framesAtOnce)..<end
            let dead = try file.deadFrames(in: piece, salts: salts)
            if try isFirst || !file.isZero(dead) { try file.overwrite(dead) }
            // In front of one that lives, all do.
            end = dead.lowerBound > piece.lowerBound ? 0 : piece.lowerBound
        } while end > 0 && hasTimeForMore()
        try file.synchronize()
        if end == 0, try file.length > log.length, try !file.isLive(LogFile.frames(in: log.length), salts: salts) {
            try file.truncate(to: log.length)
        }
        state.withLock { $0 = end > 0 ? .under(frame: end, isFirst: isFirst) : .done }
    }
}

/// The log as the connection that writes has it open. Frames that live carry the salts of the log's header ("WAL-mode File
/// Format" in SQLite's documentation).
private struct WriteAheadLog {
    typealias Salts = [UInt8]

    private let file: UnsafeMutablePointer<sqlite3_file>
    private let methods: UnsafePointer<sqlite3_io_methods>

    private static let saltsInHeader = 16..<24
    private static let saltsInFrame = 8..<16

    init(_ db: Database) throws {
        (file, methods) = try db.openFile(SQLITE_FCNTL_JOURNAL_POINTER)
    }

    /// In bytes.
    var length: Int {
        get throws {
            var length: sqlite3_int64 = 0
            try check(methods.pointee.xFileSize(file, &length))
            return Int(length)
        }
    }

    var salts: Salts {
        get throws { try read(Self.saltsInHeader) }
    }

    func isLive(_ frame: Int, salts: Salts) throws -> Bool {
        let start = LogFile.offset(of: frame)
        return try read(start + Self.saltsInFrame.lowerBound..<start + Self.saltsInFrame.upperBound) == salts
    }

    /// The frames of a piece behind the last one that lives.
    func deadFrames(in piece: Range<Int>, salts: Salts) throws -> Range<Int> {
        let live = try piece.last { try isLive($0, salts: salts) }
        return (live.map { $0 + 1 } ?? piece.lowerBound)..<piece.upperBound
    }

    func isZero(_ frames: Range<Int>) throws -> Bool {
        try read(bytes(of: frames)).allSatisfy { $0 == 0 }
    }

    func overwrite(_ frames: Range<Int>) throws {
        let bytes = try bytes(of: frames)
        guard !bytes.isEmpty else { return }
        let zeros = [UInt8](repeating: 0, count: bytes.count)
        try check(methods.pointee.xWrite(file, zeros, Int32(zeros.count), sqlite3_int64(bytes.lowerBound)))
    }

    func synchronize() throws {
        try check(methods.pointee.xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY))
    }

    func truncate(to length: Int) throws {
        try check(methods.pointee.xTruncate(file, sqlite3_int64(length)))
    }

    /// Those of the file that are there.
    private func bytes(of frames: Range<Int>) throws -> Range<Int> {
        let end = try min(LogFile.offset(of: frames.upperBound), length)
        return min(LogFile.offset(of: frames.lowerBound), end)..<end
    }

    /// What is not there is read as zeros.
    private func read(_ range: Range<Int>) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        let code = methods.pointee.xRead(file, &bytes, Int32(bytes.count), sqlite3_int64(range.lowerBound))
        if ResultCode(rawValue: code) != .SQLITE_IOERR_SHORT_READ { try check(code) }
        return bytes
    }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }
}
