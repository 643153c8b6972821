internal import Coalition
internal import MLS
internal import RelayAPI
internal import TLSCodec

/// A Commit of this device's out of a group's present epoch: the pending one, or one that was set aside because the relay
/// would not take it. Each may turn up in the log, also in an entry of somebody else's.
struct OwnCommit {
    let record: PendingCommitRecord
    /// Of the epoch that it leads to.
    let staged: VaultName
}

extension Engine {
    /// How many are kept beside the pending one. A relay that refuses more of one epoch will not take the next either.
    private static var maximumSetAside: Int { 8 }

    func ownCommits(of id: GroupID, in transaction: borrowing VaultTransaction) throws -> [OwnCommit] {
        var all: [OwnCommit] = []
        if let pending = try transaction.record(.pendingCommit(of: id), as: PendingCommitRecord.self) {
            all.append(OwnCommit(record: pending, staged: .stagedEpoch(of: id)))
        }
        for (number, record) in try transaction.records(in: .commitsSetAside(of: id), as: PendingCommitRecord.self) {
            all.append(OwnCommit(record: record, staged: .epochSetAside(number, of: id)))
        }
        return all
    }

    /// This device's own Commit, if the entry holds it with the grants that follow from it. Everybody else applies it
    /// whosever entry it stands in; and this device cannot open it as theirs.
    func ownCommit(
        _ entry: LogEntry,
        of group: LoadedGroup,
        keys: borrowing GroupEpochKeys,
        in transaction: borrowing VaultTransaction
    ) throws -> OwnCommit? {
        let candidates = try ownCommits(of: group.id, in: transaction).filter { $0.record.request.next == entry.next }
        for candidate in candidates {
            let request = candidate.record.request
            if request.entryID == entry.entryID, BodyHash(of: request.body) == entry.bodyHash { return candidate }
        }
        guard !candidates.isEmpty, case .present(let body) = entry.body,
            let handshakes = try transaction.getSecret(.handshakes(of: group.id)),
            let message = try? openMessage(body, of: entry, in: group, keys: keys),
            let verified = try? group.mls.openOwnCommit(message, handshakes: handshakes)
        else { return nil }
        return try candidates.first { try stagedCommit(of: $0, in: transaction).follows(verified) }
    }

    func stagedCommit(of commit: OwnCommit, in transaction: borrowing VaultTransaction) throws -> StagedCommit {
        guard let serialized = try transaction.getSecret(commit.staged) else {
            throw VaultError.damaged("a Commit without its epoch")
        }
        return try StagedCommit(serialized: serialized)
    }

    /// Makes room for another Commit: the relay will not take the pending one, because somebody has given its grant or its entry
    /// id to something else. The Commit stays known, should the log show it after all.
    /// - Returns: false when there is no more room.
    func setAside(_ request: AdvanceRequest, in id: GroupID) throws -> Bool {
        try vault.write { transaction in
            guard let pending = try transaction.record(.pendingCommit(of: id), as: PendingCommitRecord.self),
                pending.request.entryID == request.entryID
            else { return true }
            let earlier = try transaction.records(in: .commitsSetAside(of: id), as: PendingCommitRecord.self)
            guard earlier.count < Self.maximumSetAside else { return false }
            guard let staged = try transaction.getSecret(.stagedEpoch(of: id)) else {
                throw VaultError.damaged("a Commit without its epoch")
            }
            let number = try transaction.append(pending.encoded, to: .commitsSetAside(of: id))
            try transaction.setSecret(.epochSetAside(number, of: id), to: staged)
            try transaction.delete(.pendingCommit(of: id))
            try transaction.delete(.stagedEpoch(of: id))
            return true
        }
    }

    /// Forgets them all: the epoch is over.
    func forgetOwnCommits(of id: GroupID, _ transaction: borrowing VaultTransaction) throws {
        try transaction.delete(.pendingCommit(of: id))
        try transaction.delete(.stagedEpoch(of: id))
        try transaction.delete(.handshakes(of: id))
        for (number, _) in try transaction.records(in: .commitsSetAside(of: id), as: PendingCommitRecord.self) {
            try transaction.delete(number, in: .commitsSetAside(of: id))
            try transaction.delete(.epochSetAside(number, of: id))
        }
    }
}
