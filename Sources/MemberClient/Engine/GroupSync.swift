internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// Reading a group's log: the relay is asked, its answer is checked against the chain of running hashes, and what it
/// holds is processed, every batch in one transaction.
extension Engine {
    /// Reads a group's log to its end, and once more from the epoch's beginning if what the relay shows is broken: a relay
    /// that tells the truth again then has everything read that it hid.
    /// - Parameters:
    ///   - waitSeconds: how long the relay may wait for an entry where there is none.
    ///   - delivered: what a subscription brought; it takes the place of a read that would bring the same.
    /// - Returns: whether anything was processed.
    @discardableResult
    func syncGroup(
        _ id: GroupID,
        waitSeconds: UInt16 = 0,
        delivered: DeliveredEntries? = nil
    ) async throws -> Bool {
        let hasProcessed = try await readGroup(id, waitSeconds: waitSeconds, delivered: delivered)
        guard try restartBrokenLog(of: id) else { return hasProcessed }
        return try await readGroup(id) || hasProcessed
    }

    private func readGroup(
        _ id: GroupID,
        waitSeconds: UInt16 = 0,
        delivered: DeliveredEntries? = nil
    ) async throws -> Bool {
        var hasProcessed = false
        var recoveries = 0
        var delivered = delivered
        while true {
            let (record, acknowledged, wasLost) = try vault.read { transaction in
                (
                    try transaction.group(id), try acknowledgedMessages(to: id, transaction),
                    try transaction.get(.lostMailbox(of: id)) != nil
                )
            }
            guard record.stopped == nil else { break }
            let relay = try await relay(of: record.profile.mailbox)
            let request = ReadRequest(
                access: record.access,
                incarnation: record.cursor.incarnation,
                after: record.cursor.last.sequence,
                waitSeconds: hasProcessed ? 0 : waitSeconds
            )
            let given = delivered.take().flatMap { $0.response(to: request) }
            let log: GroupLog
            switch try await relay.answer(to: request, given: given) {
            case .success(let response):
                if wasLost { try vault.write { try $0.delete(.lostMailbox(of: id)) } }
                log = GroupLog(response, from: record.cursor)
                try note(log, of: id)
            case .failure(let problem):
                try await recover(id, from: record, problem, &recoveries)
                hasProcessed = true
                continue
            }
            if log.isRolledBack {
                // What is appended now gets numbers that have been read: the log is read anew.
                try await recover(id, from: record, nil, &recoveries)
                hasProcessed = true
                continue
            }
            guard !log.entries.isEmpty else {
                if log.reachesHead, given == nil { try noteMissing(acknowledged, in: id) }
                break
            }
            try await observer.willTake(.processEntry)
            switch try process(log.entries, of: id, from: record.cursor) {
            case .all:
                guard log.reachesHead else { break }
                if given == nil {
                    try noteMissing(acknowledged, in: id)
                } else if acknowledged.isEmpty {
                    // What was brought may be older than an acknowledgement: only what is asked for after it can miss it.
                    return true
                }
            case .openedEpoch, .overtaken: break
            case .stuck: return hasProcessed
            }
            hasProcessed = true
        }
        return hasProcessed
    }

    /// How often a relay may have lost something while one log is read: more often it only keeps this device busy.
    static var recoveriesPerSync: Int { 2 }

    /// - Parameter problem: with which the relay refused to read; nil when it showed a log that ends too early.
    private func recover(
        _ id: GroupID,
        from record: GroupRecord,
        _ problem: Problem?,
        _ recoveries: inout Int
    ) async throws {
        recoveries += 1
        guard recoveries <= Self.recoveriesPerSync else {
            throw MemberError(
                .violation,
                "the relay says again and again that it has lost entries",
                lost: "nothing was lost: what is queued stays queued",
                advice: "tell the relay's operator"
            )
        }
        guard let problem else { return try await recover(id, from: record) }
        switch problem.name {
        case .incarnationChanged:
            try noteIncarnation(problem.incarnation, in: id)
            try await recover(id, from: record)
        case .notPermitted:
            // A relay that rolled back in silence may not know the epoch any longer. One that does not know the mailbox
            // refuses again, and that is what is told.
            try await recover(id, from: record)
            try noteLostEpoch(record.cursor, in: id)
        default:
            throw RelayError.problem(problem)
        }
    }

    private func noteIncarnation(_ incarnation: Incarnation?, in id: GroupID) throws {
        let now = hexadecimal(incarnation?.bytes ?? [])
        try vault.write { transaction in
            try transaction.note(
                FindingRecord(.incarnationChanged, at: self.now, group: id, parameters: ["incarnation": now])
            )
            let isOwnRelay =
                try transaction.group(id).profile.mailbox.relay.string == transaction.device().relay.description
            if isOwnRelay, let incarnation { try compare(incarnation, transaction) }
        }
    }

    private func noteLostEpoch(_ cursor: Cursor, in id: GroupID) throws {
        let parameters: KeyValuePairs = ["head": "0", "read": "\(cursor.last.sequence)"]
        try vault.write { try $0.note(FindingRecord(.headBehind, at: now, group: id, parameters: parameters)) }
    }

    private func note(_ log: GroupLog, of id: GroupID) throws {
        guard !log.violations.isEmpty else { return }
        try vault.write { transaction in
            for violation in log.violations { try transaction.note(violation.finding(in: id, at: now)) }
            if log.isBroken { try transaction.set(.brokenLog(of: id), to: []) }
        }
    }

    enum Processed {
        /// Every entry.
        case all
        /// Entries up to an advance that opened the next epoch; those after it belong to nobody.
        case openedEpoch
        /// None: another process was faster.
        case overtaken
        /// An advance cannot be judged with what the relay gave; another answer may do.
        case stuck
    }

    /// Processes entries that follow `cursor`, in one transaction: the ratchets, what came out of them and the cursor
    /// move together.
    private func process(_ entries: [LogEntry], of id: GroupID, from cursor: Cursor) throws -> Processed {
        try vault.write { transaction in
            let record = try transaction.group(id)
            guard record.cursor == cursor, record.stopped == nil else { return .overtaken }
            let group = try LoadedGroup(id, in: transaction)
            return try process(entries, of: group, keys: try group.epochKeys(), in: transaction)
        }
    }

    private func process(
        _ entries: [LogEntry],
        of group: LoadedGroup,
        keys: borrowing GroupEpochKeys,
        in transaction: borrowing VaultTransaction
    ) throws -> Processed {
        var known = try ProcessedEntries(of: group.id, in: transaction)
        for entry in entries {
            if known.take(entry) {
                try moveCursor(of: group, to: entry, in: transaction)
                continue
            }
            switch entry.kind {
            case .application, .lastResort:
                let isDone = try processApplication(entry, of: group, keys: keys, in: transaction)
                try moveCursor(of: group, to: entry, isDone: isDone, in: transaction)
            case .advance:
                switch try processAdvance(entry, of: group, keys: keys, in: transaction) {
                case .opened:
                    return .openedEpoch
                case .skipped:
                    try moveCursor(of: group, to: entry, in: transaction)
                case .stopped:
                    return .all
                case .unreadable:
                    try known.save(of: group.id, in: transaction)
                    try group.saveReceived(in: transaction)
                    return .stuck
                }
            }
        }
        try known.save(of: group.id, in: transaction)
        try group.saveReceived(in: transaction)
        return .all
    }

    private func moveCursor(
        of group: LoadedGroup,
        to entry: LogEntry,
        isDone: Bool = true,
        in transaction: borrowing VaultTransaction
    ) throws {
        let seen = SeenEntry(
            runningHash: entry.runningHash,
            previous: group.record.cursor.last.sequence,
            content: isDone ? EntryContent(of: entry) : nil
        )
        let name = VaultName.seen(entry.sequence, of: group.id, in: group.record.cursor.incarnation)
        try transaction.setRecord(name, to: seen)
        group.record.cursor.last = entry.position
    }

    /// Numbers in the outbox of messages that the relay has acknowledged and not yet shown in the log.
    private func acknowledgedMessages(
        to id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> Set<UInt64> {
        Set(
            try transaction.records(in: .outbox, as: OutboxItem.self)
                .filter { $0.record.destination == .group(id) && $0.record.relayed != nil }
                .map(\.number)
        )
    }

    /// Notes messages that the relay had acknowledged before it was asked for a log which it then showed to its end, and
    /// which are not in it. They are sent again.
    private func noteMissing(_ acknowledged: Set<UInt64>, in id: GroupID) throws {
        guard !acknowledged.isEmpty else { return }
        try vault.write { transaction in
            let epoch = try transaction.group(id).cursor.epoch
            for (number, item) in try transaction.records(in: .outbox, as: OutboxItem.self) {
                guard acknowledged.contains(number), item.relayed != nil, item.sealed?.epoch == epoch else { continue }
                try noteMissing(item, number, in: id, transaction)
            }
        }
    }

    /// Takes a message that is not where the relay said back to where it can be sent again.
    func noteMissing(
        _ item: OutboxItem,
        _ number: UInt64,
        in id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws {
        var item = item
        let sequence = item.relayed?.sequence ?? 0
        item.relayed = nil
        try transaction.replace(number, in: .outbox, with: item.encoded)
        try transaction.note(
            FindingRecord(.acknowledgedEntryMissing, at: now, group: id, parameters: ["sequence": "\(sequence)"])
        )
    }
}
