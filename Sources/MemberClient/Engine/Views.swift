internal import Coalition
internal import RelayAPI

/// What every message says of its sender's view of the log and of the coalition is compared with this device's own
/// (Protocol/detection.md).
extension Engine {
    /// - Parameter sequence: of the entry that the context came with.
    func checkViews(
        of context: MessageContext,
        by sender: DeviceAddress?,
        before sequence: UInt64,
        in record: GroupRecord,
        _ id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws {
        if try contradicts(context.log, before: sequence, in: record, id, transaction) {
            try transaction.note(
                FindingRecord(
                    .splitView,
                    at: now,
                    group: id,
                    who: sender,
                    parameters: ["sequence": "\(context.log.sequence)"]
                )
            )
        }
        try checkCoalitionView(of: context, by: sender, in: id, transaction)
    }

    private func contradicts(
        _ position: Position,
        before sequence: UInt64,
        in record: GroupRecord,
        _ id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> Bool {
        if position == record.cursor.opening { return false }
        if position.sequence < sequence,
            try seen(position.sequence, of: id, in: record.cursor.incarnation, transaction) == position.runningHash
        {
            return false
        }
        // Before a restored relay's log was read, its sender may have read more of the one before than this device.
        var isBeyondEarlier = !record.earlierIncarnations.isEmpty
        for incarnation in record.earlierIncarnations {
            guard let hash = try seen(position.sequence, of: id, in: incarnation, transaction) else { continue }
            if hash == position.runningHash { return false }
            isBeyondEarlier = false
        }
        return !isBeyondEarlier
    }

    private func seen(
        _ sequence: UInt64,
        of id: GroupID,
        in incarnation: Incarnation,
        _ transaction: borrowing VaultTransaction
    ) throws -> RunningHash? {
        try transaction.record(.seen(sequence, of: id, in: incarnation), as: SeenEntry.self)?.runningHash
    }

    private func checkCoalitionView(
        of context: MessageContext,
        by sender: DeviceAddress?,
        in id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws {
        let epoch = context.coalitionEpoch
        if let own = try transaction.get(.coalitionAuthenticator(epoch)) {
            guard own != context.coalitionAuthenticator else { return }
            try noteCoalitionSplit(by: sender, epoch: epoch, in: id, transaction)
            return
        }
        guard let sender, let coalition = try transaction.device().coalitionGroup,
            epoch > (try transaction.group(coalition).cursor.epoch)
        else { return }
        // This device is not there yet: remembered, and compared when it is.
        var claims = try transaction.record(.claims, as: RecordList<CoalitionClaim>.self)?.values ?? []
        let claim = CoalitionClaim(epoch: epoch, authenticator: context.coalitionAuthenticator, by: sender, in: id)
        guard !claims.contains(claim) else { return }
        claims.append(claim)
        try transaction.setRecord(.claims, to: RecordList(CoalitionClaim.keeping(claims, of: sender.organisation)))
    }

    /// Compares what others said of an epoch of the coalition group with it, now that this device has reached it.
    func settleClaims(epoch: UInt64, authenticator: [UInt8], _ transaction: borrowing VaultTransaction) throws {
        try transaction.set(.coalitionAuthenticator(epoch), to: authenticator)
        if epoch >= CoalitionClaim.epochsKept {
            try transaction.delete(.coalitionAuthenticator(epoch - CoalitionClaim.epochsKept))
        }
        let claims = try transaction.record(.claims, as: RecordList<CoalitionClaim>.self)?.values ?? []
        for claim in claims where claim.epoch == epoch && claim.authenticator != authenticator {
            try noteCoalitionSplit(by: claim.by, epoch: epoch, in: claim.group, transaction)
        }
        let rest = claims.filter { $0.epoch > epoch }
        if rest.count < claims.count { try transaction.setRecord(.claims, to: RecordList(rest)) }
    }

    private func noteCoalitionSplit(
        by sender: DeviceAddress?,
        epoch: UInt64,
        in id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws {
        try transaction.note(
            FindingRecord(.coalitionSplitView, at: now, group: id, who: sender, parameters: ["epoch": "\(epoch)"])
        )
    }

    /// Whether an entry id was read a short while ago, in this epoch: only asked when an entry makes no sense. It looks at
    /// few, so that many who make no sense do not take for ever.
    func hasSeen(
        _ entryID: EntryID,
        in record: GroupRecord,
        _ id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> Bool {
        try seenEntries(in: record, id, newest: Self.entriesLookedAt, transaction)
            .contains { $0.content?.entryID == entryID }
    }

    private static var entriesLookedAt: Int { 100 }

    /// The entries of the present epoch that have been read in the relay's present incarnation, newest first.
    func seenEntries(
        in record: GroupRecord,
        _ id: GroupID,
        newest count: Int = .max,
        _ transaction: borrowing VaultTransaction
    ) throws -> [SeenEntry] {
        var all: [SeenEntry] = []
        var sequence = record.cursor.last.sequence
        while sequence > record.cursor.opening.sequence, all.count < count {
            let name = VaultName.seen(sequence, of: id, in: record.cursor.incarnation)
            guard let seen = try transaction.record(name, as: SeenEntry.self), seen.previous < sequence else { break }
            all.append(seen)
            sequence = seen.previous
        }
        return all
    }

    /// Forgets the entries of an epoch that has ended.
    func forgetSeenEntries(in record: GroupRecord, _ id: GroupID, _ transaction: borrowing VaultTransaction) throws {
        var sequence = record.cursor.last.sequence
        while sequence > record.cursor.opening.sequence {
            let name = VaultName.seen(sequence, of: id, in: record.cursor.incarnation)
            guard let seen = try transaction.record(name, as: SeenEntry.self), seen.previous < sequence else { break }
            try transaction.delete(name)
            sequence = seen.previous
        }
    }
}
