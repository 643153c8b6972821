internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// What a member does when a relay has rolled back, by a restored backup or in silence: it hands back the Commits that the
/// relay lost, and goes on with what the relay has now (Protocol/mailbox.md, "Cursor and incarnation").
extension Engine {
    /// - Parameter record: the group as the read that showed it saw it.
    func recover(_ id: GroupID, from record: GroupRecord) async throws {
        let relay = try await relay(of: record.profile.mailbox)
        let requests = try vault.read { transaction in
            let applied = try transaction.records(in: .appliedAdvances(of: id), as: AppliedAdvance.self)
            // Those of the present epoch, for a removal that is still to come (C8).
            let offences = try transaction.records(in: .offences(of: id), as: Offence.self)
            return applied.map(\.record.request) + offences.map(\.record.request)
        }
        var refusal: Problem?
        for request in requests {
            guard let problem = try await handBack(request, to: relay) else { continue }
            switch problem.name {
            // The relay has lost the epoch itself: an advance before this one opens it, unless that is forgotten.
            case .notPermitted: continue
            // The next epoch is there: nothing of this one was lost.
            case .capabilityInUse: continue
            // That says nothing of those that follow. It is told if the present epoch is not there in the end.
            case .unseenAdvance, .advancesExhausted, .entryIDInUse: refusal = refusal ?? problem
            default: throw RelayError.problem(problem)
            }
        }
        let present = ReadRequest(access: record.access, incarnation: .unknown, after: 0)
        switch try await relay.answer(to: present) {
        case .success(let response): try restart(id, from: record.cursor, response)
        case .failure(let problem): throw RelayError.problem(refusal ?? problem)
        }
    }

    /// Hands an advance back behind all that have been made out of its epoch since. They are named unjudged: the keys of that
    /// epoch are gone. Whoever is still in it judges them, and takes the first that counts.
    /// - Returns: why the relay did not take it.
    private func handBack(_ request: AdvanceRequest, to relay: any Relay) async throws -> Problem? {
        var request = request
        for _ in 0..<Self.attempts {
            guard case .failure(let problem) = try await relay.answer(to: request) else { return nil }
            guard problem.name == .unseenAdvance else { return problem }
            switch try await advances(in: request.access, at: relay) {
            case .success(let advances): request = request.seeing(advances)
            case .failure(let problem): return problem
            }
        }
        return Problem(.unseenAdvance)
    }

    /// The advances that a relay has out of an epoch.
    private func advances(in epoch: Access, at relay: any Relay) async throws -> Result<[EntryID], Problem> {
        var advances: [EntryID] = []
        var last: UInt64 = 0
        var isAtEnd = false
        while !isAtEnd, advances.count < AdvanceRequest.maximumAdvances {
            let request = ReadRequest(access: epoch, incarnation: .unknown, after: last)
            switch try await relay.answer(to: request) {
            case .success(let response):
                advances += response.entries.filter { $0.kind == .advance }.map(\.entryID)
                let end = response.entries.last?.sequence ?? last
                isAtEnd = end <= last || end >= response.head
                last = end
            case .failure(let problem):
                return .failure(problem)
            }
        }
        return .success(Array(advances.prefix(AdvanceRequest.maximumAdvances)))
    }

    /// Begins to read the present epoch anew, from the opening that the relay has for it now. What has been processed
    /// already is known by its content.
    private func restart(_ id: GroupID, from cursor: Cursor, _ response: ReadResponse) throws {
        try vault.write { transaction in
            var record = try transaction.group(id)
            guard record.cursor == cursor else { return }
            try rememberProcessed(record, id, transaction)
            // The old opening stays a position that others may still name.
            let opening = record.cursor.opening
            try transaction.setRecord(
                .seen(opening.sequence, of: id, in: cursor.incarnation),
                to: SeenEntry(runningHash: opening.runningHash, previous: opening.sequence, content: nil)
            )
            record.earlierIncarnations = Array(
                ([cursor.incarnation] + record.earlierIncarnations).prefix(GroupRecord.maximumIncarnations)
            )
            record.cursor = Cursor(
                incarnation: response.incarnation,
                epoch: cursor.epoch,
                opening: Position(sequence: response.opening, runningHash: response.openingHash)
            )
            try transaction.setRecord(.group(id), to: record)
            if response.incarnation != cursor.incarnation { try forgetAcknowledgements(of: id, transaction) }
        }
    }

    /// A restored relay may have lost what it had acknowledged, and says so: whatever it does not show is sent again.
    func forgetAcknowledgements(of id: GroupID, _ transaction: borrowing VaultTransaction) throws {
        for (number, item) in try transaction.records(in: .outbox, as: OutboxItem.self)
        where item.destination == .group(id) && item.relayed != nil {
            var item = item
            item.relayed = nil
            try transaction.replace(number, in: .outbox, with: item.encoded)
        }
    }

    /// Begins to read the present epoch anew, if what the relay has shown of it contradicts itself.
    /// - Returns: whether it does.
    func restartBrokenLog(of id: GroupID) throws -> Bool {
        guard try vault.read({ try $0.get(.brokenLog(of: id)) }) != nil else { return false }
        return try vault.write { transaction in
            guard try transaction.get(.brokenLog(of: id)) != nil else { return false }
            try transaction.delete(.brokenLog(of: id))
            var record = try transaction.group(id)
            guard record.stopped == nil else { return false }
            try rememberProcessed(record, id, transaction)
            let cursor = record.cursor
            record.cursor = Cursor(incarnation: cursor.incarnation, epoch: cursor.epoch, opening: cursor.opening)
            try transaction.setRecord(.group(id), to: record)
            return true
        }
    }

    private func rememberProcessed(
        _ record: GroupRecord,
        _ id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws {
        var known = try ProcessedEntries(of: id, in: transaction)
        known.add(try seenEntries(in: record, id, transaction).compactMap(\.content))
        try known.save(of: id, in: transaction)
    }
}

/// Entries of the present epoch that were processed before its log began to be read anew, and that have not come again.
struct ProcessedEntries {
    private var contents: Set<EntryContent>
    private var isChanged = false

    init(of id: GroupID, in transaction: borrowing VaultTransaction) throws {
        let record = try transaction.record(.processedEntries(of: id), as: RecordList<EntryContent>.self)
        contents = Set(record?.values ?? [])
    }

    mutating func add(_ more: [EntryContent]) {
        contents.formUnion(more)
        isChanged = true
    }

    /// Whether this entry is one of them. The next that is like it is not: it is there a second time.
    mutating func take(_ entry: LogEntry) -> Bool {
        guard !contents.isEmpty, contents.remove(EntryContent(of: entry)) != nil else { return false }
        isChanged = true
        return true
    }

    func save(of id: GroupID, in transaction: borrowing VaultTransaction) throws {
        guard isChanged else { return }
        try transaction.setRecord(.processedEntries(of: id), to: RecordList(Array(contents)))
    }
}
