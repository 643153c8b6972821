internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// The way of a Commit into a group's log: an intent that outlives lost races, a staged epoch, an advance. It is merged
/// when the log shows that it has won (AdvanceEntries.swift), and never before.
extension Engine {
    /// Keeps an intent until a Commit that fulfils it has won.
    func keep(_ intent: CommitIntent, _ transaction: borrowing VaultTransaction) throws -> UInt64 {
        try transaction.append(intent.encoded, to: .intents)
    }

    /// Makes the Commits that are still to be made.
    func fulfilIntents() async throws {
        for (number, _) in try vault.read({ try $0.records(in: .intents, as: CommitIntent.self) }) {
            try await fulfil(number)
        }
    }

    /// Commits until the intent is fulfilled.
    func fulfil(_ number: UInt64) async throws {
        try await commit { transaction in
            guard let intent = try transaction.record(number, in: .intents, as: CommitIntent.self) else { return nil }
            return PlannedCommit(group: intent.group, intent: (number, intent))
        }
    }

    /// Opens a new epoch over advances that nobody can accept: a Commit with nothing but a path, which has seen them all.
    func openEpoch(of id: GroupID) async throws {
        let epoch = try vault.read { try $0.group(id).cursor.epoch }
        try await commit { transaction in
            guard try transaction.group(id).cursor.epoch == epoch else { return nil }
            return PlannedCommit(group: id, intent: nil)
        }
    }

    private struct PlannedCommit {
        let group: GroupID
        let intent: (number: UInt64, intent: CommitIntent)?
    }

    /// - Parameter plan: what is still to be done; asked before every try, nil when nothing is left.
    private func commit(_ plan: (borrowing VaultTransaction) throws -> PlannedCommit?) async throws {
        for attempt in 0..<Self.attempts {
            // Of members that race, each waits a little longer and at random, so that one gets through.
            if attempt > 0 {
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...(20 << min(attempt, 6)))))
            }
            guard let planned = try vault.read({ try plan($0) }) else { return }
            try await createMailboxes()
            try await observer.willTake(.stageCommit)
            guard let request = try stage(planned) else { return }
            try await observer.willTake(.advance)
            let relay = try await relay(of: try vault.read { try $0.group(planned.group).profile.mailbox })
            if case .failure(let problem) = try await relay.answer(to: request), !problem.name.meansLostRace {
                throw RelayError.problem(problem)
            }
            try await syncGroup(planned.group)
            if let stopped = try vault.read({ try $0.group(planned.group).stopped }) {
                throw MemberError.stopped(stopped)
            }
        }
        throw MemberError(
            .temporary,
            "other members changed the group faster than this device could",
            lost: "nothing was lost: it will be done by a later command",
            advice: "try again"
        )
    }

    /// Stages a Commit, unless one is pending already, and puts the next epoch on disk.
    /// - Returns: what is to be sent; nil when there is nothing left to do.
    private func stage(_ planned: PlannedCommit) throws -> AdvanceRequest? {
        try vault.write { transaction in
            let id = planned.group
            if let stopped = try transaction.group(id).stopped { throw MemberError.stopped(stopped) }
            let seen = try transaction.skippedAdvances(of: id).map(\.entryID)
            if let pending = try transaction.record(.pendingCommit(of: id), as: PendingCommitRecord.self) {
                return pending.request.seeing(seen)
            }
            let group = try LoadedGroup(id, in: transaction)
            guard let prepared = try prepare(planned.intent?.intent, in: group, transaction) else {
                if let number = planned.intent?.number { try transaction.delete(number, in: .intents) }
                return nil
            }
            let request = try stage(prepared, intent: planned.intent?.number, in: group, seen, transaction)
            try group.saveSent(in: transaction)
            return request
        }
    }

    /// A Commit's contents, for one epoch.
    struct PreparedCommit {
        let at: Time
        var proposals: [Proposal] = []
        var statements: [Statement] = []
        var attestations: [PresentedAttestation] = []
    }

    /// - Returns: nil when everything that an intent wants is so already.
    private func prepare(
        _ intent: CommitIntent?,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws -> PreparedCommit? {
        let removed = Set((intent?.removals ?? []).compactMap { group.leaf(of: $0) })
        let time = try SendPolicy.commitTime(clock: now, tree: group.mls.tree, removing: removed)
        var prepared = PreparedCommit(at: time)
        guard let intent else { return prepared }
        let members = Membership(tree: group.mls.tree)
        for addition in intent.additions where members.devices[addition.device.hash] == nil {
            guard case .keyPackage(let keyPackage) = try MLSMessage(decoding: addition.keyPackage) else { continue }
            prepared.proposals.append(.add(keyPackage))
            if let attestation = try attestation(for: addition.device, keyPackage, at: time, in: group, transaction) {
                prepared.attestations.append(attestation)
            }
        }
        for device in intent.removals where members.devices[device.hash] != nil {
            guard let leaf = group.leaf(of: device) else { continue }
            prepared.proposals.append(.remove(leaf))
            prepared.statements.append(try removalStatement(of: device, at: time, in: group, transaction))
        }
        if let organisation = intent.organisation {
            let charter = try GroupTerms(reading: group.mls.context).charter.charter
            if charter.organisation(named: organisation.id) == nil {
                prepared.proposals.append(
                    try admission(of: organisation, to: charter, at: time, in: group, transaction)
                )
            }
        }
        return prepared.proposals.isEmpty ? nil : prepared
    }

    private func stage(
        _ prepared: PreparedCommit,
        intent: UInt64?,
        in group: LoadedGroup,
        _ seen: [EntryID],
        _ transaction: borrowing VaultTransaction
    ) throws -> AdvanceRequest {
        let id = group.id
        let context = try messageContext(
            in: group.record,
            at: prepared.at,
            statements: prepared.statements,
            attestations: prepared.attestations,
            transaction
        )
        let (extensions, renewsContactKey) = try pathExtensions(at: context.at, in: group, transaction)
        var options = CommitOptions()
        options.authenticatedData = context.encoded
        options.leafChanges.extensions = extensions
        let pending = try group.mls.commit(
            prepared.proposals,
            signatureKey: try signatureKey(transaction),
            options: options
        )
        let mailbox = group.record.profile.mailbox.mailbox
        let next = try nextKeys(of: pending.staged, in: group).derivedGrant
        let entryID = EntryID.random()
        let place = EnvelopeContext(
            mailbox: mailbox,
            epoch: group.record.cursor.epoch,
            entryID: entryID,
            kind: .advance,
            next: [next]
        )
        let body = try group.epochKeys().envelopeKey.seal(pending.message.encoded, in: place)
        let request = AdvanceRequest(
            access: group.record.access,
            epoch: group.record.cursor.epoch,
            entryID: entryID,
            next: [next],
            advancesSeen: seen,
            body: body.bytes
        )
        let record = PendingCommitRecord(
            request: request,
            intent: intent,
            welcome: pending.welcome.map { MLSMessage.welcome($0).encoded } ?? [],
            context: context,
            renewsContactKey: renewsContactKey
        )
        try transaction.setRecord(.pendingCommit(of: id), to: record)
        try transaction.setSecret(.stagedEpoch(of: id), to: pending.staged.serialized())
        return request
    }

    /// The extensions of this device's leaf as its next path brings them.
    private func pathExtensions(
        at time: Time,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws -> (Extensions, renewsContactKey: Bool) {
        let device = try transaction.device()
        guard let node = group.mls.tree[group.mls.ownLeaf] else {
            throw VaultError.damaged("a group without this device")
        }
        let leaf = try DeviceLeaf(reading: node)
        let beside = try transaction.presentedAttestations(of: group.id)
            .first { $0.deviceHash == device.identity.hash }?
            .attestation
        var addresses = leaf.addresses
        let renewsContactKey = group.record.profile.kind == .coalition && device.contactKeyIsStale
        if renewsContactKey {
            let key = ContactKey()
            try transaction.setSecret(.nextContactKey, to: key.raw)
            addresses = try self.addresses(of: device, contactKey: key.publicKey, transaction)
        }
        let extensions = DeviceLeaf.extensions(
            attestation: leaf.attestation ?? beside,
            addresses: addresses,
            commitTime: time
        )
        return (extensions, renewsContactKey)
    }
}

extension AdvanceRequest {
    /// The same, having seen these advances.
    fileprivate func seeing(_ seen: [EntryID]) -> AdvanceRequest {
        AdvanceRequest(
            access: access,
            epoch: epoch,
            entryID: entryID,
            retentionDays: retentionDays,
            next: next,
            advancesSeen: seen,
            body: body
        )
    }
}

extension Problem.Name {
    /// Whether it says that somebody else's advance came first: the log tells more.
    fileprivate var meansLostRace: Bool {
        switch self {
        case .unseenAdvance, .epochEnded, .epochMismatch, .notPermitted: true
        default: false
        }
    }
}
