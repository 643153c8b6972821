internal import Dispatch
internal import GRDB
internal import RelayAPI
internal import Synchronization

/// The one writer: everything that waits when a commit ends goes into the next transaction, and so shares one
/// fdatasync. Callers get their answer after it.
final class CommitQueue: Sendable {
    /// A request on its way through a transaction.
    private struct Pending: Sendable {
        let weight: Weight
        /// Does the work inside a transaction. What it throws means that the transaction cannot be kept.
        let apply: @Sendable (MailboxWriter) throws -> Answer
        /// Answers a request whose transaction could not be kept.
        let fail: @Sendable (Problem) -> Void
    }

    /// How much of a transaction a request takes.
    struct Weight {
        /// Whether it wants one to itself.
        var isAlone = false
        /// A batch of appends counts as many.
        var requests = 1
        /// Of bodies.
        var bytes = 0

        init(isAlone: Bool = false, requests: Int = 1, bytes: Int = 0) {
            self.isAlone = isAlone
            self.requests = requests
            self.bytes = bytes
        }

        /// Of a request that writes grants, which are quicker written than an entry.
        init(grants: Int, bytes: Int = 0) {
            self.init(requests: 1 + grants / 8, bytes: bytes)
        }
    }

    /// Gives a request its answer; called after the commit, for one that is alone in it by the writer.
    private typealias Answer = @Sendable () -> Void

    /// What became of the last transaction that had something to write.
    private enum Outcome: UInt8, AtomicRepresentable {
        case kept
        case failed
        /// For want of room: then what is small may be kept, and an entry not yet.
        case full
    }

    private struct State {
        var pending: [Pending] = []
        var isScheduled = false
    }

    /// Most requests in one transaction, and most bytes of bodies when there are several: they bound how long the first waits
    /// for the last, and the next for all of them.
    static let mostRequests = 512
    static let mostBytes = 4 << 20

    /// So many answers are given beside the next transaction instead of before it; fewer are given sooner than handed over.
    private static let manyAnswers = 8

    /// Transactions after which others who want the writer's connection get it, as scrubbing does.
    private static let batchesPerTurn = 64

    private let pool: DatabasePool
    private let log: LogFile
    private let writer: MailboxWriter
    private let logWrites: LogWrites
    private let checkpoints: LogCheckpoints
    private let notifications: MailboxNotifications
    private let state = Mutex(State())
    private let outcome = Atomic(Outcome.kept)
    private let answering = DispatchQueue(label: "answers")

    /// - Parameter hasRoom: whether the longest entry fits now.
    init(
        pool: DatabasePool,
        log: LogFile,
        writer: MailboxWriter,
        logWrites: LogWrites,
        checkpoints: LogCheckpoints,
        notifications: MailboxNotifications,
        hasRoom: Bool
    ) {
        self.pool = pool
        self.log = log
        self.writer = writer
        self.logWrites = logWrites
        self.checkpoints = checkpoints
        self.notifications = notifications
        if !hasRoom { outcome.store(.full, ordering: .relaxed) }
    }

    /// Runs an operation in a transaction with others, and returns when it is on disk.
    /// - Parameters:
    ///   - weight: of a request that brings much.
    ///   - operation: throws a `Problem`, before it has changed anything, to refuse; any other error
    ///     undoes the transaction. It runs again when another request's error undid it.
    func perform<Value: Sendable>(
        weighing weight: Weight = Weight(),
        _ operation: @escaping @Sendable (MailboxWriter) throws -> Value
    ) async throws(Problem) -> Value {
        let result: Result<Value, Problem> = await withCheckedContinuation { continuation in
            perform(weighing: weight, operation) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// The same, for a caller that has no task.
    /// - Parameter answer: called in the writer's thread or another, when the operation is on disk or has been refused.
    func perform<Value: Sendable>(
        weighing weight: Weight,
        _ operation: @escaping @Sendable (MailboxWriter) throws -> Value,
        answer: @escaping @Sendable (Result<Value, Problem>) -> Void
    ) {
        enqueue(
            Pending(
                weight: weight,
                apply: { writer in
                    let outcome = try Self.outcome(of: operation, by: writer)
                    return { answer(outcome) }
                },
                fail: { answer(.failure($0)) }
            )
        )
    }

    /// Runs a step of removing in a transaction of its own, between those of requests, and sets the pace for the next one.
    /// - Returns: how long it held the writer, the disk included.
    func performStep(_ operation: @escaping @Sendable (MailboxWriter) throws -> Void) async throws(Problem) -> Duration
    {
        let result: Result<Duration, Problem> = await withCheckedContinuation { continuation in
            enqueue(
                Pending(
                    weight: Weight(isAlone: true),
                    apply: { writer in
                        let start = writer.now()
                        let outcome = try Self.outcome(of: operation, by: writer)
                        return {
                            let held = writer.now() - start
                            writer.pace.adapt(to: held)
                            continuation.resume(returning: outcome.map { held })
                        }
                    },
                    fail: { continuation.resume(returning: .failure($0)) }
                )
            )
        }
        return try result.get()
    }

    /// - Throws: what undoes the transaction.
    private static func outcome<Value>(
        of operation: (MailboxWriter) throws -> Value,
        by writer: MailboxWriter
    ) throws -> Result<Value, Problem> {
        do {
            return .success(try operation(writer))
        } catch let problem as Problem {
            return .failure(problem)
        }
    }

    /// Whether a transaction could not be kept, and none has been since, with room left.
    var isFailing: Bool { outcome.load(ordering: .relaxed) != .kept }

    private func enqueue(_ request: Pending) {
        let isFirst = state.withLock { state in
            state.pending.append(request)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if isFirst { startDraining() }
    }

    private func startDraining() {
        pool.asyncWriteWithoutTransaction { [self] db in drain(db) }
    }

    private func drain(_ db: Database) {
        for _ in 0..<Self.batchesPerTurn {
            guard let batch = nextBatch() else { return }
            do {
                try commit(batch, in: db)
            } catch  where batch.count > 1 {
                // One request's fault must not be another's: each for itself.
                for request in batch { commitAlone(request, in: db) }
            } catch {
                batch.forEach { $0.fail(Problem(storeError: error)) }
            }
        }
        startDraining()
    }

    private func nextBatch() -> [Pending]? {
        state.withLock { state in
            guard !state.pending.isEmpty else {
                state.isScheduled = false
                return nil
            }
            let batch = Array(state.pending.prefix(Self.batchLength(state.pending.lazy.map(\.weight))))
            state.pending.removeFirst(batch.count)
            return batch
        }
    }

    /// How many of those that wait go into one transaction: the first in any case.
    static func batchLength(_ waiting: some Sequence<Weight>) -> Int {
        var (length, requests, bytes) = (0, 0, 0)
        for weight in waiting {
            requests += weight.requests
            bytes += weight.bytes
            if length > 0, weight.isAlone || requests > mostRequests || bytes > mostBytes { break }
            length += 1
            if weight.isAlone { break }
        }
        return length
    }

    private func commitAlone(_ request: Pending, in db: Database) {
        do {
            try commit([request], in: db)
        } catch {
            request.fail(Problem(storeError: error))
        }
    }

    private func commit(_ batch: [Pending], in db: Database) throws {
        var answers: [Answer] = []
        answers.reserveCapacity(batch.count)
        do {
            try db.inTransaction(.immediate) {
                try writer.begin(db)
                for request in batch { answers.append(try request.apply(writer)) }
                try writer.finish()
                logWrites.beginCommit()
                return .commit
            }
        } catch {
            logWrites.endCommit()
            writer.forget()
            let isFull = (error as? DatabaseError)?.resultCode == .SQLITE_FULL
            outcome.store(isFull ? .full : .failed, ordering: .relaxed)
            checkpoints.noteFailedCommit()
            throw error
        }
        // One that had nothing to write says nothing of the disk.
        let frames = logWrites.endCommit()
        if frames != nil { noteKept(db) }
        let changed = writer.takeChangedMailboxes()
        give(answers, changed)
        if let frames { checkpoints.noteCommit(db, frames: frames) }
    }

    private func noteKept(_ db: Database) {
        let isFull = outcome.load(ordering: .relaxed) == .full
        if isFull, (try? log.hasRoomForAnEntry(db)) != true { return }
        outcome.store(.kept, ordering: .relaxed)
    }

    /// - Parameter changed: the mailboxes that have entries now of which those who wait for them are to hear.
    private func give(_ answers: [Answer], _ changed: [MailboxID]) {
        let give: @Sendable () -> Void = { [notifications] in
            for answer in answers { answer() }
            notifications.notify(changed)
        }
        if answers.count < Self.manyAnswers { give() } else { answering.async(execute: give) }
    }
}

extension Problem {
    /// What a client is told of an error of the database. After `unavailable` it may ask again, and learns then whether the
    /// first request took effect: where fdatasync failed, nobody knows.
    init(storeError error: any Error) {
        switch error {
        case let problem as Problem:
            self = problem
        case is CancellationError:
            self.init(.unavailable, detail: "the relay is stopping")
        case let error as DatabaseError:
            if let cause = Self.cause(of: error.resultCode) {
                self.init(.unavailable, detail: cause)
            } else {
                self.init(.internal)
            }
        default:
            self.init(.internal)
        }
    }

    static let noRoom = "the disk is full, or the store as large as it may be"

    /// Why the same request may succeed later, when somebody has made room or given the file back; nil when it will not.
    private static func cause(of code: ResultCode) -> String? {
        switch code {
        case .SQLITE_FULL: noRoom
        case .SQLITE_IOERR: "the disk fails, is full, or can only be read"
        case .SQLITE_READONLY: "the store can only be read"
        case .SQLITE_CANTOPEN: "the store's files cannot be opened"
        case .SQLITE_BUSY, .SQLITE_LOCKED: "the store is busy"
        default: nil
        }
    }
}
