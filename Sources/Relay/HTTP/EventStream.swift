internal import RelayAPI
internal import Synchronization

/// What one subscriber is told: what stands in the store behind each of its cursors, and then what comes
/// (Protocol/http-api.md, "subscribe").
///
/// Nothing is queued for it. Entries are read from the store when it has taken the ones before, so that a subscriber that
/// is slow costs one event of memory and nobody else's time; those who are as quick as each other share their reads.
struct EventStream {
    /// A mailbox of the subscription.
    private struct Source {
        let access: HashedAccess
        let incarnation: Incarnation
        var after: UInt64
        /// Whether its first event is still to come, which says where its log ends even if it has nothing to read.
        var isFirst = true
        /// Whether it was refused.
        var hasEnded = false
    }

    let subscription: Subscription
    private let store: any MailboxStore
    private let reads: SharedReads
    private let clock: RelayClock
    private let heart: Heart
    private var sources: [Source]
    /// The mailboxes of which more may stand in the store, by their places, those first that have waited longest.
    private var unread: [Int]

    /// Subscribes; `end` must be called when nobody asks for events any more.
    init(
        _ request: SubscribeRequest,
        store: any MailboxStore,
        reads: SharedReads,
        clock: RelayClock
    ) {
        self.store = store
        self.reads = reads
        self.clock = clock
        sources = request.mailboxes.map {
            Source(access: HashedAccess($0.access), incarnation: $0.incarnation, after: $0.after)
        }
        unread = Array(sources.indices)
        // Before the first read: an entry that comes in between wakes.
        subscription = store.notifications.subscribe(to: sources.map(\.access.mailbox))
        heart = Heart(interval: .seconds(request.heartbeatSeconds), waking: subscription)
    }

    func end() {
        heart.stop()
        store.notifications.unsubscribe(subscription)
    }

    /// The next event, when there is one.
    /// - Returns: nil when there will be none: the relay shuts down, the subscriber has gone, or every mailbox was refused.
    mutating func next() async -> SubscriptionEvent? {
        while true {
            while !unread.isEmpty {
                if let event = await read(unread.removeFirst()) { return event }
            }
            if heart.takeBeat() { return .heartbeat }
            guard sources.contains(where: { !$0.hasEnded }), let woken = await subscription.wait() else { return nil }
            unread = sources.indices.filter { !sources[$0].hasEnded && woken.contains(sources[$0].access.mailbox) }
        }
    }

    /// - Returns: nil when there is nothing to tell of this mailbox.
    private mutating func read(_ index: Int) async -> SubscriptionEvent? {
        let query = ReadQuery(
            access: sources[index].access,
            incarnation: sources[index].incarnation,
            after: sources[index].after,
            limit: Int(ReadRequest.defaultLimit),
            maximumLength: SubscribeRequest.maximumEntriesLength,
            today: clock.days.expiring
        )
        let response: ReadResponse
        switch await reads.read(query, from: store) {
        case .success(let read): response = read
        case .failure(let problem):
            sources[index].hasEnded = true
            return .refused(Refusal(problem), mailbox: UInt16(index))
        }
        let isFirst = sources[index].isFirst
        sources[index].isFirst = false
        if let last = response.entries.last?.sequence {
            sources[index].after = last
            if last < response.head { unread.append(index) }
        } else if !isFirst {
            return nil
        }
        return .entries(response, mailbox: UInt16(index))
    }
}

/// Wakes a subscription at intervals, so that a heartbeat is sent.
private final class Heart: Sendable {
    private let isDue = Atomic(false)
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(interval: Duration, waking subscription: Subscription) {
        let beating = Task { [weak self] in
            while (try? await Task.sleep(for: interval)) != nil {
                self?.isDue.store(true, ordering: .relaxed)
                subscription.wake()
            }
        }
        task.withLock { $0 = beating }
    }

    func stop() {
        task.withLock { $0?.cancel() }
    }

    /// Whether a heartbeat is due, which it then is no longer.
    func takeBeat() -> Bool {
        isDue.exchange(false, ordering: .relaxed)
    }
}
