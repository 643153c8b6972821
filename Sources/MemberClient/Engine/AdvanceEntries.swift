internal import Coalition
internal import MLS
internal import RelayAPI
internal import TLSCodec

/// Entries of kind advance: of those out of an epoch, the first that passes C1 to C12 (Protocol/policy.md) is applied.
/// One's own Commit is merged here too, and only here: when the log shows that it has won.
extension Engine {
    enum AdvanceOutcome {
        /// It was applied: the next epoch begins.
        case opened
        /// Everybody skips it.
        case skipped
        /// This device cannot follow the group any further.
        case stopped
        /// What the relay gave does not say which.
        case unreadable
    }

    func processAdvance(
        _ entry: LogEntry,
        of group: LoadedGroup,
        keys: borrowing GroupEpochKeys,
        in transaction: borrowing VaultTransaction
    ) throws -> AdvanceOutcome {
        if let own = try ownCommit(entry, of: group, keys: keys, in: transaction) {
            try mergeOwn(own, at: entry, of: group, in: transaction)
            return .opened
        }
        switch entry.body {
        case .wrong:
            return .unreadable
        case .gone:
            try stop(group, .commitExpired, in: transaction)
            return .stopped
        case .present(let body):
            let receiving = group.mls.serializedReceiving()
            do throws(SkippedCommit) {
                return try apply(body, of: entry, to: group, keys: keys, in: transaction)
            } catch {
                // Every advance is judged from the same state, so that all members judge alike.
                try group.restore(receiving: receiving, in: transaction)
                try skip(entry, error, in: group, transaction)
                return .skipped
            }
        }
    }

    /// Why everybody skips a Commit.
    enum SkippedCommit: Error {
        /// C1 or C2 fails: nobody can be named.
        case garbage(String)
        /// A signed Commit that breaks a rule.
        case policy(PolicyViolation, by: LeafIndex)
        /// Not the Commit's fault.
        case state(any Error)
    }

    private func apply(
        _ body: [UInt8],
        of entry: LogEntry,
        to group: LoadedGroup,
        keys: borrowing GroupEpochKeys,
        in transaction: borrowing VaultTransaction
    ) throws(SkippedCommit) -> AdvanceOutcome {
        let verified = try openCommit(body, of: entry, in: group, keys: keys)
        let judged = try judge(verified.changes, in: group, transaction)
        do {
            try checkViews(
                of: judged.context,
                by: judged.committer?.address,
                before: entry.sequence,
                in: group.record,
                group.id,
                transaction
            )
            if verified.changes.removes(group.mls.ownLeaf) {
                try stop(group, .removed, who: verified.changes.committer, in: transaction)
                return .stopped
            }
        } catch {
            throw .state(error)
        }
        return try merge(verified, judged, at: entry, of: group, in: transaction)
    }

    /// C3 to C11.
    private func judge(
        _ changes: CommitChanges,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws(SkippedCommit) -> JudgedCommit {
        let offenders: Set<LeafIndex>
        do {
            offenders = try self.offenders(in: group.id, transaction)
        } catch {
            throw .state(error)
        }
        do throws(PolicyViolation) {
            return try CommitPolicy.judge(changes, offenders: offenders)
        } catch {
            throw .policy(error, by: changes.committer)
        }
    }

    /// The senders of advances out of the present epoch that were skipped for something that they signed.
    func offenders(in id: GroupID, _ transaction: borrowing VaultTransaction) throws -> Set<LeafIndex> {
        Set(try transaction.skippedAdvances(of: id).compactMap(\.sender).map { LeafIndex($0) })
    }

    /// C1 and C2.
    private func openCommit(
        _ body: [UInt8],
        of entry: LogEntry,
        in group: LoadedGroup,
        keys: borrowing GroupEpochKeys
    ) throws(SkippedCommit) -> VerifiedCommit {
        do {
            let message = try openMessage(body, of: entry, in: group, keys: keys)
            return try EntryPolicy.commit(group.mls.open(message))
        } catch let error as MLSError where error.isOurs {
            throw .state(error)
        } catch {
            throw .garbage("\(error)")
        }
    }

    /// The message in an advance (C1).
    func openMessage(
        _ body: [UInt8],
        of entry: LogEntry,
        in group: LoadedGroup,
        keys: borrowing GroupEpochKeys
    ) throws -> MLSMessage {
        let context = EnvelopeContext(
            mailbox: keys.mailbox,
            epoch: group.record.cursor.epoch,
            entryID: entry.entryID,
            kind: .advance,
            next: entry.next
        )
        return try EntryPolicy.open(SealedBody(body), in: context, keys: keys, group: group.mls.context)
    }
}

extension MLSError {
    /// Whether it says something about this program rather than about what it was given. What seems to come from this
    /// device itself, which MLS calls misuse, was put there by somebody else: its own that count are known before.
    var isOurs: Bool {
        switch self {
        case .malformed, .invalid, .misuse(.ownMessage): false
        case .misuse, .internalBug: true
        }
    }
}
