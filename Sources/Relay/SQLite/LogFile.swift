internal import FoundationEssentials
internal import GRDB
internal import Glibc
internal import RelayAPI

/// The write-ahead log of a store as a file among others, which had better be long before it is written.
///
/// A commit that makes the log longer changes more than the file's contents, and so its fdatasync waits for the file
/// system's own records too, many times as long as for the entries. In a log that has its length and has been
/// written once, a commit overwrites.
struct LogFile {
    /// In bytes, where the disk has room for it.
    static let standardLength = offset(of: 20_480)

    private let storePath: String
    private var path: String { storePath + "-wal" }
    /// What it is to have, in bytes.
    private(set) var length: Int

    /// - Parameters:
    ///   - file: the store, which is there.
    ///   - length: in bytes. Where the disk has little room, the log has less, so that the store has the rest.
    init(ofStore file: URL, length: Int) {
        storePath = file.path
        self.length = length
        guard let free = diskFreeBytes else { return }
        self.length = min(length, max((free + currentLength) / Self.partOfDisk, Self.shortest))
    }

    /// The log gets no more than this part of what is free.
    private static let partOfDisk = 8

    /// In bytes. Shorter logs would cost more syncs of the store than they leave room.
    private static let shortest = 1 << 20

    /// Beyond so many frames its pages go into the store's file: far more than SQLite's own 1000, because every time costs
    /// two more fdatasyncs, and pages that were written often in between go once. The rest of its length is for what
    /// comes meanwhile, while readers take their time, and with large transactions.
    var checkpointFrames: Int { Self.frames(in: length) / 5 * 4 }

    // MARK: Its form

    // "WAL-mode File Format" in SQLite's documentation: a header, and frames of a header and a page each.
    private static let headerLength = 32
    private static let frameLength = 24 + 4096

    /// How many frames, the last perhaps in part, a log of so many bytes has.
    static func frames(in length: Int) -> Int {
        max(0, length - headerLength + frameLength - 1) / frameLength
    }

    /// In bytes.
    static func offset(of frame: Int) -> Int { headerLength + frame * frameLength }

    // MARK: On the disk

    /// In bytes.
    var currentLength: Int { Self.length(of: path) }

    private static func length(of path: String) -> Int {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : 0
    }

    /// What is left on its disk for such as we are, in bytes; nil when that cannot be seen.
    var diskFreeBytes: Int? {
        var information = statvfs()
        guard statvfs(storePath, &information) == 0 else { return nil }
        return Int(information.f_bavail) * Int(information.f_frsize)
    }

    /// Whether the longest entry fits: into pages that are free in the store's file, and those by which it may grow.
    func hasRoomForAnEntry(_ db: Database) throws -> Bool {
        func number(_ pragma: String) throws -> Int { try Int.fetchOne(db, sql: "PRAGMA \(pragma)") ?? 0 }
        let (pageSize, pages, mostPages) = try (number("page_size"), number("page_count"), number("max_page_count"))
        // Pages that are in the log alone will take their room on the disk as well.
        let owed = max(0, pages * pageSize - Self.length(of: storePath))
        let onDisk = diskFreeBytes.map { max(0, $0 - owed) / pageSize } ?? Int.max
        let room = try min(onDisk, mostPages - pages) + number("freelist_count")
        return room >= min(2 * BodyLength.oneMiB.rawValue / pageSize, mostPages / 4)
    }

    /// Gives the log its length, in zeros, where it is shorter: SQLite takes zeros for the log's end. `LogScrub` writes
    /// them. Where there is no room for that, the log stays as it is, and commits are slower.
    /// - Parameter db: a connection that writes. Nobody else writes to the log meanwhile.
    func reserve(_ db: Database) throws {
        try db.inTransaction(.immediate) {
            let file = open(path, O_RDWR | O_CLOEXEC)
            if file >= 0 {
                posix_fallocate(file, 0, off_t(length))
                close(file)
            }
            return .rollback
        }
    }
}
