internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium

/// Who may write to this device's inbox and take its KeyPackages: the organisations of the charter, by capabilities that
/// both sides derive (Protocol/envelope.md, "Capabilities of organisations").
extension Engine {
    /// Grants both to every organisation of the charter, unless that has been done for this charter and contact key.
    func renewGrants() async throws {
        guard let wanted = try vault.read({ try grantsWanted($0) }) else { return }
        let relay = await relay(at: wanted.device.relay)
        _ = try await relay.grant(GrantRequest(access: wanted.device.inbox.access, set: wanted.inbox, remove: []))
        _ = try await relay.grant(
            GrantRequest(access: wanted.device.keyPackages.access, set: wanted.keyPackages, remove: [])
        )
        try vault.write { transaction in
            var device = try transaction.device()
            device.grantedCharter = wanted.charter
            try transaction.setRecord(.device, to: device)
        }
    }

    private struct WantedGrants {
        let device: DeviceRecord
        let charter: [UInt8]
        var inbox: [Grant] = []
        var keyPackages: [Grant] = []
    }

    private func grantsWanted(_ transaction: borrowing VaultTransaction) throws -> WantedGrants? {
        let device = try transaction.device()
        guard let coalition = device.coalitionGroup, try transaction.group(coalition).stopped == nil else { return nil }
        let charter = try charter(transaction)
        let hash = charter.hash.bytes
        guard device.grantedCharter != hash, let raw = try transaction.getSecret(.contactKey) else { return nil }
        let key = try ContactKey(raw: raw)
        var wanted = WantedGrants(device: device, charter: hash)
        for organisation in charter.organisations {
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
            wanted.inbox.append(Grant(capabilityHash: inbox.hash, rights: .append, uses: ContactKey.inboxUses))
            wanted.keyPackages.append(
                Grant(capabilityHash: keyPackages.hash, rights: .take, uses: ContactKey.keyPackageUses)
            )
        }
        return wanted
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
