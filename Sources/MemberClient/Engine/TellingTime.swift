internal import Coalition
internal import MLS

extension Engine {
    /// A suspension that nobody confirms ends by the time of others' Commits (Protocol/charter.md). Where nobody has another
    /// reason to commit, one is made that says nothing but the time.
    func tellTime() async throws {
        guard try vault.read({ try isTimeAwaited($0) }) else { return }
        // One that a rule is against, as while this device is suspended itself, is somebody else's to make.
        _ = try await commit { transaction in
            guard try isTimeAwaited(transaction) else { return nil }
            return PlannedCommit(group: try coalitionGroup(transaction), intent: nil)
        }
    }

    private func isTimeAwaited(_ transaction: borrowing VaultTransaction) throws -> Bool {
        let device = try transaction.device()
        let charter = try charter(transaction)
        // Most have none, and need no tree.
        guard !charter.suspensions.isEmpty else { return false }
        return charter.awaitsTime(of: device.identity, clock: now, in: try directory(transaction))
    }
}
