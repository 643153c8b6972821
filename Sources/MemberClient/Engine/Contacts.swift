internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium

/// Who may write to this device's inbox and take its KeyPackages: the organisations of the charter, by capabilities that
/// both sides derive (Protocol/envelope.md, "Capabilities of organisations").
extension Engine {
    /// Grants both to every organisation of the charter and withdraws what was granted before: when the charter or the
    /// contact key has changed, and once a day, which renews the uses.
    func renewGrants() async throws {
        guard try vault.read({ try areGrantsDue($0) }) else { return }
        try await observer.willTake(.renewGrants)
        let change = try vault.write { try noteGranting($0) }
        let relay = await relay(at: change.device.relay)
        for (mailbox, grants) in [
            (change.device.inbox, change.inbox), (change.device.keyPackages, change.keyPackages),
        ] {
            _ = try await relay.grant(GrantRequest(access: mailbox.access, set: grants.set, remove: grants.remove))
        }
        try await observer.willTake(.noteGrants)
        try vault.write { try noteGranted(change, $0) }
    }

    private func areGrantsDue(_ transaction: borrowing VaultTransaction) throws -> Bool {
        let device = try transaction.device()
        guard let coalition = device.coalitionGroup, try transaction.group(coalition).stopped == nil else {
            return false
        }
        guard device.grantedCharter == (try charter(transaction).hash.bytes) else { return true }
        return isDayOver(since: try transaction.grants().renewed)
    }

    /// What is asked of the relay.
    private struct GrantChange {
        let device: DeviceRecord
        let charter: [UInt8]
        var inbox = Change()
        var keyPackages = Change()

        struct Change {
            var set: [Grant] = []
            var remove: [CapabilityHash] = []

            /// Withdraws what is no longer wanted, as much of it as a request may name: the rest goes the next time.
            mutating func withdraw(from granted: Set<CapabilityHash>) {
                let unwanted = granted.subtracting(set.map(\.capabilityHash))
                remove = Array(unwanted.prefix(Grant.maximumCount))
            }
        }
    }

    /// Remembers what is about to be granted, before the relay is asked: whether it has been asked or not, nothing is granted
    /// that could not be withdrawn.
    private func noteGranting(_ transaction: borrowing VaultTransaction) throws -> GrantChange {
        var change = try wantedGrants(transaction)
        var granted = try transaction.grants()
        change.inbox.withdraw(from: granted.inbox)
        change.keyPackages.withdraw(from: granted.keyPackages)
        granted.inbox.formUnion(change.inbox.set.map(\.capabilityHash))
        granted.keyPackages.formUnion(change.keyPackages.set.map(\.capabilityHash))
        try transaction.setRecord(.grants, to: granted)
        return change
    }

    /// Forgets what the relay has withdrawn. When something else is wanted by now, because another process has read on, it
    /// is all done once more.
    private func noteGranted(_ change: GrantChange, _ transaction: borrowing VaultTransaction) throws {
        var granted = try transaction.grants()
        granted.inbox.formUnion(change.inbox.set.map(\.capabilityHash))
        granted.keyPackages.formUnion(change.keyPackages.set.map(\.capabilityHash))
        granted.inbox.subtract(change.inbox.remove)
        granted.keyPackages.subtract(change.keyPackages.remove)
        granted.renewed = now
        try transaction.setRecord(.grants, to: granted)
        let wanted = try wantedGrants(transaction)
        var device = try transaction.device()
        device.grantedCharter = wanted.inbox.set == change.inbox.set ? change.charter : []
        try transaction.setRecord(.device, to: device)
    }

    private func wantedGrants(_ transaction: borrowing VaultTransaction) throws -> GrantChange {
        guard let raw = try transaction.getSecret(.contactKey) else { throw VaultError.damaged("no contact key") }
        let key = try ContactKey(raw: raw)
        let device = try transaction.device()
        let charter = try charter(transaction)
        var change = GrantChange(device: device, charter: charter.hash.bytes)
        // One whose contact key is of low order can be granted nothing, which is its own affair.
        for organisation in charter.organisations where organisation.contactKey.isUsable {
            let inbox = try key.inboxCapability(
                with: organisation.contactKey,
                organisation: organisation.id,
                in: device.coalition,
                mailbox: device.inbox.mailbox
            )
            let keyPackages = try key.keyPackageCapability(
                with: organisation.contactKey,
                organisation: organisation.id,
                in: device.coalition,
                mailbox: device.keyPackages.mailbox
            )
            change.inbox.set.append(Grant(capabilityHash: inbox.hash, rights: .append, uses: ContactKey.inboxUses))
            change.keyPackages.set.append(
                Grant(capabilityHash: keyPackages.hash, rights: .take, uses: ContactKey.keyPackageUses)
            )
        }
        return change
    }

    /// What this device's leaf in the coalition group says of where it is reached.
    func addresses(
        of device: DeviceRecord,
        contactKey: ContactPublicKey,
        _ transaction: borrowing VaultTransaction
    ) throws -> Addresses {
        guard let secret = try transaction.getSecret(.keyPackageSecret) else {
            throw VaultError.damaged("no KeyPackage secret")
        }
        return try Addresses(
            inbox: MailboxAddress(relay: device.relay, mailbox: device.inbox.mailbox),
            inboxKey: device.inboxKey,
            contactKey: contactKey,
            keyPackages: MailboxAddress(relay: device.relay, mailbox: device.keyPackages.mailbox),
            keyPackageSecret: secret.exposed()
        )
    }
}
