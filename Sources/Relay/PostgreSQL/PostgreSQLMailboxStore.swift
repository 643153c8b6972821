internal import Dispatch
public import RelayAPI
internal import Synchronization

/// The store in a PostgreSQL database, which several relays may serve from at the same time.
///
/// Nothing is kept in memory between two transactions. Whoever changes a mailbox locks its row, so that the relays'
/// transactions on one mailbox come one after the other; those that append tell the other relays, which wake their
/// readers (`PostgreSQLListener`). Appends go many in a transaction (`PostgreSQLAppendQueue`), everything else each in
/// its own, on a few connections.
///
/// When the server is lost, requests are refused as `unavailable` until it answers again. A commit whose answer was
/// lost is done again: every operation finds what it has already done, except a take, which then hands out the next.
public final class PostgreSQLMailboxStore: MailboxStore {
    public let notifications = MailboxNotifications()

    private let limits: RelayLimits
    private let current = PostgreSQLIncarnation()
    private let sockets = PostgreSQLSockets()
    private let listener: PostgreSQLListener
    private let pool: PostgreSQLPool
    private let appends: PostgreSQLAppendQueue
    private let now: @Sendable () -> ContinuousClock.Instant
    private let pace = Mutex(StepPace())

    /// Connections for everything but appends and notifications; made when they are needed.
    private static let poolSize = 8

    /// In seconds: for what runs when the store closes, and once more for its end.
    private static let patience = 1.0

    /// Opens a store, making its tables where there are none. Blocks until the server has answered.
    public convenience init(address: PostgreSQLAddress, limits: RelayLimits = RelayLimits()) throws(StoreFault) {
        try self.init(address: address, limits: limits, now: { .now })
    }

    /// - Parameter now: by which steps of removing are measured and paced.
    init(
        address: PostgreSQLAddress,
        limits: RelayLimits,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) throws(StoreFault) {
        self.limits = limits
        self.now = now
        do {
            try PostgreSQLSession.migrate(address, onConnected: current.load)
        } catch {
            throw StoreFault(error)
        }
        let load = current.load
        listener = PostgreSQLListener(address, among: sockets, notifications: notifications, onServing: load)
        let sockets = sockets
        pool = PostgreSQLPool(
            sessions: (0..<Self.poolSize).map { _ in PostgreSQLSession(address, among: sockets, onConnected: load) }
        )
        appends = PostgreSQLAppendQueue(
            session: PostgreSQLSession(address, among: sockets, onConnected: load),
            limits: limits,
            listener: listener,
            notifications: notifications
        )
        listener.start()
    }

    /// Closes all connections; nothing may be asked of the store any more. What still runs is given some time, then its
    /// connection is broken; and what still connects is left to itself.
    public func close() {
        sockets.close()
        let start = DispatchTime.now()
        func wait(for work: DispatchGroup) {
            guard work.wait(timeout: start + Self.patience) == .timedOut else { return }
            sockets.breakAll()
            _ = work.wait(timeout: start + 2 * Self.patience)
        }
        let work = DispatchGroup()
        pool.close(work)
        appends.close(work)
        wait(for: work)
        // Last, because others are kept from the store for as long as the listener has its lock.
        let listening = DispatchGroup()
        listener.close(listening)
        wait(for: listening)
    }

    // MARK: MailboxStore

    public var incarnation: Incarnation { current.value }

    public func create(_ command: CreateCommand) async throws(Problem) {
        let limits = limits
        try await pool.transaction { try PostgreSQLMailboxes(connection: $0).create(command, limits: limits) }
    }

    public func makeChildToken(_ command: ChildTokenCommand) async throws(Problem) {
        try await pool.transaction { try PostgreSQLMailboxes(connection: $0).makeChildToken(command) }
    }

    public func changeGrants(_ command: GrantCommand) async throws(Problem) {
        try await pool.transaction { [limits] in
            try PostgreSQLMailboxes(connection: $0).changeGrants(command, limits: limits)
        }
    }

    public func append(
        _ command: AppendCommand,
        answer: @escaping @Sendable (Result<AppendedEntry, Problem>) -> Void
    ) {
        appends.append([command]) { result in answer(result.flatMap { $0[0] }) }
    }

    public func append(_ commands: [AppendCommand]) async throws(Problem) -> [Result<AppendedEntry, Problem>] {
        try await appends.append(commands)
    }

    public func advance(_ command: AdvanceCommand) async throws(Problem) -> AppendedEntry {
        let mailboxes = [command.access.mailbox]
        return try await pool.perform { [limits, listener, notifications] connection in
            let entry = try listener.announcing(in: mailboxes) {
                try connection.transaction {
                    let entry = try PostgreSQLEntries(connection: connection, limits: limits).advance(command)
                    // Of a duplicate too, as for appends.
                    try connection.execute(listener.announcements(of: mailboxes))
                    return entry
                }
            }
            // Here, because who is cancelled does not come back to it.
            notifications.notify(mailboxes)
            return entry
        }
    }

    public func read(_ query: ReadQuery) async throws(Problem) -> ReadResponse {
        try await pool.perform { try PostgreSQLReader.read(query, on: $0) }
    }

    public func take(_ access: HashedAccess, today: Day) async throws(Problem) -> TakenEntry? {
        try await pool.transaction { try PostgreSQLRemovals(connection: $0).take(access, today: today) }
    }

    public func delete(_ access: HashedAccess, upTo sequence: UInt64) async throws(Problem) {
        while try await removing({ connection, time in
            try PostgreSQLRemovals(connection: connection).deleteSome(access, upTo: sequence, in: &time)
        }) {}
    }

    public func createBlob(_ command: BlobCommand) async throws(Problem) {
        let limits = limits
        try await pool.transaction { try PostgreSQLBlobs(connection: $0).create(command, limits: limits) }
    }

    public func putPart(_ access: HashedAccess, index: Int, bytes: [UInt8], today: Day) async throws(Problem) {
        try await pool.transaction {
            try PostgreSQLBlobs(connection: $0).put(access, index: index, bytes: bytes, today: today)
        }
    }

    public func partsPresent(_ access: HashedAccess, today: Day) async throws(Problem) -> [Bool] {
        try await pool.perform { try PostgreSQLBlobs(connection: $0).present(access, today: today) }
    }

    public func part(_ access: HashedAccess, index: Int, today: Day) async throws(Problem) -> [UInt8]? {
        try await pool.perform { try PostgreSQLBlobs(connection: $0).part(access, index: index, today: today) }
    }

    public func deleteBlob(_ access: HashedAccess, today: Day) async throws(Problem) {
        // Found before the transactions, which find nothing when they are done again after a lost answer.
        try await pool.perform { _ = try PostgreSQLBlobs(connection: $0).find(access, for: .write, today: today) }
        while try await removing({ connection, time in
            try PostgreSQLBlobs(connection: connection).deleteSomeParts(access, today: today, in: &time)
        }) {}
    }

    public func expireSome(today: Day) async throws(Problem) -> StoreStep {
        let start = try await removing { [now] connection, time in
            let start = now()
            let hasRemoved =
                try PostgreSQLRemovals(connection: connection).expireSome(today: today, in: &time)
                || PostgreSQLBlobs(connection: connection).expireSomeParts(today: today, in: &time)
            return hasRemoved ? start : nil
        }
        guard let start else { return .nothing }
        let held = now() - start
        pace.withLock { $0.adapt(to: held) }
        return StoreStep(hasMore: true, held: held)
    }

    /// Runs the body in a transaction that removes for as long as the pace lets it.
    private func removing<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection, inout StepTime) throws -> Value
    ) async throws(Problem) -> Value {
        let (pace, now) = (pace.withLock { $0 }, now)
        return try await pool.transaction { connection in
            var time = StepTime(pace, now: now)
            return try body(connection, &time)
        }
    }

    /// Does nothing: PostgreSQL overwrites what was removed when it needs the space, and its own `autovacuum` sees
    /// to that (Docs/postgresql.md says what can be found until then).
    public func scrubSome() async throws(Problem) -> StoreStep { .nothing }

    public func lastDay() async throws(Problem) -> Day? {
        try await pool.perform { connection in
            let row = try connection.execute("SELECT last_day FROM store WHERE id = 1").first
            return try row.flatMap { try $0.isNull(0) ? nil : Day(Int($0.integer(0))) }
        }
    }

    public func remember(_ day: Day) async throws(Problem) {
        try await pool.transaction { connection in
            _ = try connection.execute("UPDATE store SET last_day = $1 WHERE id = 1", [.day(day)])
        }
    }

    public func issueToken(_ hash: AccessTokenHash, label: String, mailboxes: UInt32) async throws(Problem) {
        try await pool.transaction {
            try PostgreSQLMailboxes(connection: $0).issueToken(hash, label: label, mailboxes: mailboxes)
        }
    }

    public func tokens() async throws(Problem) -> [StoredToken] {
        try await pool.perform { try PostgreSQLMailboxes(connection: $0).tokens() }
    }

    public func revokeToken(id: String) async throws(Problem) -> Bool {
        // Found before the transaction, which finds nothing when it is done again after a lost answer.
        guard let token = try await tokens().first(where: { $0.id == id }) else { return false }
        try await pool.transaction { try PostgreSQLMailboxes(connection: $0).revokeToken(token.hash) }
        return true
    }

    public func measure() async throws(Problem) -> StoreMeasure {
        let size = try await pool.perform {
            try $0.execute("SELECT pg_database_size(current_database())").first?.integer(0) ?? 0
        }
        return StoreMeasure(bytes: Int(size), diskFreeBytes: nil)
    }

    public func check() async throws(Problem) -> StoreReport {
        try await pool.perform { try PostgreSQLAudit.run($0) }
    }

    /// Makes clients look for what a database that was restored may have lost.
    /// - Throws: `inUse` while relays serve from it.
    public static func drawIncarnation(address: PostgreSQLAddress) throws(StoreFault) {
        do {
            let guardian = try PostgreSQLConnection(address)
            // Before the tables are changed under anybody.
            try PostgreSQLListener.keepRelaysAway(guardian)
            defer { withExtendedLifetime(guardian) {} }
            try PostgreSQLSession.migrate(address) { connection in
                try connection.execute("UPDATE store SET incarnation = $1", [.opaque(Incarnation.random())])
            }
        } catch {
            throw StoreFault(error)
        }
    }

    /// Ready is a relay whose server answers and tells it of other relays' entries.
    public func checkReadiness() async throws(Problem) {
        try await pool.perform { _ = try $0.execute("SELECT id FROM store WHERE id = 1") }
        guard listener.isListening else { throw Problem(.unavailable, detail: "PostgreSQL sends no notifications") }
    }
}
