internal import Coalition
internal import RelayAPI
internal import Synchronization

/// Waiting for what comes (`Subscribing`), and handing it over one after the other.
extension Engine {
    /// Between two looks at what is queued or owed.
    private static var settlingInterval: Duration { .seconds(30) }
    private static var longestPause: Double { 30 }
    /// Less than there is between two heartbeats: a subscription that ends because of one mailbox ends with one of them, and
    /// the others are to be heard again at once.
    private static var servedDuration: Duration { .seconds(20) }

    func follow(
        _ filter: MessageFilter,
        mark: Marking,
        pageLength: Int = Engine.pageLength,
        handle: @escaping @Sendable (Event) async throws -> Handling
    ) async throws {
        let bell = Bell()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await Self.$isFollowing.withValue(true) { await self.watch(bell) } }
            tasks.addTask {
                var shown = Presented()
                try await self.present(filter, mark, pageLength, &shown, handle)
                for await _ in bell.rings {
                    for event in bell.takeEvents() { _ = try await handle(event) }
                    try await self.present(filter, mark, pageLength, &shown, handle)
                }
            }
            // Whichever ends first ends the other: an error of the handler, or the cancellation of all.
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }

    /// What this run has handed over and its receiver has kept, and what its receiver does not want.
    private struct Presented {
        var messages: Set<UInt64> = []
        var unwanted: Set<UInt64> = []
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
            let page = try unshownMessages(
                filter,
                after: last,
                passingOver: passedOver,
                unwanted: &shown.unwanted,
                pageLength: pageLength
            )
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
    private func watch(_ bell: Bell) async {
        let reachability = Reachability()
        let own = try? vault.read { try $0.device().relay }
        let followed = FollowedLines()
        await withDiscardingTaskGroup { tasks in
            tasks.addTask {
                // What was missed, and what else a command does; from then on entries are brought.
                await self.repeatedly(.all, reachability, bell) {
                    _ = try await self.sync()
                    bell.ring(reachability.note(nil, of: .all))
                    throw CancellationError()
                }
                await self.repeatedly(.all, reachability, bell) {
                    try await Task.sleep(for: Self.settlingInterval)
                    try await self.settle()
                    try await self.readLost()
                }
            }
            tasks.addTask {
                await self.repeatedly(.receipts, reachability, bell) {
                    try await Task.sleep(for: .seconds(1))
                    if try await self.queueDueReceipts() { _ = try await self.flushOutbox() }
                }
            }
            tasks.addTask {
                // Whatever else fails: old states of ratchets otherwise stay in the vault's log for as long as this goes on.
                while (try? await Task.sleep(for: Self.settlingInterval)) != nil { self.vault.settle() }
            }
            while !Task.isCancelled {
                // A group may have been made by another process on this vault: looking costs next to nothing.
                for (line, relay) in (try? await self.lines()) ?? [:] where followed.begin(line) {
                    tasks.addTask {
                        let path = Reachability.Path.line(line, relay: relay == own ? nil : relay)
                        await self.follow(line, path, reachability, bell)
                        // Nothing of it is left. When there is something again, it is followed anew.
                        bell.ring(reachability.note(nil, of: path))
                        followed.end(line)
                    }
                }
                bell.ring()
                try? await Task.sleep(for: .seconds(1))
            }
            tasks.cancelAll()
        }
        bell.finish()
    }

    private func follow(
        _ line: Line,
        _ path: Reachability.Path,
        _ reachability: Reachability,
        _ bell: Bell
    ) async {
        await repeatedly(path, reachability, bell) {
            @Sendable func noteAnswer() {
                bell.ring(reachability.note(nil, of: path))
            }
            // A subscription may hear nothing for a while: a read is answered at once, and what has waited goes out.
            if reachability.isFailing(path), (try? await self.read(line)) != nil {
                noteAnswer()
                _ = try? await self.flushOutbox()
            }
            try await self.follow(line, onEvent: noteAnswer)
        }
    }

    /// Does something over and over, pausing longer and longer while it cannot be done.
    private func repeatedly(
        _ path: Reachability.Path,
        _ reachability: Reachability,
        _ bell: Bell,
        _ body: @Sendable () async throws -> Void
    ) async {
        var pause = RetryPause(longest: Self.longestPause)
        while !Task.isCancelled {
            let start = ContinuousClock.now
            do {
                try await body()
                pause.reset()
                bell.ring(reachability.note(nil, of: path))
            } catch is CancellationError {
                return
            } catch {
                if Task.isCancelled { return }
                // What went on for so long was served before it ended.
                if ContinuousClock.now - start > Self.servedDuration { pause.reset() }
                bell.ring(reachability.note(error, of: path))
                try? await Task.sleep(for: pause.next(after: error))
            }
        }
    }
}

/// The lines that are followed now.
private final class FollowedLines: Sendable {
    private let lines = Mutex<Set<Line>>([])

    /// - Returns: false when it is followed already.
    func begin(_ line: Line) -> Bool { lines.withLock { $0.insert(line).inserted } }

    func end(_ line: Line) { lines.withLock { _ = $0.remove(line) } }
}

/// Rings when there may be something to present, and keeps what is to be told besides: however long whoever presents is busy,
/// none of it is lost.
private final class Bell: Sendable {
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let events = Mutex<[Event]>([])

    init() {
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring(_ events: [Event] = []) {
        if !events.isEmpty { self.events.withLock { $0 += events } }
        continuation.yield()
    }

    func takeEvents() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }

    func finish() { continuation.finish() }
}
