internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// KeyPackages by which others put this device into groups: made here, handed to the relay sealed, taken once each.
extension Engine {
    /// How many lie at the relay, besides one of last resort.
    static var stock: Int { 20 }
    private static var lifetime: Time.Duration { .days(90) }
    /// Not longer than they may be used: to the end of a day. A relay may allow less, and expiry is noticed as taking is.
    private static var retentionDays: Int { 89 }

    /// Makes what is missing and hands it to the relay.
    func publishKeyPackages() async throws {
        let isDue = try vault.read { transaction in
            isDayOver(since: Time(seconds: try transaction.record(.upkeep, as: Number.self)?.value ?? 0))
        }
        if isDue {
            try await noteTakenKeyPackages()
            try vault.write { transaction in
                try makeKeyPackages(transaction)
                try transaction.setRecord(.upkeep, to: Number(now.seconds))
            }
        }
        let waiting = try vault.read { transaction in
            try transaction.records(in: .keyPackages, as: KeyPackageRecord.self).filter { $0.record.publication != nil }
        }
        guard !waiting.isEmpty else { return }
        try await observer.willTake(.publishKeyPackages)
        let relay = await relay(at: try vault.read { try $0.device().relay })
        let retention = UInt16(
            clamping: min(Self.retentionDays, try await relay.relayInformation().retentionDays.maximum)
        )
        // Side by side: through Tor, one after the other takes a minute.
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (_, record) in waiting {
                guard let publication = record.publication else { continue }
                tasks.addTask { _ = try await relay.append(publication.kept(days: retention)) }
            }
            try await tasks.waitForAll()
        }
        try vault.write { transaction in
            for (number, record) in waiting {
                var record = record
                record.publication = nil
                try transaction.replace(number, in: .keyPackages, with: record.encoded)
            }
        }
    }

    /// Learns which have been taken. Their private halves stay: a Welcome may come.
    private func noteTakenKeyPackages() async throws {
        let device = try vault.read { try $0.device() }
        let relay = await relay(at: device.relay)
        while true {
            let mailbox = try vault.read { try $0.device().keyPackages }
            // The order of one's own KeyPackages is of no interest: neither incarnation nor hashes are looked at.
            let response = try await relay.read(
                ReadRequest(access: mailbox.access, incarnation: .unknown, after: mailbox.cursor.last.sequence)
            )
            let gone = response.entries.filter { $0.body == nil }
            guard !gone.isEmpty else { return }
            let leading = response.entries.prefix { $0.body == nil }
            try vault.write { transaction in
                let ids = Set(gone.map(\.entryID))
                try markTaken(transaction) { ids.contains($0.entryID) }
                guard let last = leading.last else { return }
                var device = try transaction.device()
                device.keyPackages.cursor.last = Position(sequence: last.sequence, runningHash: last.runningHash)
                try transaction.setRecord(.device, to: device)
            }
            // More may follow only where all of this answer had gone.
            guard leading.count == response.entries.count, response.head > (leading.last?.sequence ?? 0) else { return }
        }
    }

    /// Notes that KeyPackages are not to be had any more; their private halves stay.
    func markTaken(_ transaction: borrowing VaultTransaction, where isGone: (KeyPackageRecord) -> Bool) throws {
        for (number, record) in try transaction.records(in: .keyPackages, as: KeyPackageRecord.self)
        where !record.isTaken && isGone(record) {
            var record = record
            record.isTaken = true
            try transaction.replace(number, in: .keyPackages, with: record.encoded)
        }
    }

    /// Asks for new ones with the next upkeep: one has been used.
    func demandKeyPackages(_ transaction: borrowing VaultTransaction) throws {
        try transaction.delete(.upkeep)
    }

    /// Makes KeyPackages until there are enough. The private half of one that the relay still has stays even when its time is over:
    /// it may be this device's clock that is ahead, and others go on using it. What a clock that was ahead has made counts for
    /// nothing.
    func makeKeyPackages(_ transaction: borrowing VaultTransaction) throws {
        let time = now
        // A clock that is put right by a little has made nothing wrong.
        let latest = time.advanced(by: Self.lifetime).advanced(by: .days(1))
        var records: [KeyPackageRecord] = []
        for (number, record) in try transaction.records(in: .keyPackages, as: KeyPackageRecord.self) {
            if record.notAfter < time, record.isTaken || record.publication != nil {
                try transaction.delete(.keyPackage(record.reference))
                try transaction.delete(number, in: .keyPackages)
            } else if record.notAfter >= time, record.notAfter <= latest {
                records.append(record)
            }
        }
        let missing = Self.stock - records.count(where: { !$0.isLastResort && !$0.isTaken })
        for _ in 0..<max(0, missing) { try makeKeyPackage(isLastResort: false, at: time, transaction) }
        let fresh = time.advanced(by: .days(30))
        if !records.contains(where: { $0.isLastResort && !$0.isTaken && $0.notAfter > fresh }) {
            try makeKeyPackage(isLastResort: true, at: time, transaction)
        }
    }

    private func makeKeyPackage(isLastResort: Bool, at time: Time, _ transaction: borrowing VaultTransaction) throws {
        let device = try transaction.device()
        let bundle = try keyPackage(
            for: device,
            lifetime: Lifetime(from: time, lasting: Self.lifetime),
            leafExtensions: [],
            transaction
        )
        let entryID = EntryID.random()
        let kind: EntryKind = isLastResort ? .lastResort : .application
        guard let secret = try transaction.getSecret(.keyPackageSecret) else {
            throw VaultError.damaged("no KeyPackage secret")
        }
        let body = try EnvelopeKey(keyPackageSecret: secret, mailbox: device.keyPackages.mailbox)
            .seal(
                MLSMessage.keyPackage(bundle.keyPackage).encoded,
                in: EnvelopeContext(mailbox: device.keyPackages.mailbox, epoch: 0, entryID: entryID, kind: kind)
            )
        guard let reference = bundle.reference?.bytes else {
            throw VaultError.damaged("a KeyPackage without reference")
        }
        let record = KeyPackageRecord(
            reference: reference,
            isLastResort: isLastResort,
            notAfter: time.advanced(by: Self.lifetime),
            publication: AppendRequest(
                access: device.keyPackages.access,
                epoch: 0,
                entryID: entryID,
                kind: kind,
                body: body.bytes
            )
        )
        _ = try transaction.append(record.encoded, to: .keyPackages)
        try transaction.setSecret(.keyPackage(reference), to: bundle.serialized())
    }

    /// A KeyPackage of this device with the profile's capabilities.
    func keyPackage(
        for device: DeviceRecord,
        lifetime: Lifetime,
        leafExtensions: Extensions,
        _ transaction: borrowing VaultTransaction
    ) throws -> KeyPackageBundle {
        try KeyPackageBundle(
            device.suite,
            credential: .basic(identity: device.identity.address.identity),
            signatureKey: try signatureKey(transaction),
            capabilities: .profile(device.suite),
            lifetime: lifetime,
            leafExtensions: leafExtensions
        )
    }
}

extension AppendRequest {
    fileprivate func kept(days: UInt16) -> AppendRequest {
        AppendRequest(access: access, epoch: epoch, entryID: entryID, kind: kind, retentionDays: days, body: body)
    }
}

extension Lifetime {
    init(from time: Time, lasting duration: Time.Duration) {
        let period = Period(from: time, lasting: duration)
        self.init(notBefore: period.notBefore.seconds, notAfter: period.notAfter.seconds)
    }

    /// When it was made, by its maker's clock.
    var start: Time { Time(seconds: notBefore).advanced(by: Period.lead) }
}
