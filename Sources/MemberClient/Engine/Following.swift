internal import Coalition
internal import RelayAPI
internal import Synchronization

/// Waiting for what comes (`Subscribing`), and handing it over one after the other.
extension Engine {
    /// Between two looks at what is queued or owed.
    private static var settlingInterval: Duration { .seconds(30) }
    private static var longestPause: Double { 30 }

    func follow(
        _ filter: MessageFilter,
        mark: Marking,
        pageLength: Int = Engine.pageLength,
        handle: @escaping @Sendable (Event) async throws -> Handling
    ) async throws {
        let (wakeUps, continuation) = AsyncStream.makeStream(of: Wake.self, bufferingPolicy: .bufferingNewest(64))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.watch(continuation) }
            tasks.addTask {
                var shown = Presented()
                try await self.present(filter, mark, pageLength, &shown, handle)
                for await wake in wakeUps {
                    if let event = wake.event { _ = try await handle(event) }
                    try await self.present(filter, mark, pageLength, &shown, handle)
                }
            }
            // Whichever ends first ends the other: an error of the handler, or the cancellation of all.
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }

    /// That there may be something to present.
    private struct Wake: Sendable {
        /// What is to be told besides.
        let event: Event?
    }

    /// What this run has handed over and its receiver has kept.
    private struct Presented {
        var messages: Set<UInt64> = []
        var findings: Set<UInt64> = []
    }

    private func present(
        _ filter: MessageFilter,
        _ mark: Marking,
        _ pageLength: Int,
        _ shown: inout Presented,
        _ handle: @Sendable (Event) async throws -> Handling
    ) async throws {
        for finding in try unshownFindings() where shown.findings.insert(finding.number).inserted {
            if case .done = try await handle(.finding(finding)), mark != .nothing { try markShown([finding]) }
        }
        // A page whose messages were all kept must not hide those behind it.
        let passedOver = shown.messages.union(try messagesInPause())
        var last: UInt64?
        while true {
            let page = try unshownMessages(filter, after: last, passingOver: passedOver, pageLength: pageLength)
            guard let newest = page.last else { return }
            last = newest.number
            for message in page {
                switch try await handle(.message(message)) {
                case .done:
                    shown.messages.insert(message.number)
                    if mark != .nothing { try markShown([message], toPerson: mark == .read) }
                case .keep:
                    shown.messages.insert(message.number)
                case .failed(let reason):
                    try noteFailure(of: message, reason: reason)
                }
            }
        }
    }

    /// Follows every mailbox, new groups included, until cancelled.
    private func watch(_ continuation: AsyncStream<Wake>.Continuation) async {
        let reachability = Reachability()
        await withDiscardingTaskGroup { tasks in
            tasks.addTask {
                // What was missed, and what else a command does; from then on entries are brought.
                await self.repeatedly(.all, reachability, continuation) {
                    _ = try await self.sync()
                    continuation.yield(Wake(event: reachability.note(nil, of: .all)))
                    throw CancellationError()
                }
                await self.repeatedly(.all, reachability, continuation) {
                    try await Task.sleep(for: Self.settlingInterval)
                    try await self.settle()
                    try await self.readLost()
                }
            }
            tasks.addTask {
                await self.repeatedly(.receipts, reachability, continuation) {
                    try await Task.sleep(for: .seconds(1))
                    if try await self.queueDueReceipts() { _ = try await self.flushOutbox() }
                }
            }
            var lines: Set<Line> = []
            while !Task.isCancelled {
                // A group may have been made by another process on this vault: looking costs next to nothing.
                for line in (try? await self.lines()) ?? [] where lines.insert(line).inserted {
                    tasks.addTask { await self.follow(line, reachability, continuation) }
                }
                continuation.yield(Wake(event: nil))
                try? await Task.sleep(for: .seconds(1))
            }
            tasks.cancelAll()
        }
        continuation.finish()
    }

    private func follow(
        _ line: Line,
        _ reachability: Reachability,
        _ continuation: AsyncStream<Wake>.Continuation
    ) async {
        await repeatedly(.line(line), reachability, continuation) {
            @Sendable func noteAnswer() {
                continuation.yield(Wake(event: reachability.note(nil, of: .line(line))))
            }
            // A subscription may hear nothing for a while: a read is answered at once, and what has waited goes out.
            if reachability.isLost(.line(line)), (try? await self.read(line)) != nil {
                noteAnswer()
                _ = try? await self.flushOutbox()
            }
            try await self.follow(line, onEvent: noteAnswer)
        }
    }

    /// Does something over and over, pausing longer and longer while the relay cannot be reached.
    private func repeatedly(
        _ path: Reachability.Path,
        _ reachability: Reachability,
        _ continuation: AsyncStream<Wake>.Continuation,
        _ body: @Sendable () async throws -> Void
    ) async {
        var pause = RetryPause(longest: Self.longestPause)
        while !Task.isCancelled {
            let start = ContinuousClock.now
            do {
                try await body()
                pause.reset()
                continuation.yield(Wake(event: reachability.note(nil, of: path)))
            } catch is CancellationError {
                return
            } catch {
                if Task.isCancelled { return }
                // What went on for so long was served before it ended.
                if ContinuousClock.now - start > .seconds(Self.longestPause) { pause.reset() }
                continuation.yield(Wake(event: reachability.note(MemberError(error), of: path)))
                try? await Task.sleep(for: pause.next(after: error))
            }
        }
    }
}

/// Which of those who ask a relay found that it does not answer, so that each change is told once: when the first finds
/// it, and when the last has an answer. That another has nothing to ask, or keeps for later what fails, says nothing of
/// the relay.
private final class Reachability: Sendable {
    enum Path: Hashable {
        case all
        case receipts
        case line(Line)
    }

    private let lost = Mutex<Set<Path>>([])

    func isLost(_ path: Path) -> Bool { lost.withLock { $0.contains(path) } }

    /// - Parameter error: nil when it answered.
    /// - Returns: what is to be told.
    func note(_ error: MemberError?, of path: Path) -> Event? {
        lost.withLock { lost in
            let wasLost = !lost.isEmpty
            if let error {
                lost.insert(path)
                return wasLost ? nil : .unreachable(error)
            }
            lost.remove(path)
            return wasLost && lost.isEmpty ? .reachable : nil
        }
    }
}
