internal import RelayAPI
internal import Synchronization

/// Which of those who ask relays cannot do it, so that each change is told once.
///
/// That a relay is lost is told when the first finds it, and that it answers again when the last has an answer, for each
/// relay by itself: one that another organisation has given up must not hide that one's own is lost. That somebody has
/// nothing to ask, or keeps for later what fails, says nothing of a relay.
final class Reachability: Sendable {
    enum Path: Hashable {
        /// What is settled with one's own relay, and with others besides.
        case all
        case receipts
        /// - Parameter relay: nil for one's own.
        case line(Line, relay: RelayAddress?)

        var relay: RelayAddress? {
            if case .line(_, let relay) = self { relay } else { nil }
        }
    }

    private struct Failure {
        let reason: MemberError
        /// Whether it says that the relay does not answer, or does not serve.
        let isLoss: Bool

        init(_ error: any Error, of path: Path) {
            reason = MemberError(error)
            switch (reason.kind, path) {
            // What another relay said among other things comes as a MemberError (Steps).
            case (.unreachable, _): isLoss = error is RelayError
            case (.temporary, .line): isLoss = true
            default: isLoss = false
            }
        }
    }

    private let failures = Mutex<[Path: Failure]>([:])

    func isFailing(_ path: Path) -> Bool { failures.withLock { $0[path] != nil } }

    /// - Parameter error: nil when all could be done.
    /// - Returns: what is to be told.
    func note(_ error: (any Error)?, of path: Path) -> [Event] {
        let failure = error.map { Failure($0, of: path) }
        return failures.withLock { failures in
            func isLost() -> Bool {
                failures.contains { $0.key.relay == path.relay && $0.value.isLoss }
            }
            let wasLost = isLost()
            let isKnown = failures.values.contains { $0.reason.what == failure?.reason.what }
            failures[path] = failure
            var events: [Event] = []
            if wasLost, !isLost() { events.append(.reachable(relay: path.relay)) }
            if let failure {
                if failure.isLoss {
                    if !wasLost { events.append(.unreachable(failure.reason, relay: path.relay)) }
                } else if !isKnown {
                    events.append(.failing(failure.reason))
                }
            }
            return events
        }
    }
}
