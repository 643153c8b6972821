internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// The way of a message into a group's log: queued, encrypted, handed to the relay, each on disk before the next begins.
extension Engine {
    /// Queues a message for each target and sends what can be sent.
    func send(_ content: Content, to targets: [Target]) async throws -> [SendResult] {
        let queued = try vault.write { transaction in
            let destinations = try targets.map { try destination(of: $0, transaction) }
            return Queued(
                id: content.id,
                numbers: try enqueue(content, to: destinations, transaction),
                targets: targets
            )
        }
        return try await deliver(queued)
    }

    /// A message that is in the outbox, once for each target.
    struct Queued: Sendable {
        let id: MessageID
        /// In the outbox.
        let numbers: [UInt64]
        let targets: [Target]
    }

    /// Sends what can be sent.
    func deliver(_ queued: Queued) async throws -> [SendResult] {
        let failures = try await flushOutbox()
        // Sending may have brought a new charter: its organisations should be able to answer. If this fails, the next
        // sync does it.
        try? await renewGrants()
        return zip(queued.targets, queued.numbers)
            .map { target, number in
                SendResult(
                    id: queued.id.description,
                    target: target,
                    state: failures[number] == nil ? .relayed : .queued,
                    reason: failures[number]
                )
            }
    }

    func destination(
        of target: Target,
        _ transaction: borrowing VaultTransaction
    ) throws -> OutboxItem.Destination {
        guard let coalition = try transaction.device().coalitionGroup else { throw MemberError.notAMember }
        switch target {
        case .coalition: return .group(coalition)
        case .user(let address):
            let isMember = try directory(transaction).devices.values
                .contains { $0.identity.address.userAddress == address }
            guard isMember else {
                throw MemberError.notInDirectory(address.description)
            }
            return .user(address)
        }
    }

    /// Puts a message into the outbox for each destination, and into the history, and lets it do to earlier messages
    /// what it does to them everywhere.
    /// - Returns: the numbers in the outbox.
    func enqueue(
        _ content: Content,
        to destinations: [OutboxItem.Destination],
        _ transaction: borrowing VaultTransaction
    ) throws -> [UInt64] {
        let sender = try transaction.device().identity
        let places = try destinations.map { destination in
            let item = OutboxItem(to: destination, entryID: .random(), content: content.json)
            let number = try transaction.append(item.encoded, to: .outbox)
            var place = TrackedMessage.Place(
                destination: destination,
                outboxNumber: number,
                messageNumber: 0,
                organisations: try organisations(of: destination, transaction)
            )
            if case .group(let id) = destination {
                place.messageNumber = try begin(item, content, number, in: id, transaction)
                let arrival = Arrival(
                    content: content,
                    sender: sender,
                    group: id,
                    messageNumber: place.messageNumber,
                    at: now
                )
                try applyReferences(of: arrival, transaction)
            }
            return place
        }
        if content.isMessage {
            let tracked = TrackedMessage(sender: sender, isOwn: true, places: places)
            try transaction.setTracked(content.id, to: tracked)
            try noteAlert(content, from: sender, transaction)
        }
        return places.map(\.outboxNumber)
    }

    /// Makes a message known to its group: its entry is recognised in the log, and it stands in the history.
    /// - Returns: its number in the history; 0 for what is not kept there.
    func begin(
        _ item: OutboxItem,
        _ content: Content,
        _ number: UInt64,
        in id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> UInt64 {
        try transaction.setRecord(.outgoing(item.entryID, of: id), to: Number(number))
        guard content.isMessage else { return 0 }
        let time = now
        let record = MessageRecord(
            group: id,
            sender: try transaction.device().identity,
            sent: time,
            received: time,
            isOwn: true,
            content: item.content
        )
        return try transaction.append(record.encoded, to: .messages, day: today)
    }

    /// Hands every message in the outbox to the relay, oldest first. What cannot be sent now stays.
    /// - Returns: why messages stay, by their numbers.
    func flushOutbox() async throws -> [UInt64: MemberError] {
        var failures: [UInt64: MemberError] = [:]
        var blocked: [OutboxItem.Destination: MemberError] = [:]
        var unreachable: [String: RelayError] = [:]
        var gravest: (any Error)?
        for (number, item) in try vault.read({ try $0.records(in: .outbox, as: OutboxItem.self) }) {
            // The order in which a group's messages were written is kept.
            if let error = blocked[item.destination] {
                failures[number] = error
                continue
            }
            do {
                try await push(number, &unreachable)
            } catch let error as CancellationError {
                throw error
            } catch {
                let reason = MemberError(error)
                if [.internal, .cannotWrite].contains(reason.kind) { gravest = gravest ?? error }
                failures[number] = reason
                blocked[item.destination] = reason
            }
        }
        if let gravest { throw gravest }
        return failures
    }

    /// How often one message is encrypted anew, or one Commit made anew, before it is left for later.
    static var attempts: Int { 16 }

    /// - Parameter unreachable: by their addresses, relays that did not take an earlier message: they are not waited for again.
    private func push(_ number: UInt64, _ unreachable: inout [String: RelayError]) async throws {
        for _ in 0..<Self.attempts {
            guard let item = try vault.read({ try $0.record(number, in: .outbox, as: OutboxItem.self) }),
                item.relayed == nil
            else { return }
            let id: GroupID
            switch item.destination {
            case .group(let group): id = try await home(of: number, in: group)
            case .user(let address): id = try assign(number, to: try await conversation(with: address))
            }
            try await observer.willTake(.sealMessage)
            guard let append = try seal(number, to: id) else { return }
            try await observer.willTake(.appendMessage)
            let relay = append.mailbox.relay.string
            if let error = unreachable[relay] { throw error }
            let answer: Result<AppendResponse, Problem>
            do {
                answer = try await self.relay(of: append.mailbox).answer(to: append.request)
            } catch let error as RelayError where error.isBrokenConnection {
                unreachable[relay] = error
                throw error
            }
            switch answer {
            case .success(let response):
                try await observer.willTake(.noteAppended)
                try noteAppended(response, append.request, number, in: id)
                return
            case .failure(let problem):
                try await resolve(problem, number, in: id)
            }
        }
        throw MemberError(
            .temporary,
            "the group changed faster than a message could be sent",
            lost: "nothing was lost: it stays queued",
            advice: "try again"
        )
    }

    private struct Append {
        let mailbox: MailboxAddress
        let request: AppendRequest
    }

    /// Encrypts a message for the present epoch, unless it is already. The ratchet and the result are on disk before
    /// anything is sent, so that no key is ever used for two messages.
    /// - Returns: nil when the message has gone out meanwhile.
    private func seal(_ number: UInt64, to id: GroupID) throws -> Append? {
        try vault.write { transaction in
            guard var item = try transaction.record(number, in: .outbox, as: OutboxItem.self), item.relayed == nil
            else {
                return nil
            }
            let record = try transaction.group(id)
            if let stopped = record.stopped { throw MemberError.stopped(stopped) }
            let sealed: OutboxItem.SealedEntry
            if let present = item.sealed, present.epoch == record.cursor.epoch {
                sealed = present
            } else {
                sealed = try seal(item, record, id, transaction)
                item.sealed = sealed
                try transaction.replace(number, in: .outbox, with: item.encoded)
                // Who can read it is settled by the epoch that it is encrypted for.
                let readers = try organisations(of: .group(id), transaction)
                try changePlace(of: try Content(json: item.content).id, outboxNumber: number, transaction) {
                    $0.organisations = readers
                }
            }
            return Append(
                mailbox: record.profile.mailbox,
                request: AppendRequest(
                    access: record.access,
                    epoch: sealed.epoch,
                    entryID: item.entryID,
                    kind: .application,
                    body: sealed.body
                )
            )
        }
    }

    private func seal(
        _ item: OutboxItem,
        _ record: GroupRecord,
        _ id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> OutboxItem.SealedEntry {
        try checkDirectory(of: id, transaction)
        guard let epochSecret = try transaction.getSecret(.epoch(of: id)),
            let sending = try transaction.getSecret(.sending(of: id))
        else { throw VaultError.damaged("a group without its MLS state") }
        var epoch = try Epoch(epoch: epochSecret, sending: sending)
        let context = try messageContext(in: record, transaction)
        let message = try epoch.protect(
            item.content,
            authenticatedData: context.encoded,
            signatureKey: try signatureKey(transaction)
        )
        let keys = try GroupEpochKeys(mailbox: record.profile.mailbox.mailbox) {
            label,
            context,
            length throws(MLSError) in
            try epoch.export(label: label, context: context, length: length)
        }
        let place = EnvelopeContext(
            mailbox: record.profile.mailbox.mailbox,
            epoch: record.cursor.epoch,
            entryID: item.entryID,
            kind: .application
        )
        let body = try keys.envelopeKey.seal(message.encoded, in: place)
        try transaction.setSecret(.sending(of: id), to: epoch.serializedSending())
        return OutboxItem.SealedEntry(epoch: record.cursor.epoch, body: body.bytes)
    }

    /// What this device says of its view with every message.
    func messageContext(
        in record: GroupRecord,
        at time: Time? = nil,
        statements: [Statement] = [],
        attestations: [PresentedAttestation] = [],
        _ transaction: borrowing VaultTransaction
    ) throws -> MessageContext {
        let epoch = try transaction.group(try coalitionGroup(transaction)).cursor.epoch
        guard let authenticator = try transaction.get(.coalitionAuthenticator(epoch)) else {
            throw VaultError.damaged("no authenticator of the coalition's epoch")
        }
        return MessageContext(
            at: time ?? max(now, record.lastCommitTime),
            log: record.cursor.last,
            coalitionEpoch: epoch,
            coalitionAuthenticator: authenticator,
            statements: statements,
            attestations: attestations
        )
    }

    func signatureKey(_ transaction: borrowing VaultTransaction) throws -> SignaturePrivateKey {
        guard let seed = try transaction.getSecret(.signatureSeed) else { throw VaultError.damaged("no signature key") }
        return try SignaturePrivateKey(try transaction.device().suite, raw: seed)
    }

    private func noteAppended(
        _ response: AppendResponse,
        _ request: AppendRequest,
        _ number: UInt64,
        in id: GroupID
    ) throws {
        let isPossible = try vault.write { transaction in
            guard var item = try transaction.record(number, in: .outbox, as: OutboxItem.self),
                item.entryID == request.entryID, item.sealed?.epoch == request.epoch
            else { return true }
            let record = try transaction.group(id)
            guard try self.isPossible(response, to: request, in: record, id, transaction) else {
                try transaction.note(
                    FindingRecord(
                        .answerContradicts,
                        at: now,
                        group: id,
                        parameters: ["sequence": "\(response.sequence)"]
                    )
                )
                return false
            }
            item.relayed = Position(sequence: response.sequence, runningHash: response.runningHash)
            try transaction.replace(number, in: .outbox, with: item.encoded)
            return true
        }
        guard isPossible else {
            throw MemberError(
                .violation,
                "the relay says that it has the message, at a place where something else stands",
                lost: "nothing was lost: it stays queued",
                advice: "tell the relay's operator"
            )
        }
    }

    /// Whether one's own entry may stand where the relay says, as far as this device has read the log.
    private func isPossible(
        _ response: AppendResponse,
        to request: AppendRequest,
        in record: GroupRecord,
        _ id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> Bool {
        guard record.cursor.epoch == request.epoch else { return true }
        // A restored relay has another log than the one that was read; the next read notices, and begins anew.
        guard response.incarnation == record.cursor.incarnation else { return true }
        // What a log has shown that contradicts itself proves nothing: the next read tells.
        guard try transaction.get(.brokenLog(of: id)) == nil else { return true }
        let last = record.cursor.last
        // What has been read is confirmed, and no longer in the outbox: this entry is not among it.
        guard response.sequence > last.sequence else { return false }
        guard response.sequence == last.sequence + 1 else { return true }
        let entry = RunningHashEntry(
            sequence: response.sequence,
            epoch: request.epoch,
            kind: request.kind,
            entryID: request.entryID,
            next: [],
            bodyHash: BodyHash(of: request.body)
        )
        return last.runningHash.following(with: entry) == response.runningHash
    }

    /// Does what a refusal asks for, so that the message can be sent again.
    private func resolve(_ problem: Problem, _ number: UInt64, in id: GroupID) async throws {
        switch problem.name {
        case .epochEnded, .notPermitted, .epochMismatch, .incarnationChanged:
            let before = try vault.read { try $0.group(id).cursor.epoch }
            guard try await tolerating(lossOf: id, { try await syncGroup(id) }) else {
                // A conversation goes on in another group.
                guard try vault.read({ try $0.group(id).profile.kind.isDirect }) else {
                    throw RelayError.problem(problem)
                }
                return
            }
            let after = try vault.read { try $0.group(id) }
            if after.cursor.epoch != before || after.stopped != nil { return }
            guard problem.name == .epochEnded else { throw RelayError.problem(problem) }
            // Nobody can accept any of the advances that ended the epoch.
            try await openEpoch(of: id)
        case .entryIDInUse:
            try vault.write { transaction in
                guard let item = try transaction.record(number, in: .outbox, as: OutboxItem.self) else { return }
                try rename(item, number, in: id, transaction)
            }
        default:
            throw RelayError.problem(problem)
        }
    }

    /// Gives a message another entry id, because something else stands under its own.
    func rename(
        _ item: OutboxItem,
        _ number: UInt64,
        in id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws {
        var item = item
        try transaction.delete(.outgoing(item.entryID, of: id))
        item.entryID = .random()
        item.relayed = nil
        item.sealed = nil
        try transaction.setRecord(.outgoing(item.entryID, of: id), to: Number(number))
        try transaction.replace(number, in: .outbox, with: item.encoded)
        try transaction.note(FindingRecord(.entryIDTaken, at: now, group: id))
    }
}
