internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// In which group a message goes that is for a person: their conversation, and the next one where that has come to its end.
extension Engine {
    /// The conversation in which a message goes: a later one when its own cannot be followed any further, a device there has
    /// left the coalition, or the relay does not know its mailbox any more.
    func home(of number: UInt64, in group: GroupID) async throws -> GroupID {
        let (record, isLost, own) = try vault.read { transaction in
            (
                try transaction.group(group), try transaction.get(.lostMailbox(of: group)) != nil,
                try transaction.device().identity.address.userAddress
            )
        }
        guard case .direct(let participants) = record.profile.kind else { return group }
        if !isLost, record.stopped == nil {
            if try vault.read({ try isCovered(group, $0) }) { return group }
            // A device there is not in the directory: has it left the coalition, or has this one not read that it came?
            try await syncGroup(try vault.read { try coalitionGroup($0) })
            if try vault.read({ try isCovered(group, $0) }) { return group }
        }
        let successor = try await conversation(with: participants.first { $0 != own } ?? own)
        return try vault.write { transaction in
            guard var item = try transaction.record(number, in: .outbox, as: OutboxItem.self), item.relayed == nil,
                item.destination == .group(group)
            else { return try place(of: number, transaction) ?? successor }
            // Its entry may stand in the earlier one all the same: there it stays known as one's own.
            item = OutboxItem(to: .group(successor), entryID: .random(), content: item.content)
            try transaction.setRecord(.outgoing(item.entryID, of: successor), to: Number(number))
            try transaction.replace(number, in: .outbox, with: item.encoded)
            try changePlace(of: try Content(json: item.content).id, outboxNumber: number, transaction) {
                $0.destination = .group(successor)
            }
            return successor
        }
    }

    /// Where another process on this vault has put a message; nil when it has no place, or has gone out.
    private func place(of number: UInt64, _ transaction: borrowing VaultTransaction) throws -> GroupID? {
        guard let item = try transaction.record(number, in: .outbox, as: OutboxItem.self),
            case .group(let id) = item.destination
        else { return nil }
        return id
    }

    /// Gives a message for a person its conversation.
    /// - Returns: the one that it has: another process may have been faster.
    func assign(_ number: UInt64, to id: GroupID) throws -> GroupID {
        try vault.write { transaction in
            guard let item = try transaction.record(number, in: .outbox, as: OutboxItem.self),
                case .user = item.destination
            else { return try place(of: number, transaction) ?? id }
            let assigned = OutboxItem(to: .group(id), entryID: item.entryID, content: item.content)
            try transaction.replace(number, in: .outbox, with: assigned.encoded)
            let content = try Content(json: item.content)
            let messageNumber = try begin(assigned, content, number, in: id, transaction)
            try changePlace(of: content.id, outboxNumber: number, transaction) { place in
                place.destination = .group(id)
                place.messageNumber = messageNumber
            }
            let arrival = Arrival(
                content: content,
                sender: try transaction.device().identity,
                group: id,
                messageNumber: messageNumber,
                at: now
            )
            try applyReferences(of: arrival, transaction)
            return id
        }
    }

    func changePlace(
        of id: MessageID,
        outboxNumber: UInt64,
        _ transaction: borrowing VaultTransaction,
        _ change: (inout TrackedMessage.Place) -> Void
    ) throws {
        guard var tracked = try transaction.tracked(id, from: try transaction.device().identity.hash),
            let index = tracked.places.firstIndex(where: { $0.outboxNumber == outboxNumber })
        else { return }
        change(&tracked.places[index])
        try transaction.setTracked(id, to: tracked)
    }
}
