public import FoundationEssentials
internal import GRDB
internal import Glibc
public import RelayAPI

/// The store in one SQLite file, embedded in the relay.
///
/// The file is in WAL mode with `synchronous=FULL`: a commit returns when the log is on disk. One writer serves all
/// requests that change something, many in a transaction (`CommitQueue`); readers work beside it on snapshots.
public final class SQLiteMailboxStore: MailboxStore {
    public let incarnation: Incarnation
    public let notifications = MailboxNotifications()

    private let pool: DatabasePool
    private let queue: CommitQueue
    private let log: LogFile
    private let scrub: LogScrub
    private let checkpoints: LogCheckpoints
    private let now: @Sendable () -> ContinuousClock.Instant

    /// Opens a store, making it where there is none.
    public convenience init(file: URL, limits: RelayLimits = RelayLimits()) throws(StoreFault) {
        try self.init(file: file, limits: limits, logLength: LogFile.standardLength, now: { .now })
    }

    /// - Parameters:
    ///   - logLength: in bytes; see `LogFile`.
    ///   - now: by which steps of removing are measured and paced.
    init(
        file: URL,
        limits: RelayLimits,
        logLength: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) throws(StoreFault) {
        guard !SQLiteBackup.isRestoreUnfinished(as: file) else { throw .restoreUnfinished }
        // Made by us, for its owner alone: SQLite gives its log and index the same mode.
        Glibc.close(open(file.path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600))
        let log = LogFile(ofStore: file, length: logLength)
        do {
            pool = try DatabasePool(path: file.path, configuration: Self.configuration)
            try pool.writeWithoutTransaction { try Self.makeCommitsDurable($0) }
            let migrator = Schema.migrator
            guard try !pool.read({ try migrator.hasBeenSuperseded($0) }) else { throw StoreFault.newerSchema }
            try migrator.migrate(pool)
            if limits.maximumStoreBytes > 0 {
                try pool.writeWithoutTransaction { try Self.bound($0, to: limits.maximumStoreBytes) }
            }
            let stored = try pool.read { try Row.fetchOne($0, sql: "SELECT incarnation FROM store") }
            guard let stored else { throw StoreFault.damaged }
            incarnation = try stored.opaque(0)
            let (logWrites, hasRoom) = try pool.writeWithoutTransaction { db in
                try log.reserve(db)
                return (try LogWrites(of: db), try log.hasRoomForAnEntry(db))
            }
            checkpoints = try LogCheckpoints(of: log, store: file, configuration: Self.configuration)
            queue = CommitQueue(
                pool: pool,
                log: log,
                writer: MailboxWriter(limits: limits, now: now),
                logWrites: logWrites,
                checkpoints: checkpoints,
                notifications: notifications,
                hasRoom: hasRoom
            )
        } catch {
            throw StoreFault(error)
        }
        self.log = log
        self.now = now
        scrub = LogScrub(log)
    }

    /// Closes the file; nothing may be asked of the store any more.
    public func close() throws {
        // The writer asks for checkpoints to its end.
        try pool.close()
        try checkpoints.close()
    }

    /// GRDB opens a pool with `synchronous=NORMAL`, after `prepareDatabase`, and commits would then wait for no disk.
    private static func makeCommitsDurable(_ db: Database) throws {
        try db.execute(sql: "PRAGMA synchronous = FULL")
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else { throw StoreFault.cannotWrite }
    }

    /// Beyond it SQLite finds its disk full.
    private static func bound(_ db: Database, to bytes: Int) throws {
        let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
        try db.execute(sql: "PRAGMA max_page_count = \(max(1, bytes / pageSize))")
    }

    /// Seconds in which another process may hold what this one wants.
    private static let patience = 5.0

    /// As SQLite numbers it: the file gets shorter when it is told to.
    private static let incrementalVacuum = 2

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "store"
        // Only `aadr-relay token`, in another process, ever writes at the same time.
        configuration.busyMode = .timeout(patience)
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { db in
            // In KiB. A commit in which pages were split looks at every page that the writer keeps (pcache1Truncate).
            let cacheSize = db.configuration.readonly ? 32768 : 8192
            // The log's pages go into the file when `LogCheckpoints` has them go: a checkpoint that SQLite makes in a commit
            // fails unseen.
            try db.execute(
                sql: """
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = -\(cacheSize);
                    """
            )
            // To set it is a commit, even where it is set, for which a full disk has no room.
            let isSet = try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") == incrementalVacuum
            if !isSet, !db.configuration.readonly { try db.execute(sql: "PRAGMA auto_vacuum = \(incrementalVacuum)") }
        }
        return configuration
    }

    // MARK: MailboxStore

    public func create(_ command: CreateCommand) async throws(Problem) {
        try await queue.perform(weighing: .init(grants: command.grants.count)) { try $0.create(command) }
    }

    public func makeChildToken(_ command: ChildTokenCommand) async throws(Problem) {
        try await queue.perform { try $0.makeChildToken(command) }
    }

    public func changeGrants(_ command: GrantCommand) async throws(Problem) {
        let grants = command.set.count + command.remove.count
        try await queue.perform(weighing: .init(grants: grants)) { try $0.changeGrants(command) }
    }

    public func append(
        _ command: AppendCommand,
        answer: @escaping @Sendable (Result<AppendedEntry, Problem>) -> Void
    ) {
        queue.perform(weighing: .init(bytes: command.entry.body.count), { try $0.append(command) }, answer: answer)
    }

    public func append(_ commands: [AppendCommand]) async throws(Problem) -> [Result<AppendedEntry, Problem>] {
        let bytes = commands.reduce(0) { $0 + $1.entry.body.count }
        return try await queue.perform(weighing: .init(requests: commands.count, bytes: bytes)) { writer in
            try commands.map { command in
                do {
                    return .success(try writer.append(command))
                } catch let problem as Problem {
                    return .failure(problem)
                }
            }
        }
    }

    public func advance(_ command: AdvanceCommand) async throws(Problem) -> AppendedEntry {
        try await queue.perform(weighing: .init(grants: command.next.count, bytes: command.entry.body.count)) {
            try $0.advance(command)
        }
    }

    public func take(_ access: HashedAccess, today: Day) async throws(Problem) -> TakenEntry? {
        try await queue.perform { try $0.take(access, today: today) }
    }

    public func delete(_ access: HashedAccess, upTo sequence: UInt64) async throws(Problem) {
        while try await queue.perform({ try $0.deleteSome(access, upTo: sequence) }) {}
    }

    public func read(_ query: ReadQuery) async throws(Problem) -> ReadResponse {
        let incarnation = incarnation
        return try await reading { try MailboxReader.read(query, incarnation: incarnation, in: $0) }
    }

    public func createBlob(_ command: BlobCommand) async throws(Problem) {
        try await queue.perform { try $0.createBlob(command) }
    }

    public func putPart(_ access: HashedAccess, index: Int, bytes: [UInt8], today: Day) async throws(Problem) {
        try await queue.perform(weighing: .init(bytes: bytes.count)) {
            try $0.putPart(access, index: index, bytes: bytes, today: today)
        }
    }

    public func partsPresent(_ access: HashedAccess, today: Day) async throws(Problem) -> [Bool] {
        try await reading { try Blob.find(access, for: .any, today: today, in: $0).present(in: $0) }
    }

    public func part(_ access: HashedAccess, index: Int, today: Day) async throws(Problem) -> [UInt8]? {
        try await reading { try Blob.find(access, for: .read, today: today, in: $0).part(index, in: $0) }
    }

    public func deleteBlob(_ access: HashedAccess, today: Day) async throws(Problem) {
        var hasMore = try await queue.perform { try $0.deleteSomeParts(access, today: today) }
        while hasMore {
            do throws(Problem) {
                hasMore = try await queue.perform { try $0.deleteSomeParts(access, today: today) }
            } catch  where error.name == .notPermitted {
                // Another request has removed the rest meanwhile, and with it the capability.
                return
            }
        }
    }

    public func expireSome(today: Day) async throws(Problem) -> StoreStep {
        let scans = try await reading { try MailboxReader.scanExpiry(today: today, in: $0) }
        if !scans.isEmpty {
            return try await step { try $0.expire(scans) }
        }
        guard try await reading({ try Blob.firstExpired(before: today, in: $0) }) != nil else { return .nothing }
        return try await step { try $0.expireSomeParts(today: today) }
    }

    public func scrubSome() async throws(Problem) -> StoreStep {
        if try await reading(Self.hasSpaceToGiveBack) {
            return try await step { try $0.giveBackSomeSpace() }
        }
        // Bodies are overwritten in the file (secure_delete), but the log still has the pages from before.
        if scrub.isUnderWay {
            let held = try await queue.performStep { [scrub] writer in
                try scrub.goOn(writer.db, while: writer.hasTimeForMore)
            }
            // Other processes, `aadr-relay token` for one, look now and then only whether they may write: they get as long.
            try? await Task.sleep(for: held)
            return StoreStep(hasMore: scrub.isUnderWay, held: held)
        }
        do {
            return try await checkpoints.run { [pool, scrub, now] in
                try pool.writeWithoutTransaction { db in
                    let start = now()
                    return StoreStep(hasMore: try db.waitingBriefly { try scrub.begin(db) }, held: now() - start)
                }
            }
        } catch {
            throw Problem(storeError: error)
        }
    }

    /// A step of removing in a transaction of its own, after which there may be more to do.
    private func step(
        _ operation: @escaping @Sendable (MailboxWriter) throws -> Void
    ) async throws(Problem) -> StoreStep {
        StoreStep(hasMore: true, held: try await queue.performStep(operation))
    }

    /// Whether enough of the file is free. An eighth of it may stay free for what comes next.
    private static func hasSpaceToGiveBack(_ db: Database) throws -> Bool {
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        let all = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        return free > max(all / 8, mostFreePages)
    }

    /// 1 MiB is not worth a step.
    private static let mostFreePages = 256

    public func lastDay() async throws(Problem) -> Day? {
        try await reading { try Int.fetchOne($0, sql: "SELECT last_day FROM store").map { Day($0) } }
    }

    public func remember(_ day: Day) async throws(Problem) {
        try await queue.perform { try $0.execute("UPDATE store SET last_day = ?", [day.number]) }
    }

    public func issueToken(_ hash: AccessTokenHash, label: String, mailboxes: UInt32) async throws(Problem) {
        try await queue.perform { writer in
            try writer.execute(
                "INSERT INTO token (hash, label, mailboxes_left, last_day) VALUES (?, ?, ?, NULL)",
                [hash.data, label, Int64(mailboxes)]
            )
        }
    }

    public func tokens() async throws(Problem) -> [StoredToken] {
        try await reading { try MailboxReader.tokens(in: $0) }
    }

    public func revokeToken(id: String) async throws(Problem) -> Bool {
        guard let token = try await tokens().first(where: { $0.id == id }) else { return false }
        try await queue.perform { try $0.execute("DELETE FROM token WHERE hash = ?", [token.hash.data]) }
        return true
    }

    public func checkReadiness() async throws(Problem) {
        _ = try await reading { try Int64.fetchOne($0, sql: "SELECT id FROM store") }
        // Writing is tried where it has failed, so that those who only ask cost no disk anything.
        guard queue.isFailing else { return }
        try await queue.perform { try Schema.touch($0.db) }
        // What is as small as that fits where an entry does not.
        if queue.isFailing { throw Problem(.unavailable, detail: Problem.noRoom) }
    }

    public func measure() async throws(Problem) -> StoreMeasure {
        let size = try await reading { db in
            (try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0) * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        }
        return StoreMeasure(bytes: size + log.currentLength, diskFreeBytes: log.diskFreeBytes)
    }

    public func check() async throws(Problem) -> StoreReport {
        try await reading { try SQLiteAudit.run($0) }
    }

    private func reading<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(Problem) -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw Problem(storeError: error)
        }
    }
}
