internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// Making groups: the group of one is on disk before its mailbox is made, so that nothing is lost in between.
extension Engine {
    /// A group of this device alone, and the order to make its mailbox.
    /// - Parameter founder: what the leaf says in the coalition's own group; nil for other groups.
    func createGroup(
        _ terms: GroupTerms,
        _ founder: (attestation: Attestation, addresses: Addresses)?,
        token: AccessToken,
        id: GroupID = .random(),
        _ transaction: borrowing VaultTransaction
    ) throws -> GroupID {
        let device = try transaction.device()
        let time = now
        let bundle = try keyPackage(
            for: device,
            lifetime: Lifetime(from: time, lasting: .days(90)),
            leafExtensions: DeviceLeaf.extensions(
                attestation: try founder?.attestation ?? ownAttestation(transaction),
                addresses: founder?.addresses,
                commitTime: time
            ),
            transaction
        )
        let mls = try MLS.Group(
            creating: id.bytes,
            with: bundle,
            extensions: terms.extensions
        )
        let mailbox = terms.profile.mailbox.mailbox
        let keys = try GroupEpochKeys(mailbox: mailbox) { label, context, length throws(MLSError) in
            try mls.export(label: label, context: context, length: length)
        }
        let record = GroupRecord(
            profile: terms.profile,
            cursor: Cursor(mailbox: mailbox, incarnation: .unknown),
            capability: keys.capability,
            lastCommitTime: time
        )
        let group = LoadedGroup(id, record: record, mls: mls)
        try transaction.addGroup(id, record)
        try group.save(in: transaction)
        let creation = CreationRecord(
            relay: device.relay,
            request: CreateRequest(accessToken: token, mailbox: mailbox, epoch: 0, grants: [keys.derivedGrant]),
            group: id
        )
        _ = try transaction.append(creation.encoded, to: .creations)
        return id
    }

    /// The attestation of this device, wherever it stands.
    private func ownAttestation(_ transaction: borrowing VaultTransaction) throws -> Attestation {
        let device = try transaction.device()
        guard let known = try knownAttestation(of: device.identity.hash, transaction) else {
            throw VaultError.damaged("no attestation of this device")
        }
        return known
    }

    /// Makes the mailboxes that are still to be made. A conversation's, for which the relay takes no access token that there
    /// is, waits for another token, and keeps nothing else from being done.
    func createMailboxes() async throws {
        var steps = Steps(own: try vault.read { try $0.device().relay })
        for (number, creation) in try creations() {
            try await steps.attempt(at: creation.relay.description) {
                do {
                    try await create(creation, number)
                } catch let error as RelayError where error.refusesToken {
                    guard let id = creation.group, try vault.read({ try $0.group(id).profile.kind.isDirect }) else {
                        throw error
                    }
                }
            }
        }
        try steps.finish()
    }

    /// Makes a group's mailbox, if that is still to be done.
    func createMailbox(of id: GroupID) async throws {
        for (number, creation) in try creations() where creation.group == id { try await create(creation, number) }
    }

    /// Mailboxes that are still to be made: the relay knows nothing of them yet.
    func unmadeMailboxes(_ transaction: borrowing VaultTransaction) throws -> Set<MailboxID> {
        Set(try transaction.records(in: .creations, as: CreationRecord.self).map(\.record.request.mailbox))
    }

    private func creations() throws -> [(number: UInt64, record: CreationRecord)] {
        try vault.read { try $0.records(in: .creations, as: CreationRecord.self) }
    }

    private func create(_ creation: CreationRecord, _ number: UInt64) async throws {
        try await observer.willTake(.createMailboxes)
        // What has waited for another token is made with the one that there is now; a joiner has its invitation's.
        let token = try vault.read { transaction in
            try transaction.device().coalitionGroup == nil ? nil : transaction.organisation().accessToken
        }
        let response: CreateResponse
        do throws(RelayError) {
            response = try await relay(at: creation.relay).create(creation.request.with(token))
        } catch .problem(let problem) where problem.name == .mailboxExists && creation.group == nil {
            // Own mailboxes that the relay had only denied: they have other grants by now.
            try vault.write { try $0.delete(number, in: .creations) }
            return
        } catch {
            throw error
        }
        try vault.write { transaction in
            guard try transaction.entry(number, in: .creations) != nil else { return }
            try transaction.delete(number, in: .creations)
            try compare(response.incarnation, transaction)
            if let id = creation.group {
                var record = try transaction.group(id)
                if record.cursor.incarnation == .unknown { record.cursor.incarnation = response.incarnation }
                try transaction.setRecord(.group(id), to: record)
            } else {
                var device = try transaction.device()
                if device.inbox.mailbox == creation.request.mailbox, device.inbox.cursor.incarnation == .unknown {
                    device.inbox.cursor.incarnation = response.incarnation
                }
                try transaction.setRecord(.device, to: device)
            }
        }
    }
}

extension CreateRequest {
    /// The same with another access token; as it is without one.
    fileprivate func with(_ token: AccessToken?) -> CreateRequest {
        CreateRequest(accessToken: token ?? accessToken, mailbox: mailbox, epoch: epoch, grants: grants)
    }
}
