internal import Coalition
internal import MLS
internal import RelayAPI
internal import TLSCodec

/// Entries of kind application: one's own are confirmed, others' are opened (Protocol/policy.md, "Application
/// messages").
extension Engine {
    /// - Returns: whether it is done with, should it come again; not while its body is missing.
    func processApplication(
        _ entry: LogEntry,
        of group: LoadedGroup,
        keys: borrowing GroupEpochKeys,
        in transaction: borrowing VaultTransaction
    ) throws -> Bool {
        if try confirm(entry, of: group.id, in: transaction) { return true }
        switch entry.body {
        case .gone:
            try transaction.note(
                FindingRecord(.expiredUnread, at: now, group: group.id, parameters: ["sequence": "\(entry.sequence)"])
            )
            return false
        case .wrong:
            // Noted when the log was checked.
            return false
        case .present(let body):
            do throws(BadEntry) {
                let received = try open(body, of: entry, in: group, keys: keys)
                try check(received, at: entry, in: group, transaction)
            } catch {
                try note(error, entry, in: group, transaction)
            }
            return true
        }
    }

    /// Whether an entry is one's own message, which is then confirmed: it stands in the log, for everybody to read.
    private func confirm(
        _ entry: LogEntry,
        of id: GroupID,
        in transaction: borrowing VaultTransaction
    ) throws -> Bool {
        guard let number = try transaction.record(.outgoing(entry.entryID, of: id), as: Number.self)?.value else {
            return false
        }
        guard let item = try transaction.record(number, in: .outbox, as: OutboxItem.self),
            item.destination == .group(id)
        else {
            // It has gone on in a later conversation.
            try transaction.delete(.outgoing(entry.entryID, of: id))
            return true
        }
        guard let sealed = item.sealed, BodyHash(of: sealed.body) == entry.bodyHash else {
            try rename(item, number, in: id, transaction)
            return false
        }
        if let relayed = item.relayed, relayed != entry.position {
            try transaction.note(
                FindingRecord(
                    .acknowledgedElsewhere,
                    at: now,
                    group: id,
                    parameters: ["said": "\(relayed.sequence)", "is": "\(entry.sequence)"]
                )
            )
        }
        try applyAgain(item, number, in: id, transaction)
        try transaction.delete(number, in: .outbox)
        try transaction.delete(.outgoing(entry.entryID, of: id))
        return true
    }

    /// What one's own message does to earlier ones it did when it was queued. Others' that the log has before it came after
    /// that; for everybody else, and so here, the last in the log counts.
    private func applyAgain(
        _ item: OutboxItem,
        _ number: UInt64,
        in id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws {
        let content = try Content(json: item.content)
        let sender = try transaction.device().identity
        guard let tracked = try transaction.tracked(content.id, from: sender.hash),
            let place = tracked.places.first(where: { $0.outboxNumber == number })
        else { return }
        let record = try transaction.record(place.messageNumber, in: .messages, as: MessageRecord.self)
        let arrival = Arrival(
            content: content,
            sender: sender,
            group: id,
            messageNumber: place.messageNumber,
            at: record?.sent ?? now
        )
        try applyReferences(of: arrival, transaction)
    }

    /// Why an entry is not a message; shown instead of it.
    private enum BadEntry: Error {
        /// Nobody can be named.
        case garbage
        case message(from: DeviceAddress, violation: PolicyViolation)
        case state(any Error)
    }

    /// A message whose signature is right, before its contents are looked at.
    private struct Received {
        let sender: DeviceIdentity
        let context: MessageContext
        let content: Content
    }

    private func open(
        _ body: [UInt8],
        of entry: LogEntry,
        in group: LoadedGroup,
        keys: borrowing GroupEpochKeys
    ) throws(BadEntry) -> Received {
        let place = EnvelopeContext(
            mailbox: keys.mailbox,
            epoch: group.record.cursor.epoch,
            entryID: entry.entryID,
            kind: entry.kind
        )
        let opened: Opened
        do {
            let message = try EntryPolicy.open(SealedBody(body), in: place, keys: keys, group: group.mls.context)
            opened = try group.mls.open(message)
        } catch let error as MLSError where error.isOurs {
            throw .state(error)
        } catch {
            throw .garbage
        }
        guard case .application(let message) = opened, let sender = group.device(at: message.sender) else {
            throw .garbage
        }
        do throws(PolicyViolation) {
            let (_, context) = try EntryPolicy.application(opened)
            return Received(sender: sender, context: context, content: try EntryPolicy.content(of: message))
        } catch {
            throw .message(from: sender.address, violation: error)
        }
    }

    private func check(
        _ received: Received,
        at entry: LogEntry,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws(BadEntry) {
        do {
            try checkViews(
                of: received.context,
                by: received.sender.address,
                before: entry.sequence,
                in: group.record,
                group.id,
                transaction
            )
            try keep(received, in: group, transaction)
        } catch {
            throw .state(error)
        }
    }

    private func keep(
        _ received: Received,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws {
        let id = group.id
        let name = VaultName.content(received.content.id, from: received.sender.hash, in: id)
        guard try transaction.get(name) == nil else { return }
        try transaction.set(name, to: [])
        if case .direct(let participants) = group.record.profile.kind {
            // What its sender could not know to be there comes once more where the conversation has begun anew.
            let name = VaultName.content(received.content.id, from: received.sender.hash, among: participants)
            guard try transaction.get(name) == nil else { return }
            try transaction.set(name, to: [])
        }
        let messageNumber = received.content.isMessage ? try keepMessage(received, in: id, transaction) : 0
        let arrival = Arrival(
            content: received.content,
            sender: received.sender,
            group: id,
            messageNumber: messageNumber,
            at: received.context.at
        )
        if received.content.isMessage { try track(arrival, transaction) }
        try applyReferences(of: arrival, transaction)
        try oweReceipt(for: arrival, in: group, transaction)
    }

    /// - Returns: its number in the history.
    private func keepMessage(
        _ received: Received,
        in id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> UInt64 {
        let record = MessageRecord(
            group: id,
            sender: received.sender,
            sent: received.context.at,
            received: now,
            isOwn: false,
            content: received.content.json
        )
        let number = try transaction.append(record.encoded, to: .messages, day: today)
        _ = try transaction.append(Number(number).encoded, to: .unshownMessages)
        return number
    }

    private func note(
        _ bad: BadEntry,
        _ entry: LogEntry,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws {
        let sequence = "\(entry.sequence)"
        switch bad {
        case .garbage:
            let isReplay = try hasSeen(entry.entryID, in: group.record, group.id, transaction)
            try transaction.note(
                FindingRecord(
                    isReplay ? .replayed : .garbageEntry,
                    at: now,
                    group: group.id,
                    parameters: ["sequence": sequence]
                )
            )
        case .message(let sender, let violation):
            try transaction.note(
                FindingRecord(
                    .badMessage,
                    at: now,
                    group: group.id,
                    who: sender,
                    parameters: ["sequence": sequence, "rule": violation.rule.number, "reason": violation.detail]
                )
            )
        case .state(let error):
            throw error
        }
    }
}
