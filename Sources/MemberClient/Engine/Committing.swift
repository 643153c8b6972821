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
    func fulfilIntents(_ steps: inout Steps) async throws {
        for (number, intent) in try vault.read({ try $0.records(in: .intents, as: CommitIntent.self) }) {
            // What cannot be done in a group that has been given up, or whose mailbox is not there, has to wait.
            guard let relay = try vault.read({ try relayForCommits(in: intent.group, $0) }) else { continue }
            try await steps.attempt(at: relay) { _ = try await fulfilOrDrop(number, in: intent.group) }
        }
    }

    /// - Returns: the address of the relay; nil when a Commit would not get into the group's log.
    func relayForCommits(in id: GroupID, _ transaction: borrowing VaultTransaction) throws -> String? {
        let record = try transaction.group(id)
        let mailbox = record.profile.mailbox
        guard record.stopped == nil, try transaction.get(.lostMailbox(of: id)) == nil,
            try !unmadeMailboxes(transaction).contains(mailbox.mailbox)
        else { return nil }
        return mailbox.relay.string
    }

    /// - Returns: why no Commit can fulfil it, if none can: then it has been given up.
    func fulfilOrDrop(_ number: UInt64, in group: GroupID) async throws -> ImpossibleCommit? {
        let error = try await commit { transaction in
            guard let intent = try transaction.record(number, in: .intents, as: CommitIntent.self) else { return nil }
            return PlannedCommit(group: intent.group, intent: (number, intent))
        }
        if let error { try drop(number, error, in: group) }
        return error
    }

    /// Gives up an intent that no Commit can fulfil: it breaks a rule, and so it would for everybody.
    private func drop(_ number: UInt64, _ error: ImpossibleCommit, in group: GroupID) throws {
        try vault.write { transaction in
            // A Commit that was set aside may still win, and its Welcomes are the intent's.
            guard try !ownCommits(of: group, in: transaction).contains(where: { $0.record.intent == number }) else {
                return
            }
            if let intent = try transaction.record(number, in: .intents, as: CommitIntent.self) {
                try withdrawApproval(of: intent, transaction)
            }
            try transaction.delete(number, in: .intents)
            try transaction.note(
                FindingRecord(.changeImpossible, at: now, group: group, parameters: ["reason": "\(error.reason)"])
            )
        }
    }

    /// Commits until the intent is fulfilled.
    func fulfil(_ number: UInt64) async throws {
        let intent = try vault.read { try $0.record(number, in: .intents, as: CommitIntent.self) }
        guard let intent, let error = try await fulfilOrDrop(number, in: intent.group) else { return }
        throw MemberError.impossible(error)
    }

    /// Opens a new epoch over advances that nobody can accept: a Commit with nothing but a path, which has seen them all.
    func openEpoch(of id: GroupID) async throws {
        let epoch = try vault.read { try $0.group(id).cursor.epoch }
        let error = try await commit { transaction in
            guard try transaction.group(id).cursor.epoch == epoch else { return nil }
            return PlannedCommit(group: id, intent: nil)
        }
        if let error { throw MemberError.impossible(error) }
    }

    struct PlannedCommit {
        let group: GroupID
        let intent: (number: UInt64, intent: CommitIntent)?
    }

    /// - Parameter plan: what is still to be done; asked before every try, nil when nothing is left.
    /// - Returns: why there can be no such Commit; nil when everything has been done.
    func commit(
        _ plan: (borrowing VaultTransaction) throws -> PlannedCommit?
    ) async throws -> ImpossibleCommit? {
        for attempt in 0..<Self.attempts {
            // Of members that race, each waits a little longer and at random, so that one gets through.
            if attempt > 0 {
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...(20 << min(attempt, 6)))))
            }
            guard let planned = try vault.read({ try plan($0) }) else { return nil }
            try await createMailbox(of: planned.group)
            try await observer.willTake(.stageCommit)
            let request: AdvanceRequest
            switch try stage(planned) {
            case .success(let staged?): request = staged
            case .success(nil): return nil
            case .failure(let error): return error
            }
            try await observer.willTake(.advance)
            let relay = try await relay(of: try vault.read { try $0.group(planned.group).profile.mailbox })
            let answer = try await relay.answer(to: request)
            if case .failure(let problem) = answer, !problem.name.meansLostRace, !problem.name.isOfThisAdvance {
                throw RelayError.problem(problem)
            }
            try await syncGroup(planned.group)
            switch answer {
            case .success(let acknowledged): try checkShown(request, acknowledged, in: planned.group)
            case .failure(let problem):
                if problem.name.isOfThisAdvance, try !setAside(request, in: planned.group) {
                    throw RelayError.problem(problem)
                }
            }
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

    /// Notes a Commit that the relay has acknowledged and then does not show in the log. It stays pending, and is handed over
    /// again by a later command, unless something else may stand under its entry id: then that one makes another.
    private func checkShown(_ request: AdvanceRequest, _ acknowledged: AppendResponse, in id: GroupID) throws {
        let isShown = try vault.write { transaction in
            let pending = try transaction.record(.pendingCommit(of: id), as: PendingCommitRecord.self)
            guard pending?.request.entryID == request.entryID, try transaction.group(id).stopped == nil else {
                return true
            }
            let parameters: KeyValuePairs = ["sequence": "\(acknowledged.sequence)"]
            try transaction.note(FindingRecord(.acknowledgedEntryMissing, at: now, group: id, parameters: parameters))
            return false
        }
        guard !isShown else { return }
        if acknowledged.isDuplicate { _ = try setAside(request, in: id) }
        throw MemberError(
            .violation,
            "the relay says that it has the change, and does not show it in the log",
            lost: "nothing was lost: it will be done by a later command",
            advice: "tell the relay's operator"
        )
    }

    /// Stages a Commit, unless one is pending already, and puts the next epoch on disk.
    /// - Returns: what is to be sent; nil when there is nothing left to do.
    private func stage(_ planned: PlannedCommit) throws -> Result<AdvanceRequest?, ImpossibleCommit> {
        do {
            return .success(try vault.write { try stage(planned, $0) })
        } catch let error as ImpossibleCommit {
            return .failure(error)
        }
    }

    private func stage(_ planned: PlannedCommit, _ transaction: borrowing VaultTransaction) throws -> AdvanceRequest? {
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
        return try stage(prepared, intent: planned.intent?.number, in: group, seen, transaction)
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
        let time = try commitTime(in: group, removing: removed)
        var prepared = PreparedCommit(at: time)
        if group.record.profile.kind == .coalition {
            prepared.attestations = try renewedAttestations(at: time, transaction)
        }
        guard let intent else { return prepared }
        let members = Membership(tree: group.mls.tree)
        for addition in intent.additions where members.devices[addition.device.hash] == nil {
            guard case .keyPackage(let keyPackage) = try MLSMessage(decoding: addition.keyPackage) else { continue }
            prepared.proposals.append(.add(keyPackage))
            if let attestation = try attestation(for: addition.device, keyPackage, at: time, transaction) {
                prepared.attestations.append(attestation)
            }
        }
        let offenders = try offenders(in: group.id, transaction)
        for device in intent.removals where members.devices[device.hash] != nil {
            guard let leaf = group.leaf(of: device) else { continue }
            prepared.proposals.append(.remove(leaf))
            prepared.attestations.removeAll { $0.deviceHash == device.hash }
            // What it did in this epoch is the reason (C8).
            guard !offenders.contains(leaf) else { continue }
            guard try transaction.organisation().adminCertificate != nil else {
                throw ImpossibleCommit(reason: "nothing that \(device.address) did in this epoch allows to remove it")
            }
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

    /// S2: a clock that is far behind stops Commits until it is right again, and no longer.
    private func commitTime(in group: LoadedGroup, removing removed: Set<LeafIndex>) throws -> Time {
        do throws(PolicyViolation) {
            return try SendPolicy.commitTime(clock: now, tree: group.mls.tree, removing: removed)
        } catch {
            throw MemberError(
                .temporary,
                Sentence(verbatim: error.detail),
                lost: "nothing was lost: the change will be made later",
                advice: "set this device's clock"
            )
        }
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
        let pending = try makeCommit(
            prepared.proposals,
            context,
            LeafChanges(extensions: extensions),
            in: group,
            transaction
        )
        let offenders = try offenders(in: id, transaction)
        do throws(PolicyViolation) {
            _ = try CommitPolicy.judge(pending.changes, offenders: offenders)
        } catch {
            throw ImpossibleCommit(reason: "\(error)")
        }
        let grant = try nextKeys(of: pending.staged, in: group).derivedGrant
        let request = try advance(pending.message, next: [grant], in: group, seen: seen)
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

    /// Makes a Commit and puts the ratchet that it has used on disk. What it says is for the caller to judge.
    func makeCommit(
        _ proposals: [Proposal],
        _ context: MessageContext,
        _ leafChanges: LeafChanges,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws -> PendingCommit {
        var options = CommitOptions()
        options.authenticatedData = context.encoded
        options.leafChanges = leafChanges
        if try transaction.getSecret(.handshakes(of: group.id)) == nil {
            try transaction.setSecret(.handshakes(of: group.id), to: group.mls.epoch.serializedHandshakes())
        }
        do {
            let pending = try group.mls.commit(
                proposals,
                signatureKey: try signatureKey(transaction),
                options: options
            )
            try group.saveSent(in: transaction)
            return pending
        } catch let error as MLSError where !error.isOurs {
            throw ImpossibleCommit(reason: "\(error)")
        }
    }

    /// The request that hands a Commit over.
    func advance(_ message: MLSMessage, next: [Grant], in group: LoadedGroup, seen: [EntryID]) throws -> AdvanceRequest
    {
        let entryID = EntryID.random()
        let place = EnvelopeContext(
            mailbox: group.record.profile.mailbox.mailbox,
            epoch: group.record.cursor.epoch,
            entryID: entryID,
            kind: .advance,
            next: next
        )
        return AdvanceRequest(
            access: group.record.access,
            epoch: group.record.cursor.epoch,
            entryID: entryID,
            next: next,
            advancesSeen: seen,
            body: try group.epochKeys().envelopeKey.seal(message.encoded, in: place).bytes
        )
    }

    /// The extensions of this device's leaf as its next path brings them.
    func pathExtensions(
        at time: Time,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws -> (Extensions, renewsContactKey: Bool) {
        let device = try transaction.device()
        guard let node = group.mls.tree[group.mls.ownLeaf] else {
            throw VaultError.damaged("a group without this device")
        }
        let leaf = try DeviceLeaf(reading: node)
        let attestation = try pathAttestation(of: leaf, at: time, in: group.id, transaction)
        var addresses = leaf.addresses
        let renewsContactKey = group.record.profile.kind == .coalition && device.contactKeyIsStale
        if renewsContactKey {
            // A Commit that was set aside brings the same, should it win after all.
            let isKept = try ownCommits(of: group.id, in: transaction).contains { $0.record.renewsContactKey }
            let kept = isKept ? try transaction.getSecret(.nextContactKey) : nil
            let key = if let kept { try ContactKey(raw: kept) } else { ContactKey() }
            try transaction.setSecret(.nextContactKey, to: key.raw)
            addresses = try self.addresses(of: device, contactKey: key.publicKey, transaction)
        }
        let extensions = DeviceLeaf.extensions(
            attestation: attestation,
            addresses: addresses,
            commitTime: time
        )
        return (extensions, renewsContactKey)
    }
}

/// That no Commit can do what was wanted.
struct ImpossibleCommit: Error {
    /// The rule that it would break.
    let reason: String
}

extension AdvanceRequest {
    /// The same, having seen these advances.
    func seeing(_ seen: [EntryID]) -> AdvanceRequest {
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

    /// Whether it says that the relay will not take this very advance, now or later: it has the grant, or the entry id, already.
    fileprivate var isOfThisAdvance: Bool {
        switch self {
        case .capabilityInUse, .entryIDInUse: true
        default: false
        }
    }
}
