import Synchronization

@testable import MLS

/// How far the messages of a run came, which a number of executions does not tell.
public enum Tally {
    private struct Counts {
        var taken = 0
        var malformed = 0
        var misuse = 0
        var broken: [Rule: Int] = [:]
    }

    private static let counts = Mutex(Counts())

    /// A message was opened, a Commit merged, an invitation accepted.
    static func countTaken() {
        counts.withLock { $0.taken += 1 }
    }

    /// A message was refused; the error that should be impossible ends the process.
    static func count(_ error: MLSError) {
        counts.withLock { counts in
            switch error {
            case .malformed: counts.malformed += 1
            case .invalid(let rule): counts.broken[rule, default: 0] += 1
            case .misuse: counts.misuse += 1
            case .internalBug(let what): fatalError(what)
            }
        }
    }

    /// How many messages were handed to somebody, and a line for each thing that became of them, the most frequent first.
    public static var report: String {
        let counts = counts.withLock { $0 }
        var lines = [
            (counts.taken, "taken"), (counts.malformed, "malformed"), (counts.misuse, "refused, as it is no use"),
        ]
        lines += counts.broken.map { ($0.value, "refused by \($0.key.rawValue)") }
        let total = lines.reduce(0) { $0 + $1.0 }
        return lines.sorted { ($1.0, $0.1) < ($0.0, $1.1) }
            .reduce("handed over: \(total)\n") { $0 + "\($1.0)\t\($1.1)\n" }
    }
}
