internal import RelayAPI
internal import Synchronization

/// What a relay counts, for its operator: how many requests of which kind ended how, and how long they took.
///
/// All that can be counted stands here, by operation and by outcome, so that nothing can ever be counted for one mailbox,
/// capability, token or address. A registry for any names and labels could not promise that; and what libraries would put
/// into a common one is not asked for.
final class RelayMetrics: Sendable {
    /// The requests of one operation.
    struct Requests: Sendable {
        /// By the name of the problem; nil for success.
        var outcomes: [Problem.Name?: UInt64] = [:]
        var seconds = Histogram()
    }

    struct Counts: Sendable {
        var requests: [RelayAPI.Operation: Requests] = [:]
        var entriesAppended: UInt64 = 0
        /// Times that something which had expired was removed, how long each held the store, in seconds.
        var expirySteps = Histogram()
    }

    private let counts = Mutex(Counts())

    /// - Parameter problem: nil for success.
    func note(_ operation: RelayAPI.Operation, _ problem: Problem.Name?) {
        counts.withLock { $0.requests[operation, default: Requests()].outcomes[problem, default: 0] += 1 }
    }

    /// Not where the client chose how long it takes: a read that waits, a subscription.
    func note(_ operation: RelayAPI.Operation, took duration: Duration) {
        counts.withLock { $0.requests[operation, default: Requests()].seconds.add(duration) }
    }

    func noteAppended() {
        counts.withLock { $0.entriesAppended += 1 }
    }

    func noteExpiryStep(_ duration: Duration) {
        counts.withLock { $0.expirySteps.add(duration) }
    }

    var current: Counts { counts.withLock { $0 } }
}

/// How often something took how long.
struct Histogram: Sendable {
    /// Upper bounds, in seconds.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// For each bound, what was not above it but above the one before; at last, what was above all.
    private(set) var buckets = [UInt64](repeating: 0, count: bounds.count + 1)
    /// In seconds.
    private(set) var sum = 0.0

    mutating func add(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}
