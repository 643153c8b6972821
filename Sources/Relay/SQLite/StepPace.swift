/// How long a transaction may go on removing, so that it holds the writer no longer than `longest` with all that follows:
/// its pages go into the log, and the log to the disk.
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

    /// - Parameter held: how long the last step held the writer, from its first removal to the end of its commit.
    mutating func adapt(to held: Duration) {
        // Slower at once, and quicker with care: one quick step says little of the next.
        let factor = min(Self.aim / max(held, Self.shortest), 1.25)
        time = min(max(time * factor, Self.shortest), Self.aim)
    }
}
