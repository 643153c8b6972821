internal import NIOCore
internal import RelayAPI
internal import Synchronization

/// What one subscriber is told: what stands in the store behind each of its cursors, and then what comes
/// (Protocol/http-api.md, "subscribe").
///
/// Nothing is queued for it. Entries are read from the store when it has taken the ones before, so that a subscriber that
/// is slow costs one event of memory and nobody else's time; those who are as quick as each other share their reads. The first
/// read of a mailbox is never shared: who has no capability that reads must not learn from its time whether others follow.
///
/// It is asked by a call, so that who waits for hours needs no task, whose memory is much of what a waiting reader takes.
final class EventStream: Sendable {
    /// A mailbox of the subscription.
    private struct Source {
        /// In the request.
        let place: UInt16
        let access: HashedAccess
        let incarnation: Incarnation
        var after: UInt64
        /// Whether its first event is still to come, which says where its log ends even if it has nothing to read.
        var isFirst = true
        /// Whether it was refused.
        var hasEnded = false
    }

    private struct State {
        /// Those that were refused are dropped when none is unread.
        var sources: [Source]
        /// The mailboxes of which more may stand in the store, by their indices, those first that have waited longest.
        var unread: [Int]
        /// What has been found before anybody asked for it.
        var found: [SubscriptionEvent] = []
        /// Kept as long as there may be a mailbox to follow.
        var place: SubscriptionPlace?
    }

    /// How the next event is come by.
    private enum Step {
        case tell(SubscriptionEvent)
        case read(Int, ReadQuery, isFirst: Bool)
        case heartbeat
        case wait
        case end
    }

    let subscription: Subscription
    private let store: any EntrySource
    private let reads: SharedReads
    private let clock: RelayClock
    private let heart: Heart
    private let loop: any EventLoop
    private let state: Mutex<State>

    /// Between a read that the store did not answer and the last try.
    private static let secondTry = TimeAmount.milliseconds(500)

    /// Subscribes; `end` must be called when nobody asks for events any more.
    /// - Parameter place: kept until the stream ends.
    init(
        _ request: SubscribeRequest,
        at place: SubscriptionPlace,
        store: any EntrySource,
        reads: SharedReads,
        clock: RelayClock,
        loop: any EventLoop
    ) {
        self.store = store
        self.reads = reads
        self.clock = clock
        self.loop = loop
        let sources = request.mailboxes.enumerated()
            .map { place, mailbox in
                Source(
                    place: UInt16(place),
                    access: HashedAccess(mailbox.access),
                    incarnation: mailbox.incarnation,
                    after: mailbox.after
                )
            }
        state = Mutex(State(sources: sources, unread: Array(sources.indices), place: place))
        // Before the first read: an entry that comes in between wakes.
        subscription = store.notifications.subscribe(to: sources.map(\.access.mailbox))
        heart = Heart(interval: .seconds(Int64(request.heartbeatSeconds)), waking: subscription, on: loop)
    }

    func end() {
        heart.stop()
        store.notifications.unsubscribe(subscription)
        state.withLock { state in
            state.sources = []
            state.unread = []
            state.place = nil
        }
    }

    /// Reads until a mailbox is not refused; where there is none, it ends, but for saying so. Else who has no capability could keep
    /// a place for as long as a subscriber may take to take what it is told.
    /// - Parameter isReady: called once, from any thread.
    func begin(_ isReady: @escaping @Sendable () -> Void) {
        begin(behind: [], isReady)
    }

    private func begin(behind refusals: [SubscriptionEvent], _ isReady: @escaping @Sendable () -> Void) {
        next { [self] event in
            if let event, case .refused = event { return begin(behind: refusals + [event], isReady) }
            state.withLock { $0.found = refusals + (event.map { [$0] } ?? []) }
            if event == nil { end() }
            isReady()
        }
    }

    /// Asks for the next event; whoever has asked asks again when it has been given.
    /// - Parameter take: called once, from any thread: it must not block. It gets nil when there will be no event any more:
    ///   the relay shuts down, its store does not answer, the subscriber has gone, or every mailbox was refused.
    func next(_ take: @escaping @Sendable (SubscriptionEvent?) -> Void) {
        switch state.withLock({ step(&$0) }) {
        case .tell(let event):
            take(event)
        case .read(let index, let query, let isFirst):
            if isFirst {
                store.read(query) { [self] in handle($0, index, take) }
            } else {
                reads.read(query, from: store) { [self] answer in
                    guard Self.isUnavailable(answer) else { return handle(answer, index, take) }
                    // Where PostgreSQL has just come back, some connections do not know it yet.
                    loop.scheduleTask(in: Self.secondTry) { [self] in
                        store.read(query) { [self] in handle($0, index, take) }
                    }
                }
            }
        case .heartbeat:
            take(.heartbeat)
        case .wait:
            subscription.wait { [self] woken in
                guard let woken else { return take(nil) }
                state.withLock { state in
                    state.unread = state.sources.indices.filter { woken.contains(state.sources[$0].access.mailbox) }
                }
                next(take)
            }
        case .end:
            take(nil)
        }
    }

    private func handle(
        _ answer: SharedReads.Answer,
        _ index: Int,
        _ take: @escaping @Sendable (SubscriptionEvent?) -> Void
    ) {
        // It says nothing of the mailbox, which would be passed over from here on; and whoever waits is to know.
        if Self.isUnavailable(answer) { return take(nil) }
        if let event = state.withLock({ Self.event(answer, index, &$0) }) { take(event) } else { next(take) }
    }

    private static func isUnavailable(_ answer: SharedReads.Answer) -> Bool {
        guard case .failure(let problem) = answer else { return false }
        return problem.name == .unavailable
    }

    private func step(_ state: inout State) -> Step {
        if !state.found.isEmpty { return .tell(state.found.removeFirst()) }
        if !state.unread.isEmpty {
            let index = state.unread.removeFirst()
            let source = state.sources[index]
            let query = ReadQuery(
                access: source.access,
                incarnation: source.incarnation,
                after: source.after,
                limit: Int(ReadRequest.defaultLimit),
                maximumLength: SubscribeRequest.maximumEntriesLength,
                today: clock.days.expiring
            )
            return .read(index, query, isFirst: source.isFirst)
        }
        if state.sources.contains(where: \.hasEnded) {
            state.sources = state.sources.filter { !$0.hasEnded }
            store.notifications.narrow(subscription, to: state.sources.map(\.access.mailbox))
        }
        if state.sources.isEmpty { return .end }
        return heart.takeBeat() ? .heartbeat : .wait
    }

    /// - Returns: nil when there is nothing to tell of this mailbox.
    private static func event(_ answer: SharedReads.Answer, _ index: Int, _ state: inout State) -> SubscriptionEvent? {
        // Ended while it was read.
        guard state.sources.indices.contains(index) else { return nil }
        let place = state.sources[index].place
        let response: ReadResponse
        switch answer {
        case .success(let read): response = read
        case .failure(let problem):
            state.sources[index].hasEnded = true
            return .refused(Refusal(problem), mailbox: place)
        }
        let isFirst = state.sources[index].isFirst
        state.sources[index].isFirst = false
        if let last = response.entries.last?.sequence {
            state.sources[index].after = last
            if last < response.head { state.unread.append(index) }
        } else if !isFirst {
            return nil
        }
        return .entries(response, mailbox: place)
    }
}

/// Wakes a subscription at intervals, so that a heartbeat is sent.
private final class Heart: Sendable {
    private let isDue = Atomic(false)
    private let beating: Mutex<RepeatedTask?> = Mutex(nil)

    init(interval: TimeAmount, waking subscription: Subscription, on loop: any EventLoop) {
        let task = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
            self?.isDue.store(true, ordering: .relaxed)
            subscription.wake()
        }
        beating.withLock { $0 = task }
    }

    func stop() {
        beating.withLock { $0?.cancel() }
    }

    /// Whether a heartbeat is due, which it then is no longer.
    func takeBeat() -> Bool {
        isDue.exchange(false, ordering: .relaxed)
    }
}
