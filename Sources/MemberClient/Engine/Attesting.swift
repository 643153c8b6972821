internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium

/// Attestations (Protocol/identity.md): an admin's device gives them to colleagues who enter, and renews those of its
/// organisation before they end, so that everybody can still be added to groups.
extension Engine {
    static var attestationDuration: Time.Duration { .days(365) }
    /// One that ends so soon is renewed, …
    private static var renewalTime: Time.Duration { .days(60) }
    /// … and with it all that end so soon, so that an organisation makes few Commits for it.
    private static var renewalSeason: Time.Duration { .days(120) }
    /// By how much a new one must end later: where the admin's certificate ends, renewing gains nothing.
    private static var leastGain: Time.Duration { .days(30) }
    /// Of one Commit. What is left goes with the next.
    private static var mostRenewals: Int { 256 }

    /// The attestation that goes beside a leaf without one of its own.
    func attestation(
        for device: DeviceIdentity,
        _ keyPackage: KeyPackage,
        at time: Time,
        _ transaction: borrowing VaultTransaction
    ) throws -> PresentedAttestation? {
        guard keyPackage.leafNode.extensions[.attestation] == nil else { return nil }
        if let known = try knownAttestation(of: device.hash, transaction) {
            return PresentedAttestation(deviceHash: device.hash, attestation: known)
        }
        return try withAdminKey(transaction) { key, certificate in
            try attest(device, at: time, key, certificate, transaction)
        }
    }

    /// The attestation of a device that the coalition has admitted already: of those in and beside its leaf, the one that
    /// ends last.
    func knownAttestation(
        of device: DeviceHash,
        _ transaction: borrowing VaultTransaction
    ) throws -> Attestation? {
        let coalition = try coalitionGroup(transaction)
        return try attestation(beside: device, in: coalition, transaction)
            ?? directory(transaction).devices[device]?.attestation
    }

    /// What this device's next path carries: an attestation that has been renewed, while it holds (C6); else the one that its
    /// leaf has.
    func pathAttestation(
        of leaf: DeviceLeaf,
        at time: Time,
        in group: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> Attestation? {
        let beside = try attestation(beside: leaf.hash, in: group, transaction)
        if let beside, beside.end >= time { return beside }
        if let own = leaf.attestation, own.end >= time { return own }
        // It may have been renewed in the coalition's own group alone.
        if let known = try knownAttestation(of: leaf.hash, transaction), known.end >= time { return known }
        return leaf.attestation ?? beside
    }

    private func attestation(
        beside device: DeviceHash,
        in group: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> Attestation? {
        try transaction.presentedAttestations(of: group).first { $0.deviceHash == device }?.attestation
    }

    // MARK: Renewal

    /// Once a day, sees whether attestations of this device's organisation end, and commits new ones if its user is an admin.
    func renewAttestations() async throws {
        let isDue = try vault.read { transaction in
            guard try transaction.organisation().adminCertificate != nil else { return false }
            return isDayOver(
                since: Time(seconds: try transaction.record(.attestationUpkeep, as: Number.self)?.value ?? 0)
            )
        }
        guard isDue else { return }
        // One that a rule is against, as while this device is suspended, is tried again the next day.
        _ = try await commit { transaction in
            guard try !endingAttestations(within: Self.renewalTime, of: now, transaction).isEmpty else { return nil }
            return PlannedCommit(group: try coalitionGroup(transaction), intent: nil)
        }
        try vault.write { try $0.setRecord(.attestationUpkeep, to: Number(now.seconds)) }
    }

    /// What a Commit of this device's in the coalition's own group renews besides what it is made for.
    func renewedAttestations(
        at time: Time,
        _ transaction: borrowing VaultTransaction
    ) throws -> [PresentedAttestation] {
        let ending = try endingAttestations(within: Self.renewalSeason, of: time, transaction)
        guard !ending.isEmpty else { return [] }
        return try withAdminKey(transaction) { key, certificate in
            try ending.prefix(Self.mostRenewals).map { try attest($0, at: time, key, certificate, transaction) }
        }
    }

    /// The devices of this organisation whose attestations end soon, or have ended, and which this device can attest for
    /// longer.
    private func endingAttestations(
        within duration: Time.Duration,
        of time: Time,
        _ transaction: borrowing VaultTransaction
    ) throws -> [DeviceIdentity] {
        guard let certificate = try transaction.organisation().adminCertificate,
            certificate.contents.period.contains(time)
        else { return [] }
        let organisation = try transaction.device().identity.address.organisation
        let newEnd = min(time.advanced(by: Self.attestationDuration), certificate.contents.period.notAfter)
        let beside = Dictionary(
            try transaction.presentedAttestations(of: try coalitionGroup(transaction))
                .map { ($0.deviceHash, $0.attestation) }
        ) { first, _ in first }
        return try directory(transaction).devices
            .filter { hash, leaf in
                guard leaf.identity.address.organisation == organisation else { return false }
                let end = (beside[hash] ?? leaf.attestation)?.end ?? Time(seconds: 0)
                return end < time.advanced(by: duration) && end.advanced(by: Self.leastGain) < newEnd
            }
            .map(\.value.identity)
    }

    private func attest(
        _ device: DeviceIdentity,
        at time: Time,
        _ key: borrowing AdminKey,
        _ certificate: AdminCertificate,
        _ transaction: borrowing VaultTransaction
    ) throws -> PresentedAttestation {
        let attestation = key.attest(
            device,
            in: try transaction.device().coalition,
            for: Period(from: time, lasting: Self.attestationDuration),
            certificate: certificate
        )
        return PresentedAttestation(deviceHash: device.hash, attestation: attestation)
    }
}
