internal import Coalition
internal import RelayAPI

/// Sending alerts, changing them, and answering.
extension Engine {
    func send(_ draft: AlertDraft, to targets: [Target]) async throws -> [SendResult] {
        let id = MessageID.random()
        let sender = try vault.read { try $0.device().identity.address.userAddress }
        let alert: Alert
        do throws(AlertError) {
            alert = try draft.alert(.alert, id: id, from: sender, at: now)
        } catch {
            throw MemberError.badAlert(error)
        }
        return try await send(try content(alert, id: id), to: targets)
    }

    /// Brings an alert from elsewhere into the coalition, once, however often it is asked for.
    func bringIn(_ alert: Alert, to targets: [Target]) async throws -> [SendResult] {
        let sent = try vault.write { transaction in
            if let known = try transaction.record(.alert(alert.reference), as: MessageID.self) {
                return Queued(id: known, numbers: [], targets: targets)
            }
            let destinations = try targets.map { try destination(of: $0, transaction) }
            let earlier = try alert.references.compactMap { reference in
                try transaction.record(.alert(reference), as: MessageID.self)
                    .flatMap { try ownOrganisationsReference(to: $0, transaction) }
            }
            let content = try content(alert, id: .random(), references: earlier)
            return Queued(
                id: content.id,
                numbers: try enqueue(content, to: destinations, transaction),
                targets: targets
            )
        }
        guard sent.numbers.isEmpty else { return try await deliver(sent) }
        // It may still wait here from the time before.
        _ = try await flushOutbox()
        return try vault.read { transaction in
            let places = try ownOrganisations(sent.id, transaction)?.places ?? []
            let relayed = try places.map {
                (try target(of: $0.destination, transaction), try isRelayed($0, transaction))
            }
            return try targets.map { target in
                guard let place = relayed.first(where: { $0.0 == target }) else {
                    throw MemberError.alertBroughtInForOthers(relayed.map { "\($0.0)" })
                }
                return SendResult(
                    id: sent.id.description,
                    target: target,
                    state: place.1 ? .relayed : .queued,
                    reason: nil
                )
            }
        }
    }

    /// Supersedes an alert of one's own organisation, everywhere it was sent to.
    /// - Parameters:
    ///   - id: of any alert in the chain: the newest of it is superseded, and all before it.
    ///   - draft: what holds from now on; nil to cancel.
    func supersede(
        _ id: MessageID,
        with draft: AlertDraft?,
        note: String?
    ) async throws -> [SendResult] {
        let queued = try vault.write { transaction in
            let (later, newest) = try chain(from: id, transaction)
            guard newest.superseded == nil else { throw MemberError.alreadyCancelled(id.description) }
            let known = try later.reduce(into: []) { $0 += try ancestors(of: $1, transaction) + [$1] }.unique
            let chain = try known.dropLast() + crossing(known, transaction) + known.suffix(1)
            let alerts = try chain.map { reference in
                guard let alert = try content(of: reference, transaction)?.alert else {
                    throw MemberError.unknownAlert(reference.id.description)
                }
                return alert
            }
            guard let last = alerts.last else { throw MemberError.unknownAlert(id.description) }
            let new = MessageID.random()
            let sender = try transaction.device().identity.address.userAddress
            let alert: Alert
            do throws(AlertError) {
                alert = try (draft ?? AlertDraft(cancelling: last))
                    .alert(
                        draft == nil ? .cancel : .update,
                        id: new,
                        from: sender,
                        at: now,
                        references: alerts.map(\.reference),
                        note: note
                    )
            } catch {
                throw MemberError.badAlert(error)
            }
            let destinations = newest.places.map(\.destination)
            return Queued(
                id: new,
                numbers: try enqueue(
                    try content(alert, id: new, references: chain),
                    to: destinations,
                    transaction
                ),
                targets: try destinations.map { try target(of: $0, transaction) }
            )
        }
        return try await deliver(queued)
    }

    /// Answers a message where it stands.
    /// - Parameter sender: whose message is meant; needed only where several have sent one under this id.
    func acknowledge(_ id: MessageID, from sender: UserAddress?, text: String?) async throws -> [SendResult] {
        let queued = try vault.write { transaction in
            let messages = try transaction.tracked(id)
                .filter { sender == nil || $0.sender.address.userAddress == sender }
            // Nobody is to seem to have answered what they have not read: one's own organisation's is not meant before others'.
            guard let tracked = try only(of: messages, id) else { throw MemberError.unknownMessage(id.description) }
            guard !tracked.isOwn else { throw MemberError.ownMessage(id.description) }
            let content: Content
            do throws(ContentError) {
                content = try Content(
                    .acknowledgement(text: text),
                    references: [Content.Reference(id, from: tracked.sender.hash)]
                )
            } catch {
                throw MemberError.textTooLong
            }
            let destinations = tracked.places.map(\.destination)
            return Queued(
                id: content.id,
                numbers: try enqueue(content, to: destinations, transaction),
                targets: try destinations.map { try target(of: $0, transaction) }
            )
        }
        return try await deliver(queued)
    }

    /// What an alert took the place of, the oldest first, as far as it is of one's own organisation and still here: whoever
    /// supersedes the alert supersedes these too, whichever of them a person has named.
    private func ancestors(
        of alert: Content.Reference,
        _ transaction: borrowing VaultTransaction
    ) throws -> [Content.Reference] {
        let own = try transaction.device().identity.address.organisation
        return try (content(of: alert, transaction)?.references ?? [])
            .compactMap { reference in
                guard let sender = reference.sender else {
                    return try ownOrganisationsReference(to: reference.id, transaction)
                }
                let tracked = try transaction.tracked(reference.id, from: sender)
                return tracked?.organisation == own ? reference : nil
            }
            .filter { try content(of: $0, transaction)?.alert != nil }
    }

    /// Alerts of one's own organisation that were to take the place of some of these as well, when two updates crossed: nothing
    /// has superseded them.
    private func crossing(
        _ chain: [Content.Reference],
        _ transaction: borrowing VaultTransaction
    ) throws -> [Content.Reference] {
        let own = try transaction.device().identity.address.organisation
        var found: [Content.Reference] = []
        for id in try transaction.records(in: .alerts, as: MessageID.self).map(\.record).unique {
            for tracked in try transaction.tracked(id) where tracked.organisation == own {
                let alert = Content.Reference(id, from: tracked.sender.hash)
                guard !chain.contains(alert), tracked.superseded == nil,
                    try content(of: alert, transaction)?.alert?.messageType == .update,
                    try ancestors(of: alert, transaction).contains(where: { chain.contains($0) || found.contains($0) })
                else { continue }
                found.append(alert)
            }
        }
        return found
    }

    /// The message that one's own organisation has sent under an id; of several this device's, or else the first.
    func ownOrganisations(_ id: MessageID, _ transaction: borrowing VaultTransaction) throws -> TrackedMessage? {
        let own = try transaction.device().identity.address.organisation
        let messages = try transaction.tracked(id).filter { $0.organisation == own }
        return messages.first(where: \.isOwn) ?? messages.first
    }

    private func ownOrganisationsReference(
        to id: MessageID,
        _ transaction: borrowing VaultTransaction
    ) throws -> Content.Reference? {
        try ownOrganisations(id, transaction).map { Content.Reference(id, from: $0.sender.hash) }
    }

    /// - Throws: when one's own organisation has sent nothing under this id.
    func changeable(_ id: MessageID, _ transaction: borrowing VaultTransaction) throws -> TrackedMessage {
        if let tracked = try ownOrganisations(id, transaction) { return tracked }
        let isUnknown = try transaction.tracked(id).isEmpty
        throw isUnknown ? MemberError.unknownAlert(id.description) : .notOwnAlert(id.description)
    }

    /// An alert and everything that has superseded it, the newest last; all of one's own organisation.
    private func chain(
        from id: MessageID,
        _ transaction: borrowing VaultTransaction
    ) throws -> (alerts: [Content.Reference], newest: TrackedMessage) {
        var alerts: [Content.Reference] = []
        var last = id
        while true {
            let tracked = try changeable(last, transaction)
            alerts.append(Content.Reference(last, from: tracked.sender.hash))
            // What two devices did at once may name each other in no order; nothing is followed twice.
            guard let next = tracked.superseded, !next.isCancelled, !alerts.contains(where: { $0.id == next.by }),
                alerts.count < Content.maximumReferenceCount
            else { return (alerts, tracked) }
            last = next.by
        }
    }

    private func content(_ alert: Alert, id: MessageID, references: [Content.Reference] = []) throws -> Content {
        do throws(ContentError) {
            return try Content(id: id, .alert(alert.object), references: references)
        } catch {
            throw MemberError.alertTooLarge
        }
    }
}
