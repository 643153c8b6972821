internal import Synchronization

/// How often somebody may ask: so many times a second on average, and ten seconds' worth of it at once.
public struct Rate: Sendable, Equatable {
    /// 0: as often as one likes.
    public var perSecond: Int

    public init(perSecond: Int) {
        self.perSecond = perSecond
    }

    /// As often as one likes.
    public static let unlimited = Rate(perSecond: 0)

    static let burstSeconds = 10

    fileprivate var interval: Duration { .seconds(1) / perSecond }
}

/// What one caller has used of its rate.
struct RateBucket: Sendable {
    /// When it will be empty again, as a time since the process's beginning.
    private var empty = Duration.zero

    /// Counts a request, if the rate allows it.
    /// - Parameter count: as how many it counts; no more than may come at once, so that each is allowed at some time.
    /// - Returns: nil when it does; else the time after which it will.
    mutating func spend(_ rate: Rate, as count: Int = 1, at now: Duration) -> Duration? {
        guard rate.perSecond > 0 else { return nil }
        let filled = max(empty, now) + rate.interval * min(count, rate.perSecond * Rate.burstSeconds)
        let excess = filled - now - .seconds(Rate.burstSeconds)
        guard excess <= .zero else { return excess }
        empty = filled
        return nil
    }
}

/// The rates of all capabilities or tokens, in memory that does not grow with them: each stands for one of many buckets,
/// by a hash under a key that is new in every process, so that nobody can choose with whom to share one. No name is kept.
final class RateTable: Sendable {
    /// 1 MiB. Of a thousand capabilities in use, one in a hundred shares its bucket with another.
    private static let bucketCount = 65_536

    private let rate: Rate
    private let buckets = Mutex([RateBucket](repeating: RateBucket(), count: bucketCount))

    init(_ rate: Rate) {
        self.rate = rate
    }

    /// `RateBucket.spend` for the bucket of a name.
    func spend(by name: some Hashable, as count: Int = 1, at now: Duration) -> Duration? {
        // Swift's hashes are SipHash, with a key drawn when the process begins.
        let index = Int(UInt(bitPattern: name.hashValue) % UInt(Self.bucketCount))
        return buckets.withLock { $0[index].spend(rate, as: count, at: now) }
    }
}
