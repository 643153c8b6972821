internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// What follows from an advance that counts: the next epoch takes the place of this one, and everything that hangs on
/// the epoch is brought up to it, in the same transaction.
extension Engine {
    /// Someone else's Commit, which has passed C1 to C11.
    func merge(
        _ verified: VerifiedCommit,
        _ judged: JudgedCommit,
        at entry: LogEntry,
        of group: LoadedGroup,
        in transaction: borrowing VaultTransaction
    ) throws(SkippedCommit) -> AdvanceOutcome {
        let staged: StagedCommit
        do throws(MLSError) {
            staged = try group.mls.stage(verified)
        } catch {
            do {
                guard case .invalid(let rule) = error, rule.failsOnlyForMe else { throw error }
                // Others may well apply it: this device must not skip it alone.
                try stop(group, .cannotDecrypt, who: verified.changes.committer, in: transaction)
                return .stopped
            } catch {
                throw .state(error)
            }
        }
        do {
            let keys = try nextKeys(of: staged, in: group)
            try CommitPolicy.checkGrants(entry.next, derived: keys.derivedGrant)
            let opened = OpenedEpoch(
                context: judged.context,
                presented: judged.presented,
                pendingCommit: nil,
                entry: entry,
                keys: keys.capability
            )
            try open(opened, staged, of: group, in: transaction)
            return .opened
        } catch let error as PolicyViolation {
            throw .policy(error, by: verified.changes.committer)
        } catch {
            throw .state(error)
        }
    }

    func mergeOwn(
        _ own: OwnCommit,
        at entry: LogEntry,
        of group: LoadedGroup,
        in transaction: borrowing VaultTransaction
    ) throws {
        let staged = try stagedCommit(of: own, in: transaction)
        let capability = try nextKeys(of: staged, in: group).capability
        let opened = OpenedEpoch(
            context: own.record.context,
            presented: own.record.context.attestations,
            pendingCommit: own.record,
            entry: entry,
            keys: capability
        )
        try open(opened, staged, of: group, in: transaction)
    }

    /// An epoch that an advance opened.
    private struct OpenedEpoch {
        /// Of the Commit.
        let context: MessageContext
        /// Attestations that it presents and that are valid.
        let presented: [PresentedAttestation]
        /// When it is this device's.
        let pendingCommit: PendingCommitRecord?
        let entry: LogEntry
        let keys: Capability
    }

    /// The keys of the mailbox's next epoch.
    func nextKeys(of staged: borrowing StagedCommit, in group: LoadedGroup) throws -> GroupEpochKeys {
        try GroupEpochKeys(mailbox: group.record.profile.mailbox.mailbox) { label, context, length throws(MLSError) in
            try staged.export(label: label, context: context, length: length)
        }
    }

    private func open(
        _ opened: OpenedEpoch,
        _ staged: consuming StagedCommit,
        of group: LoadedGroup,
        in transaction: borrowing VaultTransaction
    ) throws {
        let id = group.id
        let request = try advanceRequest(of: opened, in: group, transaction)
        let before = Membership(tree: group.mls.tree)
        let charter = try GroupTerms(reading: group.mls.context).charter
        let treeBefore = group.mls.tree
        try group.mls.merge(staged)
        let after = Membership(tree: group.mls.tree)
        let offences = try takeOffences(of: id, transaction)
            .filter { group.mls.tree[LeafIndex($0.sender)] != treeBefore[LeafIndex($0.sender)] }

        try forgetSeenEntries(in: group.record, id, transaction)
        try transaction.delete(.processedEntries(of: id))
        try transaction.delete(.brokenLog(of: id))
        try transaction.delete(.skippedAdvances(of: id))
        try forgetOwnCommits(of: id, transaction)
        try requeueUnconfirmed(in: id, transaction)

        let cursor = group.record.cursor
        group.record.cursor = Cursor(
            incarnation: cursor.incarnation,
            epoch: cursor.epoch + 1,
            opening: opened.entry.position
        )
        group.record.capability = opened.keys
        group.record.earlierIncarnations = []
        group.record.directoryEpoch = nil
        group.record.lastCommitTime = SendPolicy.time(clock: Time(seconds: 0), tree: group.mls.tree)
        try keepPresented(opened.presented, of: group, transaction)
        // Before it, what a removal rests on (C8).
        if let request { try keepApplied(offences.map(\.request) + [request], of: id, transaction) }
        if group.record.profile.kind == .coalition {
            let change = CoalitionChange(before: before, after: after, charterBefore: charter)
            try followCoalition(change, opened.context, opened.pendingCommit, of: group, transaction)
        }
        try group.save(in: transaction)
        if let pending = opened.pendingCommit {
            try queueWelcomes(of: pending, in: group, transaction)
            if let intent = pending.intent { try transaction.delete(intent, in: .intents) }
        }
    }

    /// The advance as it could be sent again.
    private func advanceRequest(
        of opened: OpenedEpoch,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws -> AdvanceRequest? {
        let body: [UInt8]
        switch (opened.entry.body, opened.pendingCommit) {
        // One's own may stand in an entry of somebody else's.
        case (.present(let bytes), _): body = bytes
        case (_, let pending?): body = pending.request.body
        case (_, nil): return nil
        }
        return AdvanceRequest(
            access: group.record.access,
            epoch: group.record.cursor.epoch,
            entryID: opened.entry.entryID,
            next: opened.entry.next,
            advancesSeen: try transaction.skippedAdvances(of: group.id).map(\.entryID),
            body: body
        )
    }

    /// Messages that were encrypted for the epoch that has ended: those that are not in its log are encrypted anew.
    private func requeueUnconfirmed(in id: GroupID, _ transaction: borrowing VaultTransaction) throws {
        for (number, item) in try transaction.records(in: .outbox, as: OutboxItem.self) {
            guard item.destination == .group(id), item.sealed != nil else { continue }
            if item.relayed != nil { try noteMissing(item, number, in: id, transaction) }
            var item = item
            item.sealed = nil
            item.relayed = nil
            try transaction.replace(number, in: .outbox, with: item.encoded)
        }
    }

    /// An attestation goes on standing beside a leaf until the device's next path takes it in; of several, the one that
    /// ends last.
    private func keepPresented(
        _ presented: [PresentedAttestation],
        of group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws {
        let known = try transaction.presentedAttestations(of: group.id)
        guard !known.isEmpty || !presented.isEmpty else { return }
        let byDevice = Dictionary(grouping: known + presented, by: \.deviceHash)
        let kept = group.mls.tree.members
            .compactMap { member -> PresentedAttestation? in
                guard let leaf = try? DeviceLeaf(reading: member.leaf),
                    let beside = byDevice[leaf.hash]?.max(by: { $0.attestation.end < $1.attestation.end })
                else { return nil }
                if let own = leaf.attestation, own.end >= beside.attestation.end { return nil }
                return beside
            }
        try transaction.setRecord(.presentedAttestations(of: group.id), to: RecordList(kept))
    }

    private func keepApplied(
        _ requests: [AdvanceRequest],
        of id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws {
        for request in requests {
            let number = try transaction.append(AppliedAdvance(request: request).encoded, to: .appliedAdvances(of: id))
            if number > AppliedAdvance.maximumCount {
                try transaction.delete(number - AppliedAdvance.maximumCount, in: .appliedAdvances(of: id))
            }
        }
    }

    private func takeOffences(of id: GroupID, _ transaction: borrowing VaultTransaction) throws -> [Offence] {
        let offences = try transaction.records(in: .offences(of: id), as: Offence.self)
        for (number, _) in offences { try transaction.delete(number, in: .offences(of: id)) }
        return offences.map(\.record)
    }

    /// Keeps an advance whose sender may be removed for it; the first of each is enough (C8).
    private func keepOffence(
        _ entry: LogEntry,
        by sender: LeafIndex,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws {
        guard case .present(let body) = entry.body, try !offenders(in: group.id, transaction).contains(sender) else {
            return
        }
        let request = AdvanceRequest(
            access: group.record.access,
            epoch: group.record.cursor.epoch,
            entryID: entry.entryID,
            next: entry.next,
            advancesSeen: try transaction.skippedAdvances(of: group.id).map(\.entryID),
            body: body
        )
        _ = try transaction.append(Offence(sender: sender.value, request: request).encoded, to: .offences(of: group.id))
    }

    /// Notes a Commit that everybody skips.
    func skip(
        _ entry: LogEntry,
        _ reason: SkippedCommit,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws {
        var skipped = try transaction.skippedAdvances(of: group.id)
        switch reason {
        case .garbage(let why):
            skipped.append(SkippedAdvance(entryID: entry.entryID, sender: nil))
            try transaction.note(
                FindingRecord(
                    .garbageAdvance,
                    at: now,
                    group: group.id,
                    parameters: ["sequence": "\(entry.sequence)", "reason": why]
                )
            )
        case .policy(let violation, let leaf):
            let sender = violation.rule.blamesSender ? leaf.value : nil
            if violation.rule.blamesSender { try keepOffence(entry, by: leaf, in: group, transaction) }
            skipped.append(SkippedAdvance(entryID: entry.entryID, sender: sender))
            try transaction.note(
                FindingRecord(
                    .commitSkipped,
                    at: now,
                    group: group.id,
                    who: group.device(at: leaf)?.address,
                    parameters: [
                        "sequence": "\(entry.sequence)", "rule": violation.rule.number, "reason": violation.detail,
                    ]
                )
            )
        case .state(let error):
            throw error
        }
        try transaction.setRecord(.skippedAdvances(of: group.id), to: RecordList(skipped))
    }

    /// Gives a group up: its secrets go, what was read stays.
    func stop(
        _ group: LoadedGroup,
        _ reason: StopReason,
        who: LeafIndex? = nil,
        in transaction: borrowing VaultTransaction
    ) throws {
        group.record.stopped = reason
        try group.saveReceived(in: transaction)
        try transaction.delete(.epoch(of: group.id))
        try transaction.delete(.receiving(of: group.id))
        try transaction.delete(.sending(of: group.id))
        try forgetOwnCommits(of: group.id, transaction)
        try transaction.note(
            FindingRecord(
                .groupStopped,
                at: now,
                group: group.id,
                who: who.flatMap { group.device(at: $0)?.address },
                parameters: ["reason": reason.text]
            )
        )
    }
}
