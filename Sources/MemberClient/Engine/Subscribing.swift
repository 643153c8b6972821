internal import Coalition
internal import RelayAPI
internal import Synchronization

/// What is followed over one connection: everything at one relay, in parts of as many mailboxes as a subscription takes, or,
/// where mailboxes are kept apart, one of them.
enum Line: Hashable {
    case everything(RelayAddress, part: Int)
    case inbox
    case group(GroupID)
}

/// Entries that a subscription brought.
struct DeliveredEntries {
    let access: Access
    /// The sequence number behind which they begin.
    let after: UInt64
    let response: ReadResponse

    /// The answer that a read would get; nil when the cursor has moved since, or the epoch has.
    func response(to request: ReadRequest) -> ReadResponse? {
        guard request.access == access, request.after == after,
            [.unknown, response.incarnation].contains(request.incarnation)
        else { return nil }
        return response
    }
}

/// A mailbox that is followed.
private struct Followed {
    /// Nil for the inbox.
    let group: GroupID?
    let relay: RelayAddress
    let mailbox: SubscribedMailbox
}

/// Following mailboxes by subscription: entries are brought, and processed as if they had been read.
extension Engine {
    /// All lines, and the relay of each.
    func lines() async throws -> [Line: RelayAddress] {
        try await followedByLine().compactMapValues(\.first?.relay)
    }

    /// Follows until the mailboxes of this line, or their epochs, are others than at the beginning.
    /// - Parameter onEvent: called when something was heard and processed.
    /// - Throws: `CancellationError` when nothing of the line is left.
    func follow(_ line: Line, onEvent: @escaping @Sendable () -> Void) async throws {
        let followed = try await followed(over: line)
        guard let first = followed.first else { throw CancellationError() }
        let relay = await relay(at: first.relay)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await self.receive(followed, over: line, from: relay, onEvent) }
            tasks.addTask {
                // Another process on this vault may have opened an epoch, or joined a group.
                while try await self.isCurrent(followed, over: line) { try await Task.sleep(for: .seconds(1)) }
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }

    /// Reads the mailboxes of a line once.
    func read(_ line: Line) async throws {
        for mailbox in try await followed(over: line) {
            try await tolerating(lossOf: mailbox.group) { try await sync(mailbox, nil) }
        }
    }

    private func receive(
        _ followed: [Followed],
        over line: Line,
        from relay: any Relay,
        _ onEvent: @Sendable () -> Void
    ) async throws {
        let progress = Progress(followed.map(\.mailbox.after))
        try await relay.subscribe(SubscribeRequest(mailboxes: followed.map(\.mailbox))) { event in
            do {
                progress.forgetRefusal()
                try await self.process(event, of: followed, progress)
                if progress.gap == nil { onEvent() }
                guard try await self.isCurrent(followed, over: line) else {
                    // The next epoch is another capability's; what waited for it goes out at once. What cannot is tried
                    // again and told by the others who settle.
                    try? await self.settle()
                    return progress.stop(because: progress.gap)
                }
                // Not before the others have been heard: a relay may go on so.
                if case .heartbeat = event, let gap = progress.gap { throw gap }
                return true
            } catch {
                return progress.stop(because: error)
            }
        }
        try progress.check()
    }

    private func process(_ event: SubscriptionEvent, of followed: [Followed], _ progress: Progress) async throws {
        switch event {
        case .heartbeat:
            return
        case .refused(let refusal, let index):
            guard let mailbox = Self.element(index, of: followed) else { throw Self.unknownMailbox }
            progress.noteRefusal(refusal.problem)
            // Reading says the same, and does what there is to do about it.
            try await notingGap(in: progress) {
                let isReadable =
                    if let group = mailbox.group {
                        try await tolerating(lossOf: group) { try await syncGroup(group) }
                    } else {
                        try await syncInboxOrOrder()
                    }
                if isReadable { throw RelayError.violation("it streams nothing of a mailbox that can be read") }
            }
        case .entries(let response, let index):
            guard let mailbox = Self.element(index, of: followed) else { throw Self.unknownMailbox }
            let delivered = DeliveredEntries(
                access: mailbox.mailbox.access,
                after: progress.advance(Int(index), to: response.entries.last?.sequence),
                response: response
            )
            let isHeard = try await notingGap(in: progress) { try await sync(mailbox, delivered) }
            // What came into the inbox may be a group, and more to do.
            if isHeard, mailbox.group == nil, !response.entries.isEmpty { _ = try? await sync() }
        }
    }

    /// What is wrong with one mailbox keeps no other from being heard.
    /// - Returns: false when something is.
    /// - Throws: that the connection has broken, or that it was cancelled.
    @discardableResult
    private func notingGap(in progress: Progress, _ body: () async throws -> Void) async throws -> Bool {
        do {
            try await body()
            return true
        } catch  where !isCancellation(error) && !((error as? RelayError)?.isBrokenConnection ?? false) {
            progress.noteGap(error)
            return false
        }
    }

    private func sync(_ followed: Followed, _ delivered: DeliveredEntries?) async throws {
        if let group = followed.group {
            try await syncGroup(group, delivered: delivered)
        } else {
            try await syncInbox(delivered: delivered)
        }
    }

    private static func element(_ index: UInt16, of followed: [Followed]) -> Followed? {
        followed.indices.contains(Int(index)) ? followed[Int(index)] : nil
    }

    private static var unknownMailbox: RelayError { .violation("it names a mailbox that nobody asked for") }

    /// Every mailbox to follow, and how far it has been read.
    private func followed() throws -> [Followed] {
        try vault.read { transaction in
            let device = try transaction.device()
            var all = [
                Followed(
                    group: nil,
                    relay: device.relay,
                    mailbox: Self.subscribed(device.inbox.access, device.inbox.cursor)
                )
            ]
            let unmade = try unmadeMailboxes(transaction)
            for id in try transaction.groupIDs() {
                let record = try transaction.group(id)
                // A conversation whose mailbox is lost has begun anew; a sync still looks for it.
                let isGivenUp = try record.profile.kind.isDirect && transaction.get(.lostMailbox(of: id)) != nil
                guard record.stopped == nil, !unmade.contains(record.profile.mailbox.mailbox), !isGivenUp,
                    let relay = try? RelayAddress(record.profile.mailbox.relay.string)
                else {
                    continue
                }
                all.append(Followed(group: id, relay: relay, mailbox: Self.subscribed(record.access, record.cursor)))
            }
            return all
        }
    }

    private static func subscribed(_ access: Access, _ cursor: Cursor) -> SubscribedMailbox {
        SubscribedMailbox(access: access, incarnation: cursor.incarnation, after: cursor.last.sequence)
    }

    private func followedByLine() async throws -> [Line: [Followed]] {
        var lines: [Line: [Followed]] = [:]
        var counts: [RelayAddress: Int] = [:]
        for followed in try followed() {
            let line: Line
            if await relay(at: followed.relay).keepsMailboxesApart {
                line = followed.group.map { .group($0) } ?? .inbox
            } else {
                let place = counts[followed.relay, default: 0]
                counts[followed.relay] = place + 1
                line = .everything(followed.relay, part: place / SubscribeRequest.maximumCount)
            }
            lines[line, default: []].append(followed)
        }
        return lines
    }

    private func followed(over line: Line) async throws -> [Followed] {
        try await followedByLine()[line] ?? []
    }

    /// Whether the line still is what was subscribed to; how far the mailboxes have been read does not matter.
    private func isCurrent(_ subscribed: [Followed], over line: Line) async throws -> Bool {
        let now = try await followed(over: line)
        return now.count == subscribed.count
            && zip(now, subscribed)
                .allSatisfy {
                    $0.mailbox.access == $1.mailbox.access && $0.mailbox.incarnation == $1.mailbox.incarnation
                }
    }
}

/// How far a subscription has come, and why it ended.
private final class Progress: Sendable {
    private struct State {
        var after: [UInt64]
        var refusal: Problem?
        var gap: (any Error)?
        var failure: (any Error)?
        var wasStopped = false
    }

    private let state: Mutex<State>

    init(_ after: [UInt64]) {
        state = Mutex(State(after: after))
    }

    /// - Returns: where the mailbox stood before.
    func advance(_ index: Int, to sequence: UInt64?) -> UInt64 {
        state.withLock { state in
            defer { state.after[index] = sequence ?? state.after[index] }
            return state.after[index]
        }
    }

    /// Only one that comes last may be why the stream ends.
    func forgetRefusal() {
        state.withLock { $0.refusal = nil }
    }

    func noteRefusal(_ problem: Problem) {
        state.withLock { $0.refusal = problem }
    }

    /// There is a mailbox of which the stream brings nothing any more, or nothing that can be processed.
    func noteGap(_ reason: any Error) {
        state.withLock { $0.gap = $0.gap ?? reason }
    }

    var gap: (any Error)? { state.withLock(\.gap) }

    /// - Returns: false, so that no more is handed over.
    func stop(because failure: (any Error)? = nil) -> Bool {
        state.withLock { state in
            state.wasStopped = true
            state.failure = failure
            return false
        }
    }

    /// Throws what ended the stream, unless we did.
    func check() throws {
        let state = state.withLock { $0 }
        if let failure = state.failure { throw failure }
        guard !state.wasStopped else { return }
        throw state.refusal.map { .problem($0) } ?? RelayError.unreachable("it ended the stream")
    }
}
