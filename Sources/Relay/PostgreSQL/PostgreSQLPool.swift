internal import Dispatch
internal import NIOCore
internal import RelayAPI
internal import Synchronization

/// A few sessions, each with a dispatch queue of its own, on which it may block. Who finds none idle waits in line.
final class PostgreSQLPool: Sendable {
    private typealias Job = @Sendable (PostgreSQLSession) -> Void

    /// Uses its session on its queue alone; hence `@unchecked Sendable`.
    private final class Worker: @unchecked Sendable {
        let queue: DispatchQueue
        let session: PostgreSQLSession

        init(session: PostgreSQLSession) {
            queue = DispatchQueue(label: "store.session")
            self.session = session
        }
    }

    private struct State {
        /// The last to become idle is used first, so that a quiet relay has few connections.
        var idle: [Worker]
        var waiting = CircularBuffer<Job>()
    }

    private let workers: [Worker]
    private let state: Mutex<State>

    init(sessions: [PostgreSQLSession]) {
        workers = sessions.map { Worker(session: $0) }
        state = Mutex(State(idle: workers))
    }

    /// Runs the body with a connection (`PostgreSQLSession.perform`).
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws(Problem) -> Value {
        let result: Result<Value, Problem> = await withCheckedContinuation { continuation in
            enqueue { session in
                continuation.resume(
                    returning: Result { try session.perform(body) }.mapError { Problem(postgreSQLError: $0) }
                )
            }
        }
        return try result.get()
    }

    /// Runs the body in a transaction. What it throws undoes that.
    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws(Problem) -> Value {
        try await perform { connection in try connection.transaction { try body(connection) } }
    }

    /// Closes the connections.
    func close() {
        for worker in workers { worker.queue.sync { worker.session.close() } }
    }

    private func enqueue(_ job: @escaping Job) {
        let worker = state.withLock { state in
            let worker = state.idle.popLast()
            if worker == nil { state.waiting.append(job) }
            return worker
        }
        if let worker { start(job, on: worker) }
    }

    private func start(_ job: @escaping Job, on worker: Worker) {
        worker.queue.async { [self] in
            job(worker.session)
            while let next = nextJob(of: worker) { next(worker.session) }
        }
    }

    /// What waits; or nil, and the worker is idle.
    private func nextJob(of worker: Worker) -> Job? {
        state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.idle.append(worker) }
            return next
        }
    }
}
