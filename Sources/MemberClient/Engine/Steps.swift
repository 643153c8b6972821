/// Work of which no part waits for another: what fails keeps no other from being done, and is told at the end.
///
/// Otherwise one mailbox that is full, one relay that is down or one member who breaks a rule would keep a device from all
/// that has nothing to do with it.
struct Steps {
    private var failure: (any Error)?
    /// Relays that did not answer: what else is to be asked there is left for the next time, because each try can take long.
    private var unreachable: Set<String> = []

    /// - Parameter relay: the address of the one that is asked.
    /// - Throws: that it was cancelled, and nothing else.
    mutating func attempt(at relay: String, _ body: () async throws -> Void) async throws {
        guard !unreachable.contains(relay) else { return }
        do {
            try await body()
        } catch {
            if error is CancellationError || Task.isCancelled { throw error }
            if MemberError(error).kind == .unreachable { unreachable.insert(relay) }
            if failure.map({ Self.gravity(of: error) > Self.gravity(of: $0) }) ?? true { failure = error }
        }
    }

    /// - Throws: the gravest of what failed, and the first of those.
    func finish() throws {
        if let failure { throw failure }
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
