internal import Dispatch
internal import Foundation
internal import RelayAPI
internal import Synchronization

/// Hears from other relays on the same database which mailboxes have new entries, and wakes those who wait here.
///
/// A relay notifies in the transaction that appends, so PostgreSQL tells everybody when that is committed, and only
/// then. Used on its own queue alone; hence `@unchecked Sendable`.
final class PostgreSQLListener: @unchecked Sendable {
    private static let channel = "aadr_mailbox"
    /// The advisory lock that every relay holds for as long as it listens, and nobody who changes the store under them.
    static let serving: Int64 = 0x6161_6472_7365_7276
    /// A payload holds less than 8,000 bytes.
    private static let mostMailboxesInPayload = 256
    private static let retryInterval = DispatchTimeInterval.milliseconds(250)
    /// Where the other end closes a Unix socket, the source that watches it may be told nothing any more: so the connection
    /// is looked at now and then as well.
    private static let watchInterval = DispatchTimeInterval.seconds(1)

    private let address: PostgreSQLAddress
    private let sockets: PostgreSQLSockets
    private let onServing: @Sendable (PostgreSQLConnection) throws -> Void
    private let notifications: MailboxNotifications
    private let queue = DispatchQueue(label: "store.listener")
    private let hears = Atomic(false)
    private var connection: PostgreSQLConnection?
    private var source: (any DispatchSourceRead)?
    private var timer: (any DispatchSourceTimer)?
    /// Stands before what this relay itself sends, whose waiters are woken without it.
    private let sender = Mutex(PostgreSQLListener.newSender())

    /// - Parameters:
    ///   - sockets: of the store.
    ///   - onServing: is given each new connection once that holds the relays' lock, and looks at what may have been changed
    ///     while none held it.
    init(
        _ address: PostgreSQLAddress,
        among sockets: PostgreSQLSockets,
        notifications: MailboxNotifications,
        onServing: @escaping @Sendable (PostgreSQLConnection) throws -> Void
    ) {
        self.address = address
        self.sockets = sockets
        self.onServing = onServing
        self.notifications = notifications
    }

    /// Whether it would hear of an append now.
    var isListening: Bool { hears.load(ordering: .relaxed) }

    /// Starts listening; whatever is committed from now on is heard, unless the server does not answer yet.
    func start() {
        queue.sync { listen() }
    }

    /// Closes the connection when it is idle.
    /// - Parameter work: this, among others'.
    func close(_ work: DispatchGroup) {
        queue.async(group: work) { [self] in stop() }
    }

    /// Runs a transaction that announces entries. When nobody can say what has become of it, these may be there already,
    /// or come when its process on the server goes on: so those who wait here are woken at once, and what is heard of it
    /// from then on is another's.
    func announcing<Value>(in mailboxes: [MailboxID], _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as PostgreSQLError where error.isOutcomeUnknown {
            sender.withLock { $0 = Self.newSender() }
            notifications.notify(Set(mailboxes))
            throw error
        }
    }

    /// The statements that tell the other relays of new entries, for the transaction that makes them (`announcing`).
    func announcements(of mailboxes: [MailboxID]) -> [PostgreSQLStatement] {
        let sender = sender.withLock { $0 }
        return stride(from: 0, to: mailboxes.count, by: Self.mostMailboxesInPayload)
            .map { start in
                let some = mailboxes[start..<min(start + Self.mostMailboxesInPayload, mailboxes.count)]
                let payload = ([sender] + some.map { Base64URL.encode($0.bytes) }).joined(separator: " ")
                return PostgreSQLStatement("SELECT pg_notify($1, $2)", [.text(Self.channel), .text(payload)])
            }
    }

    /// Refuses what must not be done while relays serve, and lets none begin for the connection's life. Waits for one that is
    /// ending.
    static func keepRelaysAway(_ connection: PostgreSQLConnection) throws {
        try connection.run(script: "SET lock_timeout = '3s'")
        do {
            try connection.execute("SELECT pg_advisory_lock($1)", [.integer(serving)])
        } catch PostgreSQLError.refused(PostgreSQLError.lockNotGiven) {
            throw StoreFault.inUse
        }
    }

    private static func newSender() -> String { Base64URL.encode(Incarnation.random().bytes) }

    private func listen() {
        guard !sockets.isClosed else { return }
        do {
            let connection = try PostgreSQLConnection(address, among: sockets)
            try connection.run(script: "LISTEN \(Self.channel)")
            let isServing = try connection.execute(
                "SELECT pg_try_advisory_lock_shared($1)::int::bigint",
                [.integer(Self.serving)]
            )
            // Tried again like a server that does not answer.
            guard try isServing[0].integer(0) == 1 else { throw StoreFault.inUse }
            try PostgreSQLSchema.check(connection)
            try onServing(connection)
            let source = DispatchSource.makeReadSource(fileDescriptor: connection.socket, queue: queue)
            source.setEventHandler { [weak self] in self?.hear() }
            // The connection, which the handler keeps, closes its socket only when nothing watches that any more.
            source.setCancelHandler { withExtendedLifetime(connection) {} }
            source.resume()
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.setEventHandler { [weak self] in self?.hear() }
            timer.schedule(deadline: .now() + Self.watchInterval, repeating: Self.watchInterval)
            timer.resume()
            self.connection = connection
            self.source = source
            self.timer = timer
            hears.store(true, ordering: .relaxed)
            // Nobody knows what was appended while nothing was heard.
            notifications.notifyAll()
        } catch {
            queue.asyncAfter(deadline: .now() + Self.retryInterval) { [weak self] in self?.listen() }
        }
    }

    private func hear() {
        guard let connection else { return }
        do {
            for payload in try connection.takeNotifications() {
                let words = payload.split(separator: " ")
                guard let first = words.first, sender.withLock({ first != $0 }) else { continue }
                notifications.notify(
                    words.dropFirst().compactMap { Base64URL.decode(String($0)).flatMap { MailboxID($0) } }
                )
            }
        } catch {
            stop()
            listen()
        }
    }

    private func stop() {
        hears.store(false, ordering: .relaxed)
        source?.cancel()
        source = nil
        timer?.cancel()
        timer = nil
        connection = nil
    }
}
