internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// Direct conversations: groups of all devices of one or two users, made from the directory when they are first needed.
extension Engine {
    /// The group in which this device's user and another one write to each other, made if there is none. Devices that
    /// have come since are added as far as they can be.
    /// - Throws: `temporary` when no device of the user's can be added yet; what the relay says of the access token when it
    ///   makes no mailbox for it. KeyPackages are taken when there is one, and not before.
    func conversation(with user: UserAddress) async throws -> GroupID {
        let existing = try vault.read { try existingConversation(with: user, $0) }
        // Another process may begin it just now.
        let id =
            try existing
            ?? vault.write { try existingConversation(with: user, $0) ?? beginConversation(with: user, $0) }
        try await createMailbox(of: id)
        try await addNewDevices(to: id, of: user)
        return id
    }

    /// Of several, the one with the smallest id, so that both sides choose alike.
    private func existingConversation(
        with user: UserAddress,
        _ transaction: borrowing VaultTransaction
    ) throws -> GroupID? {
        let own = try transaction.device().identity.address.userAddress
        let kind = GroupProfile.direct(own, user)
        let usable = try transaction.groupIDs()
            .filter { id in
                let record = try transaction.group(id)
                guard record.profile.kind == kind, record.stopped == nil,
                    try transaction.get(.lostMailbox(of: id)) == nil
                else { return false }
                // One that holds a device which has left the coalition is not written to again.
                return try isCovered(id, transaction)
            }
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        let unmade = try unmadeMailboxes(transaction)
        return try usable.first { try !unmade.contains(transaction.group($0).profile.mailbox.mailbox) } ?? usable.first
    }

    /// Adds the devices of both users that are not in the conversation, and sees to it that one of the other's is.
    private func addNewDevices(to id: GroupID, of user: UserAddress) async throws {
        let devices = try vault.read { try participants(with: user, $0) }
        let isReader = { (device: DeviceIdentity) in device.address.userAddress == user }
        let readers = devices.filter(isReader)
        var missing = try self.missing(devices, in: id)
        // There are no readers where this user has no other device, and writes to nobody else.
        func isReadable() throws -> Bool {
            let outside = try vault.read { try unwelcomed(in: id, $0) }.union(missing.map(\.hash))
            return readers.isEmpty || readers.contains { !outside.contains($0.hash) }
        }
        // Who has been added and has no Welcome cannot read; one whose inbox takes none keeps no other out.
        var welcoming = Steps(own: try vault.read { try $0.device().relay })
        try await deliverWelcomes(in: id, &welcoming)
        do {
            // What an earlier try has begun: its KeyPackages have been taken.
            let begun = try vault.read { try intents(in: id, $0) }
            for number in begun { try await fulfil(number) }
            if !begun.isEmpty { missing = try self.missing(devices, in: id) }
            if !missing.isEmpty {
                var additions = try await additions(of: missing.filter(isReader))
                // KeyPackages of this user's own devices are not spent where there is nobody to write to.
                if try !additions.isEmpty || isReadable() {
                    additions += try await self.additions(of: missing.filter { !isReader($0) })
                }
                try await add(additions, to: id)
                missing = try self.missing(devices, in: id)
            }
        } catch  where !isCancellation(error) && MemberError(error).isRefusal {
            // Those who are there can read what is written; who cannot be added now is added later.
            missing = try self.missing(devices, in: id)
            guard try isReadable() else { throw error }
        }
        // What is written to nobody must not look as if it had been sent.
        guard try !isReadable() else { return }
        try welcoming.finish()
        throw MemberError.noKeyPackages(user.description)
    }

    /// Those of these devices that are not in a group.
    private func missing(_ devices: [DeviceIdentity], in id: GroupID) throws -> [DeviceIdentity] {
        let members = try vault.read { Membership(tree: try tree(of: id, $0)) }
        return devices.filter { members.devices[$0.hash] == nil }
    }

    private func intents(in id: GroupID, _ transaction: borrowing VaultTransaction) throws -> [UInt64] {
        try transaction.records(in: .intents, as: CommitIntent.self).filter { $0.record.group == id }.map(\.number)
    }

    /// Adds devices with one Commit; one by one when the rules refuse one of them, so that it keeps no other out.
    private func add(_ additions: [CommitIntent.Addition], to id: GroupID) async throws {
        guard !additions.isEmpty else { return }
        let number = try vault.write { try keep(CommitIntent(group: id, additions: additions), $0) }
        if let error = try await fulfilOrDrop(number, in: id) {
            guard additions.count > 1 else { throw MemberError.impossible(error) }
            for addition in additions {
                let number = try vault.write { try keep(CommitIntent(group: id, additions: [addition]), $0) }
                _ = try await fulfilOrDrop(number, in: id)
            }
        }
        // Who has no Welcome cannot read what is written next.
        try await deliverWelcomes(to: Set(additions.map(\.welcome.inbox.mailbox)))
    }

    /// The other devices of this device's user, and all of the other user.
    private func participants(
        with user: UserAddress,
        _ transaction: borrowing VaultTransaction
    ) throws -> [DeviceIdentity] {
        let own = try transaction.device().identity
        let directory = try directory(transaction)
        let users = Set([own.address.userAddress, user])
        let devices = directory.devices.values.map(\.identity)
            .filter { users.contains($0.address.userAddress) && $0.hash != own.hash }
        guard user == own.address.userAddress || devices.contains(where: { $0.address.userAddress == user }) else {
            throw MemberError.notInDirectory(user.description)
        }
        return devices
    }

    private func beginConversation(
        with user: UserAddress,
        _ transaction: borrowing VaultTransaction
    ) throws -> GroupID {
        _ = try participants(with: user, transaction)
        let device = try transaction.device()
        guard let token = try transaction.organisation().accessToken else { throw MemberError.noToken }
        let address = MailboxAddress(relay: device.relay, mailbox: .random())
        let kind = GroupProfile.direct(device.identity.address.userAddress, user)
        let profile = try GroupProfile(kind: kind, coalition: device.coalition, mailbox: address)
        let charter = try signedCharter(transaction)
        let terms = GroupTerms(charter: charter, profile: profile)
        return try createGroup(terms, nil, token: token, id: try successor(of: kind, transaction), transaction)
    }

    /// An id that comes before those of earlier conversations between the same two, so that the other side, which may know
    /// nothing of their end, goes on in this one too; any id where there are none.
    private func successor(of kind: GroupProfile.Kind, _ transaction: borrowing VaultTransaction) throws -> GroupID {
        let earlier = try transaction.groupIDs().filter { try transaction.group($0).profile.kind == kind }
            .min { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        var id = GroupID.random()
        for _ in 0..<256 {
            guard let earlier, !id.bytes.lexicographicallyPrecedes(earlier.bytes) else { break }
            id = GroupID.random()
        }
        return id
    }

    /// Takes a KeyPackage of each device. Devices that have none left, or whose KeyPackage is not theirs, are left out:
    /// they are added when they have.
    func additions(of devices: [DeviceIdentity]) async throws -> [CommitIntent.Addition] {
        var additions: [CommitIntent.Addition] = []
        var steps = Steps(own: try vault.read { try $0.device().relay })
        for device in devices {
            guard let contact = try vault.read({ try self.contact(of: device, $0) }) else { continue }
            var keyPackage: [UInt8]?
            try await steps.attempt(at: contact.addresses.keyPackages.relay.string) {
                keyPackage = try await takeKeyPackage(of: contact)
            }
            guard let keyPackage else { continue }
            additions.append(
                CommitIntent.Addition(
                    device: device,
                    keyPackage: keyPackage,
                    welcome: WelcomeDestination(
                        inbox: contact.addresses.inbox,
                        capability: contact.inboxCapability,
                        inboxKey: contact.addresses.inboxKey
                    ),
                    getsSecrets: false
                )
            )
        }
        // Some are better than none.
        if additions.isEmpty { try steps.finish() }
        return additions
    }

    /// What this device's organisation may do at another device's mailboxes.
    private struct Contact {
        let device: DeviceIdentity
        let addresses: Addresses
        let inboxCapability: Capability
        let keyPackageCapability: Capability
    }

    /// Nil when what the device says of itself is of no use to reach it (Protocol/mls-profile.md, "Extensions").
    private func contact(of device: DeviceIdentity, _ transaction: borrowing VaultTransaction) throws -> Contact? {
        let own = try transaction.device()
        let directory = try directory(transaction)
        guard let addresses = directory.devices[device.hash]?.addresses else {
            throw MemberError.notInDirectory(device.address.description)
        }
        guard addresses.areUsable(with: try own.suite.inboxKEM) else { return nil }
        guard let raw = try transaction.getSecret(.organisationContactKey),
            let organisation = try charter(transaction).organisation(named: own.identity.address.organisation)
        else { throw MemberError.notAMember }
        let key = try ContactKey(raw: raw)
        return Contact(
            device: device,
            addresses: addresses,
            inboxCapability: try key.inboxCapability(
                with: addresses.contactKey,
                organisation: organisation.id,
                in: own.coalition,
                mailbox: addresses.inbox.mailbox
            ),
            keyPackageCapability: try key.keyPackageCapability(
                with: addresses.contactKey,
                organisation: organisation.id,
                in: own.coalition,
                mailbox: addresses.keyPackages.mailbox
            )
        )
    }

    /// Takes until there is one that is good and that nobody has used: a restored relay hands those out again that it had
    /// handed out since its backup. The one of last resort serves always.
    private func takeKeyPackage(of contact: Contact) async throws -> [UInt8]? {
        for _ in 0...Self.stock {
            guard let taken = try await take(contact) else { return nil }
            let isLastResort = taken.kind == .lastResort
            if let keyPackage = try open(taken, contact), try isLastResort || !mayHaveBeenUsed(keyPackage) {
                return MLSMessage.keyPackage(keyPackage).encoded
            }
            // It would be the same again.
            if isLastResort { return nil }
        }
        return nil
    }

    private func take(_ contact: Contact) async throws -> TakenEntry? {
        let mailbox = contact.addresses.keyPackages
        let request = TakeRequest(
            access: Access(mailbox: mailbox.mailbox, capability: contact.keyPackageCapability)
        )
        switch try await relay(of: mailbox).answer(to: request) {
        case .success(let response): return response.entry
        case .failure(let problem):
            // The device has not opened its mailbox to this organisation yet, or not again.
            guard [.notPermitted, .quotaExhausted].contains(problem.name) else { throw RelayError.problem(problem) }
            return nil
        }
    }

    /// The KeyPackage in a taken entry; nil when it is not one of the device's.
    private func open(_ taken: TakenEntry, _ contact: Contact) throws -> KeyPackage? {
        let mailbox = contact.addresses.keyPackages.mailbox
        let secret = Secret(copying: contact.addresses.keyPackageSecret)
        do {
            let message = try EnvelopeKey(keyPackageSecret: secret, mailbox: mailbox)
                .open(
                    SealedBody(taken.body),
                    in: EnvelopeContext(mailbox: mailbox, epoch: 0, entryID: taken.entryID, kind: taken.kind)
                )
            guard case .keyPackage(let keyPackage) = try MLSMessage(decoding: message.bytes),
                keyPackage.leafNode.device?.hash == contact.device.hash
            else { return nil }
            try keyPackage.validate(at: now.seconds)
            return keyPackage
        } catch {
            try vault.write { transaction in
                try transaction.note(FindingRecord(.badKeyPackage, at: now, who: contact.device.address))
            }
            return nil
        }
    }
}
