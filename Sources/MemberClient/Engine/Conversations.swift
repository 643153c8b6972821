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
        let id = try vault.write { try existingConversation(with: user, $0) ?? beginConversation(with: user, $0) }
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
        return try transaction.groupIDs()
            .filter { id in
                let record = try transaction.group(id)
                guard record.profile.kind == kind, record.stopped == nil else { return false }
                // One that holds a device which has left the coalition is not written to again.
                return try isCovered(id, transaction)
            }
            .min { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    private func addNewDevices(to id: GroupID, of user: UserAddress) async throws {
        let (devices, members) = try vault.read { transaction in
            (try participants(with: user, transaction), Membership(tree: try tree(of: id, transaction)))
        }
        let missing = devices.filter { members.devices[$0.hash] == nil }
        let additions = try await additions(of: missing)
        let added = Set(additions.map(\.device.hash))
        // What is written to nobody must not look as if it had been sent.
        let readers = devices.filter { $0.address.userAddress == user }
        guard readers.isEmpty || readers.contains(where: { members.devices[$0.hash] != nil || added.contains($0.hash) })
        else { throw MemberError.noKeyPackages(user.description) }
        guard !additions.isEmpty else { return }
        let number = try vault.write { try keep(CommitIntent(group: id, additions: additions), $0) }
        try await fulfil(number)
        try await deliverWelcomes()
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
        return try createGroup(GroupTerms(charter: charter, profile: profile), nil, token: token, transaction)
    }

    /// Takes a KeyPackage of each device. Devices that have none left, or whose KeyPackage is not theirs, are left out:
    /// they are added when they have.
    func additions(of devices: [DeviceIdentity]) async throws -> [CommitIntent.Addition] {
        var additions: [CommitIntent.Addition] = []
        for device in devices {
            let contact = try vault.read { try self.contact(of: device, $0) }
            guard let taken = try await take(contact), let keyPackage = try open(taken, contact) else { continue }
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
        return additions
    }

    /// What this device's organisation may do at another device's mailboxes.
    private struct Contact {
        let device: DeviceIdentity
        let addresses: Addresses
        let inboxCapability: Capability
        let keyPackageCapability: Capability
    }

    private func contact(of device: DeviceIdentity, _ transaction: borrowing VaultTransaction) throws -> Contact {
        let own = try transaction.device()
        let directory = try directory(transaction)
        guard let addresses = directory.devices[device.hash]?.addresses else {
            throw MemberError.notInDirectory(device.address.description)
        }
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
    private func open(_ taken: TakenEntry, _ contact: Contact) throws -> [UInt8]? {
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
            return message.bytes
        } catch {
            try vault.write { transaction in
                try transaction.note(FindingRecord(.badKeyPackage, at: now, who: contact.device.address))
            }
            return nil
        }
    }
}
