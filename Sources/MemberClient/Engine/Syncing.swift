internal import Coalition
internal import RelayAPI

/// What a sync brought.
public struct SyncResult: Sendable {
    public let newMessageCount: Int
    public let newFindingCount: Int
}

extension Engine {
    /// Everything that can be done when the relay can be reached: what is queued goes out, what has come is read, what is
    /// owed to others is done.
    func sync() async throws -> SyncResult {
        let before = try counts()
        try await tolerating(lossOf: nil) { try await completeSetup() }
        let coalition = try vault.read { try $0.device().coalitionGroup }
        if let coalition { try await tolerating(lossOf: coalition) { try await syncGroup(coalition) } }
        try await tolerating(lossOf: nil) { try await syncInbox() }
        for id in try vault.read({ try $0.groupIDs() }) where id != coalition {
            try await tolerating(lossOf: id) { try await syncGroup(id) }
        }
        try await settle()
        let after = try counts()
        return SyncResult(
            newMessageCount: max(0, after.messages - before.messages),
            newFindingCount: max(0, after.findings - before.findings)
        )
    }

    /// Does what has been read asks for: Commits that are wanted, Welcomes and KeyPackages that are owed, receipts, what is
    /// queued.
    func settle() async throws {
        try await fulfilIntents()
        try await deliverWelcomes()
        try await tolerating(lossOf: nil) { try await completeSetup() }
        _ = try await queueDueReceipts()
        _ = try await flushOutbox()
    }

    /// Goes on when the relay knows a mailbox no longer: that is noted, and keeps no other from being read.
    /// - Parameter group: whose mailbox it is; nil for this device's own.
    /// - Returns: false when it is lost.
    @discardableResult
    func tolerating(lossOf group: GroupID?, _ body: () async throws -> Void) async throws -> Bool {
        do {
            try await body()
            return true
        } catch {
            guard case .problem(let problem)? = error as? RelayError, problem.name == .notPermitted else { throw error }
            try vault.write { try $0.note(FindingRecord(.mailboxLost, at: now, group: group)) }
            return false
        }
    }

    /// The same, when the relay can be reached; what is known here does otherwise.
    func syncIfReachable() async throws {
        do {
            _ = try await sync()
        } catch  where MemberError(error).kind == .unreachable {
            return
        }
    }

    private func counts() throws -> (messages: Int, findings: Int) {
        try vault.read { transaction in
            (
                try transaction.records(in: .unshownMessages, as: Number.self).count,
                try transaction.records(in: .unshownFindings, as: Number.self).count
            )
        }
    }
}
