internal import RelayAPI
internal import Synchronization

/// Who may ask now: bounds what is under way at a time, and how often anybody asks.
///
/// Nothing of it depends on addresses, which an onion service and a proxy hide and which nobody should keep. What can be
/// told apart is a connection, a capability and an access token; all is in memory, bounded, and gone with the process.
final class Admission: Sendable {
    private struct State {
        var connections = 0
        var subscriptions = 0
    }

    private let limits: RelayLimits
    private let state = Mutex(State())
    private let held = Atomic(0)
    private let capabilities: RateTable
    private let tokens: RateTable
    private let start = ContinuousClock.now

    init(limits: RelayLimits) {
        self.limits = limits
        capabilities = RateTable(limits.capabilityRate)
        tokens = RateTable(limits.tokenRate)
    }

    /// Open ones.
    var connections: Int { state.withLock(\.connections) }
    /// Subscriptions and reads that wait.
    var subscriptions: Int { state.withLock(\.subscriptions) }

    /// Takes a place for a connection, which it keeps until `endConnection`.
    func beginConnection() -> ConnectionAdmission {
        let open = state.withLock { state in
            state.connections += 1
            return state.connections
        }
        if open <= limits.connections { return .served }
        // Some of those that are too many are told so, as long as these are few themselves.
        return open <= limits.connections + limits.connections / 8 + 8 ? .refused : .closed
    }

    func endConnection() {
        state.withLock { $0.connections -= 1 }
    }

    /// Takes a place for a subscription or a read that waits, for as long as what it returns is kept.
    /// - Parameter connection: by which it came; nil without sockets.
    func beginSubscription(on connection: Connection?) throws(Problem) -> SubscriptionPlace {
        guard connection?.beginSubscription(mostAtOnce: limits.connectionSubscriptions) ?? true else {
            throw Problem(.subscriptionsExhausted, detail: "too many on this connection")
        }
        let mayBegin = state.withLock { state in
            guard state.subscriptions < limits.subscriptions else { return false }
            state.subscriptions += 1
            return true
        }
        guard mayBegin else {
            connection?.endSubscription()
            throw Problem(.subscriptionsExhausted)
        }
        return SubscriptionPlace(connection: connection) { [self] in state.withLock { $0.subscriptions -= 1 } }
    }

    /// In bytes, for clients that have not sent a request as a whole or not taken an answer. What is short, and what comes or goes
    /// at once, is not counted.
    var heldBytes: Int { held.load(ordering: .relaxed) }

    /// What is no longer is given to everybody, however much is held: whoever holds it with many connections keeps nobody else
    /// from reading. In bytes; an entry of 64 KiB with what belongs to it.
    static let shortAnswer = 65 * 1024

    /// Several event loops may be told so at once, each for what it then holds: the bound is passed by no more than that.
    func hasRoom(for count: Int) -> Bool {
        count <= 0 || heldBytes + count <= limits.heldBytes
    }

    /// - Parameter count: less than zero for what is held no longer.
    func hold(_ count: Int) {
        held.add(count, ordering: .relaxed)
    }

    static let noRoom = Problem(.unavailable, detail: "too much is on its way from and to slow clients")

    /// Counts a request of a connection.
    func admit(_ connection: Connection) throws(Problem) {
        guard connection.isServed else { throw Problem(.connectionsExhausted) }
        try refuse(after: connection.spend(of: limits.connectionRate, at: now), "requests on this connection")
    }

    /// Counts a request with a capability, whether it is good or not.
    /// - Parameter grants: how many it names.
    func admit(_ access: HashedAccess, grants: Int = 0) throws(Problem) {
        let wait = capabilities.spend(by: access, as: Self.weight(ofGrants: grants), at: now)
        try refuse(after: wait, "requests with this capability")
    }

    /// Counts a request with an access token.
    /// - Parameter grants: how many it names.
    func admit(_ token: AccessTokenHash, grants: Int = 0) throws(Problem) {
        let wait = tokens.spend(by: token, as: Self.weight(ofGrants: grants), at: now)
        try refuse(after: wait, "requests with this access token")
    }

    /// As how many requests one counts that names grants: eight of these take a store about as long as an entry.
    private static func weight(ofGrants count: Int) -> Int { 1 + count / 8 }

    private var now: Duration { ContinuousClock.now - start }

    private func refuse(after wait: Duration?, _ what: String) throws(Problem) {
        guard let wait else { return }
        throw Problem(
            .rateLimited,
            detail: "too many \(what)",
            retryAfter: max(1, Int((wait / .seconds(1)).rounded(.up)))
        )
    }
}

enum ConnectionAdmission {
    case served
    /// Each of its requests is answered that there are too many connections.
    case refused
    /// Not even that.
    case closed
}
