internal import FoundationEssentials
internal import Synchronization

/// The day, where a wrong one would do harm.
///
/// The system's clock may jump: its battery is dead, a time server is wrong or hostile, somebody mistypes a year. What members
/// have not read yet must not be gone for that. So time goes on by the clock that only ever runs, from where the system's clock
/// was believed last; and where that says something else all at once, it is believed when it has stood for a day. Until then it
/// is in doubt, and of the two days, the earlier decides what has expired, the later until when something new is kept.
///
/// Across a restart, the last day that the store remembers takes the running clock's place: a relay that begins on an earlier
/// day, or after more than a week, doubts for a day.
public final class RelayClock: Sendable {
    /// What the clocks say.
    struct Reading {
        /// Of the system's clock, since 1970-01-01 UTC.
        var wall: Duration
        /// Of the clock that only runs; from anywhere.
        var running: Duration
    }

    /// The days that it may be: the same one, unless the clock is in doubt.
    struct Days: Equatable {
        /// What was to be kept until the day before has expired.
        let expiring: Day
        /// What comes now is kept from this day on.
        let keeping: Day
        /// Whether the system's clock has jumped, and is not believed yet.
        let areInDoubt: Bool
    }

    fileprivate struct State {
        /// When the system's clock was believed last.
        var anchor: Reading
        /// How far the system's clock is away from where it ought to be, and since when.
        var jump: (distance: Duration, since: Duration)?
    }

    /// Within a day of running, the system's clock may be set by so much without being doubted.
    static let largestStep = Duration.seconds(3600)
    /// A clock that has jumped is believed when it has stood for so long.
    static let doubt = Duration.seconds(86_400)
    /// Days for which a relay may have been off without the clock being doubted.
    static let longestAbsence = 7
    /// Days by which a clock that may have jumped ahead prolongs what is kept: entries do not stay for the years by which it may
    /// be wrong.
    static let longestGrace = 366

    private let read: @Sendable () -> Reading
    private let state: Mutex<State>

    /// - Parameter lastDay: the last one that the store remembers; nil for a new store.
    public convenience init(lastDay: Day? = nil) {
        let start = ContinuousClock.now
        self.init(lastDay: lastDay) {
            // On Linux, this clock goes on while the machine sleeps.
            Reading(wall: .seconds(Date().timeIntervalSince1970), running: ContinuousClock.now - start)
        }
    }

    init(lastDay: Day?, read: @escaping @Sendable () -> Reading) {
        self.read = read
        var anchor = read()
        if let lastDay, !(lastDay...(lastDay + Self.longestAbsence)).contains(Day(containing: anchor.wall)) {
            anchor.wall = .seconds(lastDay.number * 86_400)
        }
        state = Mutex(State(anchor: anchor))
    }

    /// Now.
    var days: Days {
        let now = read()
        let (expected, isInDoubt) = state.withLock { ($0.expectedTime(at: now), $0.jump != nil) }
        let latest = expected + .seconds(Self.longestGrace * 86_400)
        return Days(
            expiring: Day(containing: min(expected, now.wall)),
            keeping: Day(containing: min(max(expected, now.wall), latest)),
            areInDoubt: isInDoubt
        )
    }
}

extension RelayClock.State {
    /// Where the system's clock ought to be; where it is, if it is believed.
    fileprivate mutating func expectedTime(at now: RelayClock.Reading) -> Duration {
        let expected = anchor.wall + (now.running - anchor.running)
        let distance = now.wall - expected
        if distance.magnitude <= RelayClock.largestStep {
            jump = nil
            // Not at each look: many small steps would come to a large one.
            if now.running - anchor.running >= RelayClock.doubt { anchor = now }
            return now.wall
        }
        if let jump, (jump.distance - distance).magnitude <= RelayClock.largestStep {
            guard now.running - jump.since >= RelayClock.doubt else { return expected }
            self.jump = nil
            anchor = now
            return now.wall
        }
        jump = (distance, now.running)
        return expected
    }
}

extension Day {
    /// - Parameter time: since 1970-01-01 UTC.
    fileprivate init(containing time: Duration) {
        self.init(Int((time / .seconds(86_400)).rounded(.down)))
    }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
