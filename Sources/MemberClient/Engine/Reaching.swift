internal import Coalition
internal import RelayAPI

/// Looking up what has become of messages, and waiting for it.
extension Engine {
    func alertState(
        of id: MessageID,
        from sender: DeviceHash,
        _ alert: Alert,
        _ transaction: borrowing VaultTransaction
    ) throws -> AlertState {
        if let superseded = try transaction.tracked(id, from: sender)?.superseded {
            let by = superseded.by.description
            return superseded.isCancelled ? .cancelled(by: by) : .updated(by: by)
        }
        if let expires = alert.expires, expires <= now { return .expired(at: expires) }
        return .active
    }

    /// All alerts on this device, oldest first.
    func alerts() throws -> [AlertEntry] {
        try vault.read { transaction in
            try transaction.records(in: .alerts, as: MessageID.self).map(\.record).unique
                .flatMap { id in try transaction.tracked(id).compactMap { try entry(of: id, $0, transaction) } }
        }
    }

    func alert(_ id: MessageID, from sender: UserAddress?) throws -> AlertEntry {
        try vault.read { transaction in
            guard let tracked = try message(id, from: sender, transaction),
                let entry = try entry(of: id, tracked, transaction)
            else { throw MemberError.unknownAlert(id.description) }
            return entry
        }
    }

    /// An alert of one's own organisation's, as it is to be changed.
    func changeableAlert(_ id: MessageID) throws -> AlertEntry {
        try vault.read { transaction in
            guard let entry = try entry(of: id, changeable(id, transaction), transaction) else {
                throw MemberError.unknownAlert(id.description)
            }
            return entry
        }
    }

    /// The message that is meant by an id. Where several have sent one under it, one's own organisation's is: it has drawn
    /// the id itself.
    /// - Parameter sender: whose message is meant; nil where nobody has said.
    /// - Throws: when it might be one or another.
    private func message(
        _ id: MessageID,
        from sender: UserAddress?,
        _ transaction: borrowing VaultTransaction
    ) throws -> TrackedMessage? {
        guard let sender else {
            if let own = try ownOrganisations(id, transaction) { return own }
            return try only(of: transaction.tracked(id), id)
        }
        return try only(of: transaction.tracked(id).filter { $0.sender.address.userAddress == sender }, id)
    }

    /// Nil when there is none.
    func only(of messages: [TrackedMessage], _ id: MessageID) throws -> TrackedMessage? {
        guard messages.count < 2 else { throw MemberError.ambiguousMessage(id.description) }
        return messages.first
    }

    /// The message that a reference names; nil when it is not here, or might be one or another.
    func tracked(
        _ reference: Content.Reference,
        _ transaction: borrowing VaultTransaction
    ) throws -> TrackedMessage? {
        if let sender = reference.sender { return try transaction.tracked(reference.id, from: sender) }
        let messages = try transaction.tracked(reference.id)
        return messages.count == 1 ? messages.first : nil
    }

    /// Nil when it is no alert, or its day has been deleted from the history.
    private func entry(
        of id: MessageID,
        _ tracked: TrackedMessage,
        _ transaction: borrowing VaultTransaction
    ) throws -> AlertEntry? {
        guard let content = try content(of: tracked, transaction), let alert = content.alert else { return nil }
        return AlertEntry(
            id: id.description,
            alert: alert,
            from: tracked.sender.address,
            to: try tracked.places.map { try target(of: $0.destination, transaction) },
            state: try alertState(of: id, from: tracked.sender.hash, alert, transaction),
            references: content.references.map(\.id.description),
            isOwnOrganisation: try tracked.organisation == transaction.device().identity.address.organisation
        )
    }

    /// What a message says; nil once its day has been deleted from the history.
    func content(of reference: Content.Reference, _ transaction: borrowing VaultTransaction) throws -> Content? {
        try tracked(reference, transaction).flatMap { try content(of: $0, transaction) }
    }

    func content(of tracked: TrackedMessage, _ transaction: borrowing VaultTransaction) throws -> Content? {
        for place in tracked.places {
            if let message = try transaction.record(place.messageNumber, in: .messages, as: MessageRecord.self) {
                return try Content(json: message.content)
            }
            // To a person with whom there is no conversation yet.
            if let item = try transaction.record(place.outboxNumber, in: .outbox, as: OutboxItem.self) {
                return try Content(json: item.content)
            }
        }
        return nil
    }

    func target(of destination: OutboxItem.Destination, _ transaction: borrowing VaultTransaction) throws -> Target {
        switch destination {
        case .group(let id): try target(of: id, transaction)
        case .user(let user): .user(user)
        }
    }

    /// Whether the relay has said that it holds a message, or its log has shown it.
    func isRelayed(_ place: TrackedMessage.Place, _ transaction: borrowing VaultTransaction) throws -> Bool {
        guard let item = try transaction.record(place.outboxNumber, in: .outbox, as: OutboxItem.self) else {
            return true
        }
        return item.relayed != nil
    }

    func reach(of id: MessageID, from sender: UserAddress? = nil) throws -> MessageReach {
        try vault.read { transaction in
            guard let tracked = try message(id, from: sender, transaction) else {
                throw MemberError.unknownMessage(id.description)
            }
            var relayed: Set<Name> = []
            var queued: [Target] = []
            for place in tracked.places {
                if try isRelayed(place, transaction) {
                    relayed.formUnion(place.organisations)
                } else {
                    queued.append(try target(of: place.destination, transaction))
                }
            }
            let sender = tracked.organisation
            // Among colleagues alone it is a colleague who answers.
            let isInternal = tracked.recipients.allSatisfy { $0 == sender }
            let names = tracked.recipients.filter { $0 != sender || isInternal || tracked.answer(of: sender) != nil }
            return MessageReach(
                id: id.description,
                organisations: try names.map { name in
                    let answer = tracked.answer(of: name)
                    return OrganisationReach(
                        organisation: name,
                        isRelayed: relayed.contains(name),
                        delivered: answer?.delivered,
                        read: answer?.read,
                        acknowledgements: try acknowledgements(in: answer, transaction),
                        isExpected: name != sender || isInternal
                    )
                },
                queued: queued
            )
        }
    }

    private func acknowledgements(
        in answer: TrackedMessage.Answer?,
        _ transaction: borrowing VaultTransaction
    ) throws -> [OrganisationReach.Acknowledgement] {
        try (answer?.acknowledgements ?? [])
            .map { acknowledgement in
                let record = try transaction.record(
                    acknowledgement.messageNumber,
                    in: .messages,
                    as: MessageRecord.self
                )
                return OrganisationReach.Acknowledgement(
                    by: acknowledgement.by,
                    at: acknowledgement.at,
                    text: try record.flatMap { try Content(json: $0.content).kind.text }
                )
            }
    }

    /// Waits until a message has come so far, or the time is over; whichever is first. An unreachable relay is tried again
    /// until then.
    /// - Returns: how far it has come.
    func wait(for id: MessageID, state: ReachState, quorum: Int?, seconds: UInt64?) async throws -> MessageReach {
        let deadline = seconds.map { ContinuousClock.now + .seconds($0) }
        var pause = RetryPause(longest: 10)
        while true {
            let reach = try reach(of: id)
            if reach.hasReached(state, quorum: quorum) { return reach }
            let isForAll = quorum == nil
            if let stopped = try vault.read({ try stops(id, forAll: isForAll, $0) }) {
                throw MemberError.stopped(stopped)
            }
            let left = deadline.map { max(.zero, $0 - .now) } ?? .seconds(30)
            guard left > .zero else { return reach }
            do {
                try await lookOnce(for: id, within: left)
                pause.reset()
            } catch {
                guard [.unreachable, .temporary].contains(MemberError(error).kind), !Task.isCancelled else {
                    throw error
                }
                try await Task.sleep(for: min(pause.next(after: error), left))
            }
        }
    }

    /// Why waiting for a message is in vain: because this device can follow none of its groups any more.
    /// - Parameter all: whether one of them is enough, in which a copy is left that will not go.
    private func stops(
        _ id: MessageID,
        forAll all: Bool,
        _ transaction: borrowing VaultTransaction
    ) throws -> StopReason? {
        let places = try message(id, from: nil, transaction)?.places ?? []
        let stopped = try places.filter { place in
            guard case .group(let group) = place.destination else { return false }
            return try transaction.group(group).stopped != nil
        }
        let ending = try all ? stopped.first { try !isRelayed($0, transaction) } : nil
        guard let place = ending ?? (stopped.count == places.count ? stopped.first : nil),
            case .group(let group) = place.destination
        else { return nil }
        return try transaction.group(group).stopped
    }

    /// Sends what waits, and reads each group that the message is in, waiting for something to come there.
    private func lookOnce(for id: MessageID, within left: Duration) async throws {
        _ = try await queueDueReceipts()
        _ = try await flushOutbox()
        let groups = try vault.read { transaction in
            (try message(id, from: nil, transaction)?.places ?? [])
                .compactMap { place -> GroupID? in
                    if case .group(let id) = place.destination { id } else { nil }
                }
        }
        // Several are asked in turn, so none may be waited for long.
        let longest: Int64 = groups.count > 1 ? 1 : 30
        let seconds = UInt16(clamping: max(1, min(longest, left.components.seconds)))
        let start = ContinuousClock.now
        for group in groups { try await tolerating(lossOf: group) { try await syncGroup(group, waitSeconds: seconds) } }
        // Where the relay could not be waited for, because a group has ended or is not there.
        let shortest = Duration.seconds(1)
        if ContinuousClock.now - start < shortest { try await Task.sleep(for: min(shortest, left)) }
    }
}
