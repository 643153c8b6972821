internal import Coalition
internal import MLS
internal import RelayAPI
internal import TLSCodec

/// Following what becomes of messages: what each message that comes or goes says about earlier ones.
extension Engine {
    /// A message on its way into the history, as far as others refer to it or it to others.
    struct Arrival {
        let content: Content
        let sender: DeviceIdentity
        let group: GroupID
        /// In the history; 0 for what is not kept there.
        let messageNumber: UInt64
        /// As the sender says.
        let at: Time
    }

    /// Which organisations can read what is sent to a group now.
    func organisations(
        of destination: OutboxItem.Destination,
        _ transaction: borrowing VaultTransaction
    ) throws -> [Name] {
        switch destination {
        case .user(let user): return [try transaction.device().identity.address.organisation, user.organisation].unique
        case .group(let id):
            switch try transaction.group(id).profile.kind {
            case .coalition: return try charter(transaction).organisations.map(\.id)
            case .direct(let participants): return participants.map(\.organisation).unique
            case .group:
                return try tree(of: id, transaction).members.compactMap { $0.leaf.device?.address.organisation }.unique
            }
        }
    }

    /// Begins to follow another's message. What has been sent under its id before stays what it is.
    func track(_ arrival: Arrival, _ transaction: borrowing VaultTransaction) throws {
        let id = arrival.content.id
        let destination = OutboxItem.Destination.group(arrival.group)
        let place = TrackedMessage.Place(
            destination: destination,
            outboxNumber: 0,
            messageNumber: arrival.messageNumber,
            organisations: try organisations(of: destination, transaction)
        )
        guard var tracked = try transaction.tracked(id, from: arrival.sender.hash) else {
            let tracked = TrackedMessage(sender: arrival.sender, isOwn: false, places: [place])
            try transaction.setTracked(id, to: tracked)
            try noteAlert(arrival.content, from: arrival.sender, transaction)
            return
        }
        // Whoever answers what was said in one group must not seem to have answered something else in another.
        if let known = try content(of: tracked, transaction), known.json != arrival.content.json { return }
        tracked.places.append(place)
        try transaction.setTracked(id, to: tracked)
    }

    /// Puts an alert into the list of alerts.
    func noteAlert(
        _ content: Content,
        from sender: DeviceIdentity,
        _ transaction: borrowing VaultTransaction
    ) throws {
        guard let alert = content.alert else { return }
        _ = try transaction.append(content.id.encoded, to: .alerts)
        // What another organisation brings in must not keep one's own from doing so.
        if try sender.address.organisation == transaction.device().identity.address.organisation {
            try transaction.setRecord(.alert(alert.reference), to: content.id)
        }
    }

    /// What a message does to those that it refers to (Protocol/content.md, "States", "Acknowledgements and receipts").
    func applyReferences(of arrival: Arrival, _ transaction: borrowing VaultTransaction) throws {
        let organisation = arrival.sender.address.organisation
        switch arrival.content.kind {
        case .receipt(let state):
            try changeReferenced(by: arrival, transaction) { message in
                message.update(organisation) { answer in
                    answer.delivered = answer.delivered ?? arrival.at
                    if state == .read { answer.read = answer.read ?? arrival.at }
                }
            }
        case .acknowledgement:
            let acknowledgement = TrackedMessage.Acknowledgement(
                by: arrival.sender.address.userAddress,
                at: arrival.at,
                messageNumber: arrival.messageNumber
            )
            try changeReferenced(by: arrival, transaction) { message in
                message.update(organisation) { answer in
                    answer.delivered = answer.delivered ?? arrival.at
                    answer.acknowledgements.removeAll { $0.by == acknowledgement.by }
                    guard answer.acknowledgements.count < TrackedMessage.maximumAcknowledgements else { return }
                    answer.acknowledgements.append(acknowledgement)
                }
            }
        case .alert:
            guard let alert = arrival.content.alert, alert.messageType == .update || alert.messageType == .cancel else {
                return
            }
            let supersession = TrackedMessage.Supersession(
                by: arrival.content.id,
                isCancelled: alert.messageType == .cancel
            )
            try changeReferenced(by: arrival, of: organisation, transaction) { message in
                guard supersession.isCancelled || message.superseded?.isCancelled != true else { return }
                message.superseded = supersession
            }
        case .text, .file, .cancel, .heartbeat, .unknown: break
        }
    }

    /// Whether a message stands in a group, or in an earlier one of the same two: a conversation may have begun anew.
    private func isPlaced(
        _ message: TrackedMessage,
        in id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> Bool {
        if message.place(in: id) != nil { return true }
        let kind = try transaction.group(id).profile.kind
        guard kind.isDirect else { return false }
        for place in message.places {
            guard case .group(let other) = place.destination else { continue }
            if try transaction.group(other).profile.kind == kind { return true }
        }
        return false
    }

    /// - Parameter organisation: whose messages alone may be changed; nil for everybody's.
    private func changeReferenced(
        by arrival: Arrival,
        of organisation: Name? = nil,
        _ transaction: borrowing VaultTransaction,
        _ change: (inout TrackedMessage) -> Void
    ) throws {
        let own = Content.Reference(arrival.content.id, from: arrival.sender.hash)
        for reference in arrival.content.references where reference != own {
            let messages = try transaction.tracked(reference.id)
                .filter { message in
                    guard reference.sender == nil || reference.sender == message.sender.hash,
                        organisation == nil || organisation == message.organisation
                    else { return false }
                    return try isPlaced(message, in: arrival.group, transaction)
                }
            // What names no sender must not do for one what it was meant to do for another.
            guard messages.count == 1, var message = messages.first else { continue }
            change(&message)
            try transaction.setTracked(reference.id, to: message)
        }
    }
}

extension Content {
    /// The alert, when it is one by CAP's rules.
    var alert: Alert? {
        guard case .alert(let object) = kind else { return nil }
        return try? Alert(object)
    }

    /// Whether people read it: others may refer to it, and it is kept. A receipt only says how another message stands.
    var isMessage: Bool {
        if case .receipt = kind { false } else { true }
    }
}

extension Sequence where Element: Hashable {
    var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
