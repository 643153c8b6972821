internal import FoundationEssentials
internal import GRDB
internal import Glibc

/// The write-ahead log of a store as a file among others, which had better be long before it is written.
///
/// A commit that makes the log longer changes more than the file's contents, and so its fdatasync waits for the file
/// system's own records too, many times as long as for the entries. In a log that has its length and has been
/// written once, a commit overwrites.
struct LogFile {
    /// In bytes. What the log may hold before its pages go into the store, and as much again for what readers who
    /// take their time or large transactions add.
    static let standardLength = 2 * checkpointPages * (4096 + 24)

    /// The log may grow so long before its pages go into the file: more than SQLite's own 4 MiB, because each such
    /// step costs two more fdatasyncs, and pages that were written often in between go once.
    static let checkpointPages = 4096

    private let path: String
    /// What it is to have, in bytes.
    let length: Int

    init(ofStore file: URL, length: Int) {
        path = file.path + "-wal"
        self.length = length
    }

    /// In bytes.
    var currentLength: Int {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : 0
    }

    /// What is left on its disk for such as we are, in bytes; nil when that cannot be seen.
    var diskFreeBytes: Int? {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return nil }
        return Int(information.f_bavail) * Int(information.f_frsize)
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
