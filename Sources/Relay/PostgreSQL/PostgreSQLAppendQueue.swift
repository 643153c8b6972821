internal import Dispatch
internal import NIOCore
internal import RelayAPI
internal import Synchronization

/// Appends in transactions of many: everything that waits when a commit ends goes into the next, and so shares one
/// wait for the disk. Callers get their answer after it.
///
/// Uses its session on its queue alone; hence `@unchecked Sendable`.
final class PostgreSQLAppendQueue: @unchecked Sendable {
    /// Appends that came together, and stay together.
    private struct Pending: Sendable {
        let commands: [AppendCommand]
        let answer: @Sendable (Result<Outcomes, Problem>) -> Void

        /// Of the bodies, in bytes.
        var size: Int { commands.reduce(0) { $0 + $1.entry.body.count } }
    }

    /// What becomes of each append.
    typealias Outcomes = [Result<AppendedEntry, Problem>]

    private struct State {
        var pending = CircularBuffer<Pending>()
        var isScheduled = false
    }

    /// Most appends and bytes of bodies in one transaction: bounds how long the first waits for the last.
    private static let longestBatch = 256
    private static let largestBatch = 4 * 1024 * 1024

    /// In seconds: for all mailboxes of a transaction that others hold. For one of them, `PostgreSQLSession` says.
    private static let patience = 2

    private let queue = DispatchQueue(label: "store.appends")
    private let session: PostgreSQLSession
    private let limits: RelayLimits
    private let listener: PostgreSQLListener
    private let notifications: MailboxNotifications
    private let state = Mutex(State())

    init(
        session: PostgreSQLSession,
        limits: RelayLimits,
        listener: PostgreSQLListener,
        notifications: MailboxNotifications
    ) {
        self.session = session
        self.limits = limits
        self.listener = listener
        self.notifications = notifications
    }

    /// - Returns: as many as there are commands.
    func append(_ commands: [AppendCommand]) async throws(Problem) -> Outcomes {
        let result = await withCheckedContinuation { continuation in
            append(commands) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// The same, for a caller that has no task.
    /// - Parameter answer: called on the queue, when the appends are on disk or have been refused.
    func append(_ commands: [AppendCommand], answer: @escaping @Sendable (Result<Outcomes, Problem>) -> Void) {
        enqueue(Pending(commands: commands, answer: answer))
    }

    /// Closes the connection when it is idle.
    /// - Parameter work: this, among others'.
    func close(_ work: DispatchGroup) {
        queue.async(group: work) { [self] in session.close() }
    }

    private func enqueue(_ request: Pending) {
        let isFirst = state.withLock { state in
            state.pending.append(request)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if isFirst { queue.async { [self] in drain() } }
    }

    private func drain() {
        while let batch = nextBatch() {
            do {
                try commitPatiently(batch)
            } catch  where batch.count > 1 && !Self.concernsAll(error) {
                // One request's fault must not be another's: each for itself.
                for request in batch { commitAlone(request) }
            } catch {
                for request in batch { request.answer(.failure(Problem(postgreSQLError: error))) }
            }
        }
    }

    private func nextBatch() -> [Pending]? {
        state.withLock { state in
            var batch: [Pending] = []
            var (count, size) = (0, 0)
            while let next = state.pending.first {
                count += next.commands.count
                size += next.size
                guard batch.isEmpty || (count <= Self.longestBatch && size <= Self.largestBatch) else { break }
                batch.append(state.pending.removeFirst())
            }
            if batch.isEmpty { state.isScheduled = false }
            return batch.isEmpty ? nil : batch
        }
    }

    /// Whether an error says nothing of the requests: the server is not there, or has no room.
    private static func concernsAll(_ error: any Error) -> Bool {
        (error as? PostgreSQLError)?.isPassing ?? false
    }

    /// Waits for mailboxes that others hold; but not for long, and then all the rest goes on without these.
    private func commitPatiently(_ batch: [Pending]) throws {
        do {
            try commit(batch, waiting: Self.patience)
        } catch let error as PostgreSQLError where error.isOutOfTime {
            try commit(batch, waiting: nil)
        }
    }

    private func commitAlone(_ request: Pending) {
        do {
            // So many must not wait one after the other.
            try commit([request], waiting: nil)
        } catch {
            request.answer(.failure(Problem(postgreSQLError: error)))
        }
    }

    private func commit(_ batch: [Pending], waiting patience: Int?) throws {
        let commands = batch.flatMap(\.commands)
        let (results, unheard) = try session.perform { connection in
            let entries = PostgreSQLEntries(connection: connection, limits: limits)
            return try listener.announcing(in: commands.map(\.access.mailbox)) {
                try entries.append(commands, waiting: patience, announcing: listener.announcements)
            }
        }
        var rest = results[...]
        for request in batch {
            request.answer(.success(Array(rest.prefix(request.commands.count))))
            rest = rest.dropFirst(request.commands.count)
        }
        notifications.notify(unheard)
    }
}
