public import FoundationEssentials
internal import GRDB
internal import Glibc
internal import RelayAPI

/// Copies of a store: taken while a relay serves from it, and put in its place.
public enum SQLiteBackup {
    /// Writes a copy of a store as it is at this moment, for its owner alone. What was removed is not in it.
    ///
    /// It is one read of one snapshot: a relay that serves goes on, and its log grows meanwhile.
    /// - Parameter file: there must be none yet.
    public static func write(_ store: URL, to file: URL) throws(StoreFault) {
        do {
            let queue = try open(store)
            // SQLite fills a file that is there and empty, and so the copy is nobody else's from the beginning.
            let unfinished = file.path + ".\(getpid())"
            let descriptor = Glibc.open(unfinished, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw StoreFault.cannotWrite }
            defer {
                Glibc.close(descriptor)
                unlink(unfinished)
            }
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
            }
            try queue.close()
            guard fsync(descriptor) == 0, link(unfinished, file.path) == 0 else { throw StoreFault.cannotWrite }
            try syncFolder(of: file)
        } catch {
            throw StoreFault(error)
        }
    }

    /// Puts a copy in the place of a store that nobody serves from. It gets an incarnation of its own, so that clients look
    /// for what was lost.
    /// - Returns: what it holds. With faults, nothing has been put anywhere.
    public static func restore(_ file: URL, as store: URL) async throws -> StoreReport {
        guard FileManager.default.fileExists(atPath: file.path) else { throw StoreFault.missing }
        let copy = URL(filePath: store.path + ".restored")
        remove(copy)
        try FileManager.default.copyItem(at: file, to: copy)
        guard chmod(copy.path, 0o600) == 0 else { throw StoreFault.cannotWrite }
        defer { remove(copy) }
        let report = try await prepare(copy)
        guard report.faults.isEmpty else { return report }
        // The log first: it must never be taken for that of the copy.
        for suffix in ["-wal", "-shm", ""] { unlink(store.path + suffix) }
        guard rename(copy.path, store.path) == 0 else { throw StoreFault.cannotWrite }
        try syncFolder(of: store)
        return report
    }

    /// Draws the incarnation, brings the tables up to this version's, and reads everything.
    private static func prepare(_ copy: URL) async throws -> StoreReport {
        do {
            let queue = try open(copy)
            try await queue.write { db in
                try db.execute(sql: "UPDATE store SET incarnation = ?", arguments: [Incarnation.random().data])
            }
            try queue.close()
        } catch {
            throw StoreFault(error)
        }
        let store = try SQLiteMailboxStore(file: copy)
        let report = try await store.check()
        try store.close()
        return report
    }

    /// Opens a file that is there and is a store of this version or an earlier one.
    private static func open(_ file: URL) throws -> DatabaseQueue {
        guard FileManager.default.fileExists(atPath: file.path) else { throw StoreFault.missing }
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: file.path, configuration: configuration)
        let migrator = Schema.migrator
        try queue.read { db in
            guard try !migrator.hasBeenSuperseded(db) else { throw StoreFault.newerSchema }
            guard try db.tableExists("store") else { throw StoreFault.damaged }
        }
        return queue
    }

    private static func remove(_ store: URL) {
        for suffix in ["-wal", "-shm", ""] { unlink(store.path + suffix) }
    }

    /// So that the file's name survives a loss of power as well.
    private static func syncFolder(of file: URL) throws(StoreFault) {
        let folder = Glibc.open(file.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .cannotWrite }
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw .cannotWrite }
    }
}
