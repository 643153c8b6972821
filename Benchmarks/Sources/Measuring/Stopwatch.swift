internal import Glibc

/// Reads a clock that only goes forward.
public struct Stopwatch {
    public enum Clock: String, Sendable {
        case wall
        /// The time that this process, all its threads together, had a processor: what other work on the machine
        /// takes does not count, and neither does waiting.
        case processor

        fileprivate var identifier: clockid_t {
            switch self {
            case .wall: CLOCK_MONOTONIC
            case .processor: CLOCK_PROCESS_CPUTIME_ID
            }
        }
    }

    private let clock: clockid_t
    private let start: Double

    public init(_ clock: Clock = .wall) {
        self.clock = clock.identifier
        start = Self.read(clock.identifier)
    }

    /// Since it was made.
    public var seconds: Double { Self.read(clock) - start }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// How long `body` takes, in seconds.
    public static func time<Failure: Error>(
        _ clock: Clock = .wall,
        _ body: () throws(Failure) -> Void
    ) throws(Failure) -> Double {
        let watch = Stopwatch(clock)
        try body()
        return watch.seconds
    }
}
