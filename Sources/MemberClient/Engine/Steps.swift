internal import RelayAPI

/// Work of which no part waits for another: what fails keeps no other from being done, and is told at the end.
///
/// Otherwise one mailbox that is full, one relay that is down or one member who breaks a rule would keep a device from all
/// that has nothing to do with it.
struct Steps {
    /// Of others' relays, which members name, no more are waited for in one go: each may take as long as a time-out.
    private static var patience: Int { 8 }

    /// The address of the device's own relay.
    private let own: String
    private var failure: (any Error)?
    /// What the relays of others said, which says nothing of one's own.
    private var elsewhere: MemberError?
    /// Relays that did not answer: what else is to be asked there is left for the next time.
    private var unreachable: Set<String> = []

    init(own: RelayAddress) {
        self.own = own.description
    }

    /// - Parameter relay: the address of the one that is asked; the device's own unless given.
    /// - Throws: that it was cancelled, and nothing else.
    mutating func attempt(at relay: String? = nil, _ body: () async throws -> Void) async throws {
        let relay = relay ?? own
        guard !unreachable.contains(relay), relay == own || unreachable.count < Self.patience else { return }
        do {
            try await body()
        } catch {
            if isCancellation(error) { throw error }
            let reason = MemberError(error)
            if reason.kind == .unreachable { unreachable.insert(relay) }
            if relay != own, error is RelayError {
                elsewhere = elsewhere ?? reason.ofAnotherRelay
            } else if failure.map({ Self.gravity(of: error) > Self.gravity(of: $0) }) ?? true {
                failure = error
            }
        }
    }

    /// - Throws: the gravest of what failed, and the first of those.
    func finish() throws {
        if let failure { throw failure }
        if let elsewhere { throw elsewhere }
    }

    private static func gravity(of error: any Error) -> Int {
        switch MemberError(error).kind {
        case .internal: 7
        case .cannotWrite: 6
        case .configuration: 5
        case .violation: 4
        case .badInput: 3
        case .notPermitted: 2
        case .temporary: 1
        case .unreachable: 0
        }
    }
}
