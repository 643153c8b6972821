internal import Coalition
internal import MLS
internal import RelayAPI

/// The coalition as this device has it: who is in it, and under which charter.
extension Engine {
    /// The devices in the coalition group's tree.
    func directory(_ transaction: borrowing VaultTransaction) throws -> Directory {
        Directory(of: try tree(of: try coalitionGroup(transaction), transaction))
    }

    func coalitionGroup(_ transaction: borrowing VaultTransaction) throws -> GroupID {
        guard let id = try transaction.device().coalitionGroup else { throw MemberError.notAMember }
        return id
    }

    func tree(of id: GroupID, _ transaction: borrowing VaultTransaction) throws -> RatchetTree {
        guard let bytes = try transaction.get(.tree(of: id)) else {
            throw VaultError.damaged("a group without its tree")
        }
        return try RatchetTree(decoding: bytes)
    }

    /// What the GroupContext of a group says that can still be followed.
    func terms(of id: GroupID, _ transaction: borrowing VaultTransaction) throws -> GroupTerms {
        guard let epoch = try transaction.getSecret(.epoch(of: id)),
            let sending = try transaction.getSecret(.sending(of: id))
        else { throw VaultError.damaged("a group without its MLS state") }
        return try GroupTerms(reading: try Epoch(epoch: epoch, sending: sending).context)
    }

    /// The coalition's present charter.
    func charter(_ transaction: borrowing VaultTransaction) throws -> Charter {
        try signedCharter(transaction).charter
    }

    func signedCharter(_ transaction: borrowing VaultTransaction) throws -> SignedCharter {
        guard let charter = try transaction.record(.charter, as: SignedCharter.self) else {
            throw MemberError.notAMember
        }
        return charter
    }

    /// All of its charters. Every signature is checked anew, which is not cheap.
    func charterChain(_ transaction: borrowing VaultTransaction) throws -> CharterChain {
        let earlier = try transaction.records(in: .charters, as: SignedCharter.self).map(\.record)
        return try CharterChain(
            verifying: earlier + [try signedCharter(transaction)],
            of: try transaction.device().coalition
        )
    }

    /// Nothing is encrypted to a group that holds a leaf which is not in the directory (policy S1). What was found is
    /// remembered until either group changes, so that a send loads no tree.
    func checkDirectory(of id: GroupID, _ transaction: borrowing VaultTransaction) throws {
        var record = try transaction.group(id)
        guard record.profile.kind != .coalition else { return }
        let epoch = try transaction.group(try coalitionGroup(transaction)).cursor.epoch
        guard record.directoryEpoch != epoch else { return }
        do {
            try checkRecipients(of: id, transaction)
        } catch let violation as PolicyViolation {
            throw MemberError.strangerInGroup(violation.detail)
        }
        record.directoryEpoch = epoch
        try transaction.setRecord(.group(id), to: record)
    }

    /// Whether nothing is against sending to a group.
    func isCovered(_ id: GroupID, _ transaction: borrowing VaultTransaction) throws -> Bool {
        let epoch = try transaction.group(try coalitionGroup(transaction)).cursor.epoch
        if try transaction.group(id).directoryEpoch == epoch { return true }
        do {
            try checkRecipients(of: id, transaction)
            return true
        } catch is PolicyViolation {
            return false
        }
    }

    /// S1.
    private func checkRecipients(of id: GroupID, _ transaction: borrowing VaultTransaction) throws {
        try SendPolicy.checkRecipients(
            tree: try tree(of: id, transaction),
            terms: try terms(of: id, transaction),
            directory: try directory(transaction),
            chain: try charterChain(transaction)
        )
    }
}
