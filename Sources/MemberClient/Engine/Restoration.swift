internal import Coalition
internal import MLS
internal import RelayAPI

/// What is to be done when the device's own relay has been restored from a backup: it knows neither which KeyPackages it
/// has handed out since, nor mailboxes that are younger (Protocol/detection.md, "After a restoration").
extension Engine {
    /// Notes that the device's relay has another incarnation than it had.
    func noteRestoration(_ incarnation: Incarnation, _ transaction: borrowing VaultTransaction) throws {
        let known = try transaction.record(.restoration, as: RestorationRecord.self)
        guard known?.incarnation != incarnation else { return }
        try transaction.setRecord(.restoration, to: RestorationRecord(incarnation: incarnation, noticed: now))
    }

    /// The same of an answer that the device's relay has given, where the one before is known.
    func compare(_ incarnation: Incarnation, _ transaction: borrowing VaultTransaction) throws {
        let known = try transaction.device().inbox.cursor.incarnation
        if known != .unknown, known != incarnation { try noteRestoration(incarnation, transaction) }
    }

    /// Notes that the device's relay has gone back without saying so.
    func noteRestorationInSilence(_ transaction: borrowing VaultTransaction) throws {
        let known = try transaction.record(.restoration, as: RestorationRecord.self)
        try transaction.setRecord(
            .restoration,
            to: RestorationRecord(incarnation: known?.incarnation ?? .unknown, noticed: now)
        )
    }

    /// Replaces this device's KeyPackages after a restoration: one that is handed out for the second time is of no use, and
    /// who used it would not learn that.
    func replaceKeyPackages() async throws {
        let (restoration, device) = try vault.read { transaction in
            (try transaction.record(.restoration, as: RestorationRecord.self), try transaction.device())
        }
        guard let restoration, !restoration.areKeyPackagesReplaced else { return }
        try await observer.willTake(.replaceKeyPackages)
        _ = try await relay(at: device.relay)
            .delete(DeleteRequest(access: device.keyPackages.access, upTo: .max))
        try vault.write { transaction in
            // The private halves stay: a Welcome may be on its way.
            try markTaken(transaction) { $0.publication == nil }
            var device = try transaction.device()
            device.keyPackages.cursor = Cursor(mailbox: device.keyPackages.mailbox, incarnation: .unknown)
            try transaction.setRecord(.device, to: device)
            var restoration = restoration
            restoration.areKeyPackagesReplaced = true
            try transaction.setRecord(.restoration, to: restoration)
            try demandKeyPackages(transaction)
        }
    }

    /// Whether a KeyPackage may have been handed out before the relay was restored, and then again.
    func mayHaveBeenUsed(_ keyPackage: KeyPackage) throws -> Bool {
        guard case .keyPackage(let lifetime) = keyPackage.leafNode.source,
            let restoration = try vault.read({ try $0.record(.restoration, as: RestorationRecord.self) })
        else { return false }
        return lifetime.start <= restoration.noticed
    }

    /// Has the relay make this device's own mailboxes once more, because it knows them no longer: under the same ids, where
    /// everybody looks for them. What lay there is lost.
    func orderOwnMailboxes(_ transaction: borrowing VaultTransaction) throws {
        var device = try transaction.device()
        guard device.coalitionGroup != nil, let token = try transaction.organisation().accessToken,
            try !unmadeMailboxes(transaction).contains(device.inbox.mailbox)
        else { return }
        try orderMailboxes(of: device, token: token, welcome: nil, transaction)
        device.inbox.cursor = Cursor(mailbox: device.inbox.mailbox, incarnation: .unknown)
        device.grantedCharter = []
        try transaction.setRecord(.device, to: device)
        try noteRestorationInSilence(transaction)
    }
}
