public import RelayAPI
internal import Synchronization

/// Wakes those who wait for entries. A store tells it which mailboxes have new ones; a waiter subscribes before it
/// reads, so that nothing falls between.
public final class MailboxNotifications: Sendable {
    private struct State {
        var waiting: [MailboxID: Waiting] = [:]
        /// How often somebody was woken for new entries.
        var generation: UInt64 = 0
        var isDraining = false

        mutating func forget(_ subscription: Subscription, in mailboxes: some Sequence<MailboxID>) {
            for mailbox in mailboxes {
                waiting[mailbox]?.subscriptions[ObjectIdentifier(subscription)] = nil
                if waiting[mailbox]?.subscriptions.isEmpty == true { waiting[mailbox] = nil }
            }
        }
    }

    /// Those who wait for entries of one mailbox.
    private struct Waiting {
        /// When it last had new ones; or when the first began to wait.
        var generation: UInt64
        var subscriptions: [ObjectIdentifier: Subscription] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    /// - Parameter mailboxes: those whose entries wake the subscriber.
    public func subscribe(to mailboxes: [MailboxID]) -> Subscription {
        let subscription = Subscription(mailboxes: mailboxes)
        let isDraining = state.withLock { state in
            for mailbox in mailboxes {
                state.waiting[mailbox, default: Waiting(generation: state.generation)]
                    .subscriptions[ObjectIdentifier(subscription)] = subscription
            }
            return state.isDraining
        }
        if isDraining { subscription.end() }
        return subscription
    }

    public func unsubscribe(_ subscription: Subscription) {
        state.withLock { $0.forget(subscription, in: subscription.mailboxes) }
        subscription.end()
    }

    /// Has the entries of these mailboxes alone wake a subscriber from now on.
    /// - Parameter mailboxes: some of those that it was subscribed to.
    func narrow(_ subscription: Subscription, to mailboxes: [MailboxID]) {
        state.withLock { state in
            state.forget(subscription, in: Set(subscription.mailboxes).subtracting(mailboxes))
            subscription.narrow(to: mailboxes)
        }
    }

    /// Whether every wait ends at once.
    var isDraining: Bool { state.withLock(\.isDraining) }

    /// How many wait for entries of a mailbox.
    func subscriberCount(of mailbox: MailboxID) -> Int {
        state.withLock { $0.waiting[mailbox]?.subscriptions.count ?? 0 }
    }

    /// Whether several wait for entries of a mailbox, and what their reads have in common: of two reads that begin in the
    /// same generation neither can see an entry for which somebody was woken before the other began.
    /// - Returns: nil unless there are several.
    func sharedGeneration(of mailbox: MailboxID) -> UInt64? {
        state.withLock { state in
            guard let waiting = state.waiting[mailbox], waiting.subscriptions.count > 1 else { return nil }
            return waiting.generation
        }
    }

    /// There are new entries in these mailboxes.
    public func notify(_ mailboxes: some Sequence<MailboxID>) {
        let woken = state.withLock { state in
            state.generation += 1
            var woken: [(subscription: Subscription, mailbox: MailboxID)] = []
            guard !state.waiting.isEmpty else { return woken }
            for mailbox in mailboxes {
                guard let subscriptions = state.waiting[mailbox]?.subscriptions.values else { continue }
                state.waiting[mailbox]?.generation = state.generation
                woken += subscriptions.map { ($0, mailbox) }
            }
            return woken
        }
        for (subscription, mailbox) in woken { subscription.wake([mailbox]) }
    }

    /// There may be new entries in any mailbox.
    func notifyAll() {
        let all = state.withLock { state in
            state.generation += 1
            for mailbox in state.waiting.keys { state.waiting[mailbox]?.generation = state.generation }
            return state.waiting.values.flatMap(\.subscriptions.values)
        }
        for subscription in all { subscription.wake(Set(subscription.mailboxes)) }
    }

    /// Ends every wait, present and future: the relay shuts down.
    public func drain() {
        let all = state.withLock { state in
            state.isDraining = true
            return state.waiting.values.flatMap(\.subscriptions.values)
        }
        for subscription in all { subscription.end() }
    }
}

/// One waiter's interest in some mailboxes.
public final class Subscription: Sendable {
    typealias Waker = @Sendable (Set<MailboxID>?) -> Void

    private enum State {
        case idle
        /// Woken while nobody waited.
        case woken(Set<MailboxID>)
        case waiting(Waker)
        case ended
    }

    private let followed: Mutex<[MailboxID]>
    private let state = Mutex(State.idle)

    fileprivate init(mailboxes: [MailboxID]) {
        followed = Mutex(mailboxes)
    }

    var mailboxes: [MailboxID] { followed.withLock(\.self) }

    fileprivate func narrow(to mailboxes: [MailboxID]) {
        followed.withLock { $0 = mailboxes }
    }

    /// Waits for the next wake-up; at most one may at a time.
    /// - Parameter waker: called once, from any thread, maybe before this returns: it must not block. It gets the mailboxes
    ///   that have new entries, none when something else woke; or nil when there will be no wake-up any more.
    func wait(_ waker: @escaping Waker) {
        let answer: Set<MailboxID>?? = state.withLock { state in
            switch state {
            case .idle:
                state = .waiting(waker)
                return nil
            case .woken(let mailboxes):
                state = .idle
                return .some(mailboxes)
            case .ended, .waiting:
                return .some(nil)
            }
        }
        if let answer { waker(answer) }
    }

    /// - Parameter mailboxes: those that have new entries; none to wake without a reason.
    func wake(_ mailboxes: Set<MailboxID> = []) {
        let waker: Waker? = state.withLock { state in
            switch state {
            case .idle:
                state = .woken(mailboxes)
                return nil
            case .woken(let earlier):
                state = .woken(earlier.union(mailboxes))
                return nil
            case .waiting(let waker):
                state = .idle
                return waker
            case .ended:
                return nil
            }
        }
        waker?(mailboxes)
    }

    /// Makes the present wait and all later ones return nil.
    public func end() {
        let waker: Waker? = state.withLock { state in
            defer { state = .ended }
            if case .waiting(let waker) = state { return waker }
            return nil
        }
        waker?(nil)
    }
}
