internal import RelayAPI

/// What becomes of a statement besides its result.
enum PostgreSQLError: Error, Equatable {
    /// There is no connection, and none can be made now; libpq's reason, which names the server but nothing secret.
    case unreachable(String)
    /// The connection broke. What was under way is undone; or, if it was a commit, done, and its answer lost.
    case lost
    /// The server refused; its SQLSTATE.
    case refused(String)
    /// The commit is there, but the server does not vouch that it is where it should be: an operator has cut short
    /// the wait for a replica.
    case unconfirmed

    /// The SQLSTATE of a lock that was not given in time.
    static let lockNotGiven = "55P03"

    /// Whether a statement has waited, or run, for longer than it may.
    var isOutOfTime: Bool { self == .refused(Self.lockNotGiven) || self == .refused("57014") }

    /// Whether the same may succeed when it is done again at once: the connection was lost, the server is being
    /// stopped, or the transaction met another one.
    var isWorthAnotherTry: Bool {
        switch self {
        case .lost: true
        case .unreachable, .unconfirmed: false
        case .refused(let state): state.hasPrefix("40") || state.hasPrefix("08") || isConnectionUseless
        }
    }

    /// Whether the session has to be given up: the server stops, has timed an idle transaction out, or has become
    /// a replica that cannot be written.
    var isConnectionUseless: Bool {
        switch self {
        case .lost: true
        case .unreachable, .unconfirmed: false
        case .refused(let state): ["57P01", "57P02", "57P03", "57P05", "25P03", "25006"].contains(state)
        }
    }

    /// Whether a commit that ends so may be there all the same, or yet come: nobody has said that it is undone.
    var isOutcomeUnknown: Bool {
        switch self {
        case .lost, .unconfirmed: true
        case .unreachable: false
        case .refused(let state): ["57P01", "57P02", "57P05"].contains(state)
        }
    }

    /// For clients, who are told neither addresses nor the server's own words.
    fileprivate var cause: String {
        switch self {
        case .lost, .unreachable: "PostgreSQL does not answer"
        case .unconfirmed: "PostgreSQL's replica does not confirm"
        case .refused("53100"): "PostgreSQL's disk is full"
        case .refused("25006"): "PostgreSQL can only be read"
        case .refused(let state): isConnectionUseless ? "PostgreSQL is stopping" : "PostgreSQL is busy (\(state))"
        }
    }

    /// Whether the same request may succeed later: when the server is back, has room, or is less busy.
    var isPassing: Bool {
        guard case .refused(let state) = self, !isWorthAnotherTry else { return true }
        // Insufficient resources; operator intervention and timeouts; system errors; a lock not given in time.
        return ["53", "57", "58", "55"].contains { state.hasPrefix($0) }
    }
}

extension Problem {
    /// What a client is told of an error of PostgreSQL. After `unavailable` it may ask again, and learns then whether
    /// the first request took effect.
    init(postgreSQLError error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as PostgreSQLError where error.isPassing: self.init(.unavailable, detail: error.cause)
        case StoreFault.unreachable: self.init(.unavailable, detail: "PostgreSQL does not answer")
        default: self.init(.internal)
        }
    }
}
