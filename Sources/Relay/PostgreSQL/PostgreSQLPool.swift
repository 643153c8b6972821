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

    /// Who waits for an answer, and gets the first that there is.
    private final class Caller<Value: Sendable>: Sendable {
        typealias Answer = Result<Value, Problem>

        private enum State {
            case beginning
            case waiting(CheckedContinuation<Answer, Never>)
            case answered(Answer)
        }

        private let state = Mutex(State.beginning)

        var isWaiting: Bool {
            state.withLock { state in
                if case .waiting = state { true } else { false }
            }
        }

        func wait(_ continuation: CheckedContinuation<Answer, Never>) {
            let answer: Answer? = state.withLock { state in
                if case .answered(let answer) = state { return answer }
                state = .waiting(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }

        func answer(_ answer: Answer) {
            let continuation: CheckedContinuation<Answer, Never>? = state.withLock { state in
                switch state {
                case .beginning:
                    state = .answered(answer)
                    return nil
                case .waiting(let continuation):
                    state = .answered(answer)
                    return continuation
                case .answered:
                    return nil
                }
            }
            continuation?.resume(returning: answer)
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

    /// Runs the body with a connection (`PostgreSQLSession.perform`). Who is cancelled does not wait for that, and is told
    /// what a lost answer would tell.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws(Problem) -> Value {
        let caller = Caller<Value>()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                caller.wait(continuation)
                enqueue { session in
                    guard caller.isWaiting else { return }
                    caller.answer(Result { try session.perform(body) }.mapError { Problem(postgreSQLError: $0) })
                }
            }
        } onCancel: {
            caller.answer(.failure(Problem(.unavailable, detail: "the relay is stopping")))
        }
        return try result.get()
    }

    /// Runs the body in a transaction. What it throws undoes that.
    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws(Problem) -> Value {
        try await perform { connection in try connection.transaction { try body(connection) } }
    }

    /// Closes the connections when they are idle.
    /// - Parameter work: this, among others'.
    func close(_ work: DispatchGroup) {
        for worker in workers { worker.queue.async(group: work) { worker.session.close() } }
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
