/// How long a transaction may go on removing, so that it holds others up no longer than `longest` with all that follows: on
/// its way through the log to the disk, and to replicas.
///
/// What follows takes about as long as what came before it, times something that depends on the machine and on what else it
/// does. So the next step gets as much more or less time as the last one took less or more than it should.
struct StepPace {
    /// What others may have to wait for one step.
    static let longest = Duration.milliseconds(10)
    /// What is aimed at: a disk that is suddenly twice as slow still keeps to the bound.
    private static let aim = longest / 2
    /// With less, the wait for the disk would be all that there is.
    private static let shortest = Duration.microseconds(250)

    /// For removing alone, before the commit.
    private(set) var time = Duration.milliseconds(1)

    /// - Parameter held: how long the last step held others up, from its first removal to the end of its commit.
    mutating func adapt(to held: Duration) {
        // Slower at once, and quicker with care: one quick step says little of the next.
        let factor = min(Self.aim / max(held, Self.shortest), 1.25)
        time = min(max(time * factor, Self.shortest), Self.aim)
    }
}

/// The time that a transaction has for removing.
struct StepTime {
    private let time: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    /// Nil before the first look.
    private var end: ContinuousClock.Instant?

    init(_ pace: StepPace, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        time = pace.time
        self.now = now
    }

    /// Whether there is time for more; asked before each removal but an operation's first, so that all get on.
    mutating func isLeft() -> Bool {
        let now = now()
        if let end { return now < end }
        end = now + time
        return true
    }
}
