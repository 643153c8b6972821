internal import Coalition
internal import HPKE
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// What others put into this device's inbox: Welcomes to groups (Protocol/joining.md, policy J1 to J8).
extension Engine {
    /// Reads the inbox to its end.
    /// - Parameters:
    ///   - waitSeconds: how long the relay may wait for an entry where there is none.
    ///   - delivered: what a subscription brought; it takes the place of a read that would bring the same.
    /// - Returns: whether anything came.
    @discardableResult
    func syncInbox(waitSeconds: UInt16 = 0, delivered: DeliveredEntries? = nil) async throws -> Bool {
        var hasProcessed = false
        var restarts = 0
        var delivered = delivered
        while true {
            let device = try vault.read { try $0.device() }
            let inbox = device.inbox
            let relay = await relay(at: device.relay)
            let request = ReadRequest(
                access: inbox.access,
                incarnation: inbox.cursor.incarnation,
                after: inbox.cursor.last.sequence,
                waitSeconds: hasProcessed ? 0 : waitSeconds
            )
            let given = delivered.take().flatMap { $0.response(to: request) }
            let response: ReadResponse
            switch try await relay.answer(to: request, given: given) {
            case .success(let read): response = read
            case .failure(let problem):
                restarts += 1
                guard problem.name == .incarnationChanged, restarts <= Self.recoveriesPerSync else {
                    throw RelayError.problem(problem)
                }
                try restartInbox(after: inbox.cursor, incarnation: problem.incarnation)
                continue
            }
            let log = GroupLog(response, from: inbox.cursor)
            if !log.violations.isEmpty {
                try vault.write { transaction in
                    for violation in log.violations { try transaction.note(violation.finding(in: nil, at: now)) }
                }
            }
            if log.isRolledBack, restarts < Self.recoveriesPerSync {
                restarts += 1
                try rereadInbox(after: inbox.cursor)
                continue
            }
            guard !log.entries.isEmpty else { return hasProcessed }
            // Who wrote must be in the directory, which may be behind.
            if let coalition = device.coalitionGroup {
                let isRead = try await tolerating(lossOf: coalition) { try await syncGroup(coalition) }
                guard isRead else { return hasProcessed }
            }
            var last = inbox.cursor
            var isOvertaken = false
            for entry in log.entries {
                let opened = try await open(entry, in: inbox.mailbox, from: relay)
                try await observer.willTake(.processInboxEntry)
                guard let next = try process(opened, at: entry.position, from: last, incarnation: response.incarnation)
                else {
                    isOvertaken = true
                    break
                }
                last = next
                if case .message(_, let blob?) = opened { await relay.forget(blob, in: inbox.mailbox) }
            }
            hasProcessed = true
            // Somebody else has read on from where this began: from there it goes on.
            if isOvertaken { continue }
            // What has been processed need not lie there any longer; if this fails, it expires.
            _ = try? await relay.delete(DeleteRequest(access: inbox.access, upTo: last.last.sequence))
            if !log.hasMore { return true }
        }
    }

    /// The same, and has the mailbox made anew when the relay does not know it any more.
    /// - Returns: false when it did not.
    @discardableResult
    func syncInboxOrOrder() async throws -> Bool {
        if try await tolerating(lossOf: nil, { try await syncInbox() }) { return true }
        try vault.write { try orderOwnMailboxes($0) }
        try await createMailboxes()
        return false
    }

    private func restartInbox(after cursor: Cursor, incarnation: Incarnation?) throws {
        try vault.write { transaction in
            guard try beginInboxAnew(after: cursor, incarnation: incarnation ?? .unknown, transaction) else { return }
            if let incarnation { try noteRestoration(incarnation, transaction) }
            try transaction.note(FindingRecord(.incarnationChanged, at: now))
        }
    }

    /// Reads the inbox once more from its beginning, because the relay has gone back in silence: what comes next has numbers that
    /// have been read.
    private func rereadInbox(after cursor: Cursor) throws {
        try vault.write { transaction in
            guard try beginInboxAnew(after: cursor, incarnation: cursor.incarnation, transaction) else { return }
            // It hands out KeyPackages once more, as one that says so does.
            try noteRestorationInSilence(transaction)
        }
    }

    /// - Returns: false, with nothing done, when somebody else has read on.
    private func beginInboxAnew(
        after cursor: Cursor,
        incarnation: Incarnation,
        _ transaction: borrowing VaultTransaction
    ) throws -> Bool {
        var device = try transaction.device()
        guard device.inbox.cursor == cursor else { return false }
        device.inbox.cursor = Cursor(mailbox: device.inbox.mailbox, incarnation: incarnation)
        try transaction.setRecord(.device, to: device)
        return true
    }

    /// What an entry holds.
    private enum Opened {
        /// Its body has been deleted.
        case nothing
        /// - Parameter blob: where the message stood, if not in the entry.
        case message(InboxMessage, blob: BlobReference?)
        case garbage(reason: String)
    }

    /// Opens an entry, and gets what it refers to.
    private func open(_ entry: LogEntry, in mailbox: MailboxID, from relay: any Relay) async throws -> Opened {
        guard case .present(let body) = entry.body else { return .nothing }
        do {
            switch try open(body, of: entry.entryID, in: mailbox) {
            case .message(let message): return .message(message, blob: nil)
            case .blob(let blob):
                // All of it was there before the entry.
                guard let bytes = try await relay.get(blob, in: mailbox) else {
                    return .garbage(reason: "the blob is not there")
                }
                let message = try InboxEnvelope.open(bytes, of: blob, mailbox: mailbox, entryID: entry.entryID)
                return .message(message, blob: blob)
            }
        } catch let error as EnvelopeError {
            return .garbage(reason: "\(error)")
        }
    }

    private func open(_ body: [UInt8], of entryID: EntryID, in mailbox: MailboxID) throws -> OpenedInboxEntry {
        try vault.read { transaction in
            guard let raw = try transaction.getSecret(.inboxPrivateKey) else {
                throw VaultError.damaged("no inbox key")
            }
            let key = try HPKE.PrivateKey(kem: try transaction.device().suite.inboxKEM, raw: raw)
            return try InboxEnvelope.open(SealedBody(body), key: key, mailbox: mailbox, entryID: entryID)
        }
    }

    /// Processes what an entry holds in one transaction.
    /// - Returns: the cursor behind it; nil, with nothing done, when another reader was faster.
    private func process(
        _ opened: Opened,
        at position: Position,
        from cursor: Cursor,
        incarnation: Incarnation
    ) throws -> Cursor? {
        var next = cursor
        next.incarnation = incarnation
        next.last = position
        return try vault.write { transaction in
            var device = try transaction.device()
            guard device.inbox.cursor == cursor else { return nil }
            try take(opened, transaction)
            device = try transaction.device()
            device.inbox.cursor = next
            try transaction.setRecord(.device, to: device)
            return next
        }
    }

    private func take(_ opened: Opened, _ transaction: borrowing VaultTransaction) throws {
        switch opened {
        case .nothing: return
        case .garbage(let reason):
            try transaction.note(FindingRecord(.garbageInInbox, at: now, parameters: ["reason": reason]))
        case .message(.welcome(let welcome), _):
            // A relay that was restored shows what has been taken from it.
            let name = VaultName.acceptedWelcome(SHA256.hash(welcome.encoded))
            guard try transaction.get(name) == nil else { return }
            do throws(RefusedWelcome) {
                try accept(welcome, transaction)
                try remember(name, transaction)
            } catch {
                try noteRefused(error, transaction)
            }
        case .message(.unknown(let type, _), _):
            try transaction.note(FindingRecord(.unknownInboxMessage, at: now, parameters: ["type": "\(type)"]))
        }
    }

    private func remember(_ name: VaultName, _ transaction: borrowing VaultTransaction) throws(RefusedWelcome) {
        do throws(VaultError) {
            try transaction.set(name, to: [])
        } catch {
            throw .state(error)
        }
    }

    private func noteRefused(_ refused: RefusedWelcome, _ transaction: borrowing VaultTransaction) throws {
        switch refused {
        case .state(let error): throw error
        case .secondUse: try transaction.note(FindingRecord(.secondWelcome, at: now))
        case .rule(let rule):
            try transaction.note(FindingRecord(.welcomeRefused, at: now, parameters: ["rule": rule]))
        }
    }
}
