internal import Coalition
internal import HPKE
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// The way of a Welcome to whom a Commit has added: sealed when the Commit has won, and handed to the relay until it has
/// it.
extension Engine {
    /// Seals a Welcome for each device that this device's Commit added. `group` is in the epoch that the Commit opened.
    func queueWelcomes(
        of pending: PendingCommitRecord,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws {
        guard !pending.welcome.isEmpty, let number = pending.intent,
            let intent = try transaction.record(number, in: .intents, as: CommitIntent.self)
        else { return }
        let members = Membership(tree: group.mls.tree)
        let chain = try transaction.records(in: .charters, as: SignedCharter.self).map(\.record)
        let charter = try GroupTerms(reading: group.mls.context).charter.charter
        for addition in intent.additions where members.devices[addition.device.hash] != nil {
            let contents = WelcomeMessage.Contents(
                welcome: pending.welcome,
                incarnation: group.record.cursor.incarnation,
                opening: group.record.cursor.opening,
                chain: chain.filter { $0.charter.number < charter.number },
                attestations: try transaction.presentedAttestations(of: group.id),
                secrets: addition.getsSecrets ? try organisationSecrets(transaction) : nil
            )
            try queue(contents, to: addition, in: group.id, transaction)
        }
    }

    private func queue(
        _ contents: WelcomeMessage.Contents,
        to addition: CommitIntent.Addition,
        in group: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws {
        guard let seed = try transaction.getSecret(.signatureSeed) else { throw VaultError.damaged("no signature key") }
        let message = WelcomeMessage(signing: contents, key: try Ed25519.PrivateKey(seed: seed))
        let kem = try transaction.device().suite.inboxKEM
        let newcomer = InboxDelivery.Newcomer(device: addition.device.hash, group: group)
        guard
            let delivery = try? InboxDelivery(
                sealing: .welcome(message),
                to: addition.welcome,
                kem: kem,
                newcomer: newcomer
            )
        else {
            // Everybody else is in the next epoch already: one who cannot be written to must not keep this device out of it.
            let device = addition.device.address
            try transaction.note(FindingRecord(.welcomeUndeliverable, at: now, who: device))
            return
        }
        _ = try transaction.append(delivery.encoded, to: .deliveries)
    }

    private func organisationSecrets(_ transaction: borrowing VaultTransaction) throws -> OrganisationSecrets {
        guard let key = try transaction.getSecret(.organisationContactKey) else { throw MemberError.notAnAdmin }
        return OrganisationSecrets(
            contactKey: try ContactKey(raw: key),
            accessToken: try transaction.organisation().accessToken
        )
    }

    /// Hands Welcomes to the relays that their receivers named. One that is refused for good is given up.
    /// - Parameter group: only those to this one; nil for all.
    func deliverWelcomes(in group: GroupID? = nil, _ steps: inout Steps) async throws {
        for (number, delivery) in try vault.read({ try $0.records(in: .deliveries, as: InboxDelivery.self) })
        where group == nil || delivery.newcomer?.group == group {
            try await steps.attempt(at: delivery.relay.description) { try await deliver(delivery, number) }
        }
    }

    /// The same for some of them.
    /// - Parameter inboxes: those that must have theirs.
    /// - Throws: why one of them has not; all others have.
    func deliverWelcomes(to inboxes: Set<MailboxID>) async throws {
        var failure: (any Error)?
        for (number, delivery) in try vault.read({ try $0.records(in: .deliveries, as: InboxDelivery.self) })
        where inboxes.contains(delivery.request.access.mailbox) {
            do {
                try await deliver(delivery, number)
            } catch {
                if isCancellation(error) { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// The devices in a group whose Welcomes have not gone yet.
    func unwelcomed(in group: GroupID, _ transaction: borrowing VaultTransaction) throws -> Set<DeviceHash> {
        let newcomers = try transaction.records(in: .deliveries, as: InboxDelivery.self).compactMap(\.record.newcomer)
        return Set(newcomers.filter { $0.group == group }.map(\.device))
    }

    private func deliver(_ delivery: InboxDelivery, _ number: UInt64) async throws {
        try await observer.willTake(.appendWelcome)
        if case .failure(let problem) = try await relay(at: delivery.relay).answer(to: delivery) {
            guard problem.name == .notPermitted else { throw RelayError.problem(problem) }
            // The inbox is gone, or has been closed to this device.
            try vault.write { try $0.note(FindingRecord(.welcomeUndeliverable, at: now)) }
        }
        try await observer.willTake(.noteWelcome)
        try vault.write { try $0.delete(number, in: .deliveries) }
    }
}

extension InboxDelivery {
    /// Seals a message for its receiver's inbox, under a new entry id.
    init(
        sealing message: InboxMessage,
        to destination: WelcomeDestination,
        kem: HPKE.KEM,
        newcomer: Newcomer? = nil
    ) throws {
        let mailbox = destination.inbox.mailbox
        let entryID = EntryID.random()
        let sealed = try InboxEnvelope.seal(
            message,
            to: destination.inboxKey,
            kem: kem,
            mailbox: mailbox,
            entryID: entryID
        )
        self.init(
            relay: try RelayAddress(destination.inbox.relay.string),
            blob: sealed.blob,
            request: AppendRequest(
                access: Access(mailbox: mailbox, capability: destination.capability),
                epoch: 0,
                entryID: entryID,
                kind: .application,
                body: sealed.body.bytes
            ),
            newcomer: newcomer
        )
    }
}

extension Relay {
    /// What became of the entry, before which everything stands that it refers to.
    func answer(to delivery: InboxDelivery) async throws(RelayError) -> Result<AppendResponse, Problem> {
        do throws(RelayError) {
            if let blob = delivery.blob { try await put(blob, beside: delivery.request.access) }
        } catch .problem(let problem) {
            return .failure(problem)
        }
        return try await answer(to: delivery.request)
    }
}
