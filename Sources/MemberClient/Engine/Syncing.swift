internal import Coalition
internal import RelayAPI

/// What a sync brought.
public struct SyncResult: Sendable {
    public let newMessageCount: Int
    public let newFindingCount: Int
}

extension Engine {
    /// Everything that can be done when the relay can be reached: what has come is read, what is queued goes out, what is
    /// owed to others is done.
    /// - Throws: why some of it could not be done; all else has been.
    func sync() async throws -> SyncResult {
        let before = try counts()
        let device = try vault.read { try $0.device() }
        var steps = Steps(own: device.relay)
        try await steps.attempt { try await createMailboxes() }
        // The coalition's group first: what the others hold is judged by its directory.
        for group in try vault.read({ try groupsToRead($0) }) where group.id == device.coalitionGroup {
            try await read(group, &steps)
        }
        if try vault.read({ try !unmadeMailboxes($0).contains(device.inbox.mailbox) }) {
            try await steps.attempt { _ = try await syncInboxOrOrder() }
        }
        // The inbox may have brought more. What members name as a relay holds up nothing of one's own.
        let groups = try vault.read { try groupsToRead($0) }.filter { $0.id != device.coalitionGroup }
        let own = device.relay.description
        for group in groups where group.relay == own { try await read(group, &steps) }
        try await settle(&steps)
        for group in groups where group.relay != own { try await read(group, &steps) }
        try steps.finish()
        let after = try counts()
        return SyncResult(
            newMessageCount: max(0, after.messages - before.messages),
            newFindingCount: max(0, after.findings - before.findings)
        )
    }

    private struct GroupToRead {
        let id: GroupID
        let relay: String
    }

    /// The groups whose mailboxes have been made.
    private func groupsToRead(_ transaction: borrowing VaultTransaction) throws -> [GroupToRead] {
        let unmade = try unmadeMailboxes(transaction)
        return try transaction.groupIDs()
            .compactMap { id in
                let mailbox = try transaction.group(id).profile.mailbox
                return unmade.contains(mailbox.mailbox) ? nil : GroupToRead(id: id, relay: mailbox.relay.string)
            }
    }

    private func read(_ group: GroupToRead, _ steps: inout Steps) async throws {
        try await steps.attempt(at: group.relay) {
            try await tolerating(lossOf: group.id) { try await syncGroup(group.id) }
        }
    }

    /// Looks for the mailboxes that the relay did not know: whoever restored it may have restored another backup since.
    /// - Throws: why some of it could not be done; all else has been.
    func readLost() async throws {
        var steps = Steps(own: try vault.read { try $0.device().relay })
        let lost = try vault.read { transaction in
            try groupsToRead(transaction).filter { try transaction.get(.lostMailbox(of: $0.id)) != nil }
        }
        for group in lost { try await read(group, &steps) }
        try steps.finish()
    }

    /// Does what has been read asks for: Commits that are wanted, Welcomes and KeyPackages that are owed, receipts, what is
    /// queued.
    /// - Throws: why some of it could not be done; all else has been.
    func settle() async throws {
        var steps = Steps(own: try vault.read { try $0.device().relay })
        try await steps.attempt { try await createMailboxes() }
        try await settle(&steps)
        try steps.finish()
    }

    private func settle(_ steps: inout Steps) async throws {
        try await fulfilIntents(&steps)
        try await lookAfterCoalition(&steps)
        try await deliverWelcomes(&steps)
        try await steps.attempt { try await tolerating(lossOf: nil) { try await replaceKeyPackages() } }
        try await steps.attempt { try await tolerating(lossOf: nil) { try await publishKeyPackages() } }
        try await steps.attempt { try await tolerating(lossOf: nil) { try await renewGrants() } }
        try await steps.attempt { _ = try await queueDueReceipts() }
        try await steps.attempt { _ = try await flushOutbox() }
    }

    /// The Commits that the coalition's own group needs from time to time, where one can be made.
    private func lookAfterCoalition(_ steps: inout Steps) async throws {
        let relay = try vault.read { transaction in
            try transaction.device().coalitionGroup.flatMap { try relayForCommits(in: $0, transaction) }
        }
        guard let relay else { return }
        for body in [renewAttestations, tellTime] {
            try await steps.attempt(at: relay) {
                do {
                    try await body()
                } catch  where !isCancellation(error) && [.temporary, .notPermitted].contains(MemberError(error).kind) {
                    // As when somebody's time is far ahead: a later sync tries again, and nothing else fails for it.
                }
            }
        }
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
            try vault.write { transaction in
                try transaction.note(FindingRecord(.mailboxLost, at: now, group: group))
                guard let group, try transaction.get(.lostMailbox(of: group)) == nil else { return }
                try transaction.set(.lostMailbox(of: group), to: [])
                // What it had acknowledged has gone with it.
                try forgetAcknowledgements(of: group, transaction)
            }
            return false
        }
    }

    /// As `sync`, as far as the relay lets it; what is known here does otherwise. What it will not do is told by the command
    /// that needs it.
    /// - Returns: why not all of it could be done.
    func syncIfReachable() async throws -> MemberError? {
        do {
            _ = try await sync()
            return nil
        } catch let error as RelayError where error.isOfAnother {
            throw error
        } catch  where !isCancellation(error) && MemberError(error).isRefusal {
            return MemberError(error)
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
