internal import Crypto
public import FoundationEssentials
internal import GRDB
internal import Glibc
internal import RelayAPI

/// Copies of a store: taken while a relay serves from it, and put in its place.
public enum SQLiteBackup {
    /// Writes a copy of a store as it is at this moment, for its owner alone, once all of it has been read and checked. What
    /// was removed is not in it.
    ///
    /// It is one read of one snapshot: a relay that serves goes on, and its log grows meanwhile.
    /// - Parameter file: there must be none yet.
    /// - Throws: `damagedBackup` when the store is damaged; nothing has been written then.
    public static func write(_ store: URL, to file: URL) throws(StoreFault) {
        do {
            let folder = try lock(store)
            defer { Glibc.close(folder) }
            let unfinished = URL(filePath: file.path + ".unfinished")
            // Of a process that was killed.
            remove(unfinished)
            let descriptor = Glibc.open(unfinished.path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw StoreFault.cannotWriteBackup }
            defer {
                Glibc.close(descriptor)
                remove(unfinished)
            }
            try copy(store, into: unfinished.path)
            guard fsync(descriptor) == 0, name(unfinished, as: file), Folder.sync(of: file) else {
                throw StoreFault.cannotWriteBackup
            }
        } catch {
            throw StoreFault(error)
        }
    }

    /// The same copy, given away piece by piece: for whoever cannot reach the store's disk in another way. It stands beside
    /// the store until it is whole, and has no name any more from its first piece on.
    /// - Parameters:
    ///   - unfinished: where it stands meanwhile. What a process that was killed has left there is overwritten.
    ///   - output: called for one piece after the other; what it throws ends the copy.
    /// - Returns: of the whole copy, its length in bytes and SHA-256.
    public static func write(
        _ store: URL,
        through unfinished: URL,
        output: (_ piece: [UInt8]) throws -> Void
    ) throws -> (length: Int, digest: [UInt8]) {
        let descriptor = Glibc.open(unfinished.path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreFault.cannotWriteBackup }
        defer { Glibc.close(descriptor) }
        // Who had it locked until now may have removed its name: what SQLite then wrote under it would be another file.
        var information = stat()
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &information) == 0, information.st_nlink == 1
        else { throw StoreFault.backupUnderWay }
        do {
            defer { unlink(unfinished.path) }
            guard ftruncate(descriptor, 0) == 0 else { throw StoreFault.cannotWriteBackup }
            try copy(store, into: unfinished.path)
        } catch {
            throw StoreFault(error)
        }
        var (length, hash) = (0, SHA256())
        var piece = [UInt8](repeating: 0, count: pieceLength)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw StoreFault.cannotWriteBackup }
            guard count > 0 else { return (length, Array(hash.finalize())) }
            hash.update(data: piece.prefix(count))
            length += count
            try output(Array(piece.prefix(count)))
        }
    }

    private static let pieceLength = 1 << 20

    /// Keeps other processes from writing a copy of a store into a file until what is returned is closed. The copy itself is not
    /// locked: on some network file systems nor could SQLite lock it then.
    private static func lock(_ store: URL) throws(StoreFault) -> Int32 {
        let folder = Glibc.open(store.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .missing }
        guard flock(folder, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(folder)
            throw .backupUnderWay
        }
        return folder
    }

    /// Gives a copy its name, which nothing has yet.
    private static func name(_ unfinished: URL, as file: URL) -> Bool {
        if link(unfinished.path, file.path) == 0 { return true }
        // FAT and some network file systems have no links. What is then replaced is a file of this process's own.
        let empty = Glibc.open(file.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard empty >= 0 else { return false }
        Glibc.close(empty)
        guard rename(unfinished.path, file.path) != 0 else { return true }
        unlink(file.path)
        return false
    }

    /// - Parameter path: of a file that is there and empty: SQLite fills it, and so the copy is nobody else's from the
    ///   beginning.
    private static func copy(_ store: URL, into path: String) throws {
        let queue = try open(store)
        try queue.writeWithoutTransaction { db in
            do {
                try db.execute(sql: "VACUUM INTO ?", arguments: [path])
            } catch ResultCode.SQLITE_FULL, ResultCode.SQLITE_CANTOPEN {
                throw StoreFault.cannotWriteBackup
            }
        }
        try queue.close()
        try checkCopy(path)
    }

    /// Damage that was copied must show now, not when the backup is needed.
    private static func checkCopy(_ path: String) throws {
        let queue = try open(URL(filePath: path))
        try queue.read { db in
            // The tables of an earlier version are brought to this one's, and then read, when the backup is restored.
            let isRead = try Schema.migrator.hasCompletedMigrations(db)
            let report = try isRead ? SQLiteAudit.run(db) : SQLiteAudit.runOnFile(db)
            guard report.faults.isEmpty else { throw StoreFault.damagedBackup }
        }
        try queue.close()
    }

    /// Puts a copy in the place of a store that nobody serves from. It gets an incarnation of its own, so that clients look
    /// for what was lost.
    /// - Parameter input: the copy, one piece after the other; empty at its end.
    /// - Returns: what it holds. With faults, nothing has been put anywhere.
    public static func restore(as store: URL, input: () throws -> [UInt8]) async throws -> StoreReport {
        let copy = unfinished(store)
        remove(copy)
        defer { remove(copy) }
        try write(to: copy, input: input)
        guard isWhole(copy) else { throw StoreFault.damaged }
        let report = try await prepare(copy)
        guard report.faults.isEmpty else { return report }
        // Who closes a store last moves its log into it; where that cannot be done, SQLite keeps the log and says nothing.
        guard access(copy.path + "-wal", F_OK) != 0 else { throw StoreFault.cannotWrite }
        // From here on it is done, whoever finishes it.
        guard rename(copy.path, successor(of: store).path) == 0, Folder.sync(of: store) else {
            throw StoreFault.cannotWrite
        }
        try finishRestore(as: store)
        return report
    }

    /// Puts a copy in the place of a store that has been restored and is whole, also when the process that did so was killed
    /// at it; and removes one that did not get so far. For who holds the data directory alone.
    static func finishRestore(as store: URL) throws(StoreFault) {
        remove(unfinished(store))
        guard isRestoreUnfinished(as: store) else { return }
        // The logs first: they must never be taken for those of the copy.
        removeLogs(of: store)
        guard Folder.sync(of: store), rename(successor(of: store).path, store.path) == 0, Folder.sync(of: store) else {
            throw .cannotWrite
        }
    }

    /// Whether the store is not the one that it should be: `finishRestore` has to put that in its place.
    static func isRestoreUnfinished(as store: URL) -> Bool { access(successor(of: store).path, F_OK) == 0 }

    private static func unfinished(_ store: URL) -> URL { URL(filePath: store.path + ".restored") }
    private static func successor(of store: URL) -> URL { URL(filePath: store.path + ".replacing") }

    /// Writes a new file, for its owner alone.
    private static func write(to file: URL, input: () throws -> [UInt8]) throws {
        let descriptor = Glibc.open(file.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreFault.cannotWrite }
        defer { Glibc.close(descriptor) }
        while case let piece = try input(), !piece.isEmpty {
            var rest = piece[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { throw StoreFault.cannotWrite }
                rest = rest.dropFirst(count)
            }
        }
        guard fsync(descriptor) == 0 else { throw StoreFault.cannotWrite }
    }

    /// Whether a copy is as long as its header says ("Database Header" in SQLite's documentation): SQLite itself takes a last
    /// page of which there is a part.
    private static func isWhole(_ copy: URL) -> Bool {
        var header = [UInt8](repeating: 0, count: 32)
        let descriptor = Glibc.open(copy.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0, pread(descriptor, &header, header.count, 0) == header.count else {
            return false
        }
        func integer(_ range: Range<Int>) -> Int { header[range].reduce(0) { $0 << 8 | Int($1) } }
        let (pageLength, pages) = (integer(16..<18), integer(28..<32))
        // 1 stands for 65,536.
        return Int(information.st_size) == pages * (pageLength == 1 ? 65_536 : pageLength)
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
        guard !isRestoreUnfinished(as: file) else { throw StoreFault.restoreUnfinished }
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
        removeLogs(of: store)
        unlink(store.path)
    }

    /// Also that of a process that was killed before the file had a write-ahead log: SQLite would roll it back into another.
    private static func removeLogs(of store: URL) {
        for suffix in ["-journal", "-wal", "-shm"] { unlink(store.path + suffix) }
    }
}
