internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// Reading a group's log: the relay is asked, its answer is checked against the chain of running hashes, and what it
/// holds is processed, every batch in one transaction.
extension Engine {
    /// Reads a group's log to its end.
    /// - Parameter waitSeconds: how long the relay may wait for an entry where there is none.
    /// - Returns: whether anything was processed.
    @discardableResult
    func syncGroup(_ id: GroupID, waitSeconds: UInt16 = 0) async throws -> Bool {
        var hasProcessed = false
        while true {
            let record = try vault.read { try $0.group(id) }
            guard record.stopped == nil else { break }
            let relay = try await relay(of: record.profile.mailbox)
            let request = ReadRequest(
                access: record.access,
                incarnation: record.cursor.incarnation,
                after: record.cursor.last.sequence,
                waitSeconds: hasProcessed ? 0 : waitSeconds
            )
            let response: ReadResponse
            switch try await relay.answer(to: request) {
            case .success(let given): response = given
            case .failure(let problem):
                guard problem.name == .incarnationChanged else { throw RelayError.problem(problem) }
                try noteIncarnation(problem.incarnation, in: id)
                try await recover(id, from: record)
                hasProcessed = true
                continue
            }
            let log = GroupLog(response, from: record.cursor)
            try noteViolations(log.violations, in: id)
            if log.isRolledBack {
                // What is appended now gets numbers that have been read: the log is read anew.
                try await recover(id, from: record)
                hasProcessed = true
                continue
            }
            guard !log.entries.isEmpty else { break }
            try await observer.willTake(.processEntry)
            switch try process(log.entries, of: id, from: record.cursor) {
            case .all: if !log.hasMore { try noteMissingEntries(of: id) }
            case .openedEpoch, .overtaken: break
            case .stuck: return hasProcessed
            }
            hasProcessed = true
        }
        return hasProcessed
    }

    private func noteIncarnation(_ incarnation: Incarnation?, in id: GroupID) throws {
        let now = hexadecimal(incarnation?.bytes ?? [])
        try vault.write { transaction in
            try transaction.note(
                FindingRecord(.incarnationChanged, at: self.now, group: id, parameters: ["incarnation": now])
            )
        }
    }

    private func noteViolations(_ violations: [LogViolation], in id: GroupID) throws {
        guard !violations.isEmpty else { return }
        try vault.write { transaction in
            for violation in violations { try transaction.note(violation.finding(in: id, at: now)) }
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
        for entry in entries {
            if try wasProcessed(entry, in: group, transaction) {
                try moveCursor(of: group, to: entry, in: transaction)
                continue
            }
            switch entry.kind {
            case .application, .lastResort:
                try processApplication(entry, of: group, keys: keys, in: transaction)
                try moveCursor(of: group, to: entry, in: transaction)
            case .advance:
                switch try processAdvance(entry, of: group, keys: keys, in: transaction) {
                case .opened:
                    return .openedEpoch
                case .skipped:
                    try moveCursor(of: group, to: entry, in: transaction)
                case .stopped:
                    return .all
                case .unreadable:
                    try group.saveReceived(in: transaction)
                    return .stuck
                }
            }
        }
        try group.saveReceived(in: transaction)
        return .all
    }

    private func moveCursor(
        of group: LoadedGroup,
        to entry: LogEntry,
        in transaction: borrowing VaultTransaction
    ) throws {
        let seen = SeenEntry(
            entryID: entry.entryID,
            runningHash: entry.runningHash,
            previous: group.record.cursor.last.sequence
        )
        let name = VaultName.seen(entry.sequence, of: group.id, in: group.record.cursor.incarnation)
        try transaction.setRecord(name, to: seen)
        group.record.cursor.last = entry.position
    }

    /// Notes messages that the relay acknowledged before the place up to which the log has been read, and that did not
    /// stand there. They are sent again.
    private func noteMissingEntries(of id: GroupID) throws {
        try vault.write { transaction in
            let cursor = try transaction.group(id).cursor
            for (number, item) in try transaction.records(in: .outbox, as: OutboxItem.self) {
                guard item.destination == .group(id), let relayed = item.relayed,
                    item.sealed?.epoch == cursor.epoch, relayed.sequence <= cursor.last.sequence
                else { continue }
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
