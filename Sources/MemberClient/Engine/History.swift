internal import Coalition
internal import RelayAPI

/// Reading what is kept: messages, findings, and what of them has been shown.
extension Engine {
    /// Most messages that are in memory at once.
    static var pageLength: Int { 1000 }

    /// - Parameter last: the number of the last message of the page before.
    func unshownMessages(
        _ filter: MessageFilter,
        after last: UInt64? = nil,
        pageLength: Int = Engine.pageLength
    ) throws -> [Message] {
        var unwanted: Set<UInt64> = []
        return try unshownMessages(filter, after: last, passingOver: [], unwanted: &unwanted, pageLength: pageLength)
    }

    /// The same for who asks again and again.
    /// - Parameters:
    ///   - passedOver: numbers of messages that are not given now.
    ///   - unwanted: numbers of messages that do not match, so that each is opened once.
    func unshownMessages(
        _ filter: MessageFilter,
        after last: UInt64?,
        passingOver passedOver: Set<UInt64>,
        unwanted: inout Set<UInt64>,
        pageLength: Int
    ) throws -> [Message] {
        var found: Set<UInt64> = []
        defer { unwanted.formUnion(found) }
        return try vault.read { transaction in
            var messages: [Message] = []
            for (_, number) in try transaction.records(in: .unshownMessages, as: Number.self) {
                if let last, number.value <= last { continue }
                if passedOver.contains(number.value) || unwanted.contains(number.value) { continue }
                guard messages.count < pageLength else { break }
                guard let record = try transaction.record(number.value, in: .messages, as: MessageRecord.self) else {
                    continue
                }
                let message = try message(number.value, record, transaction)
                if filter.matches(message) { messages.append(message) } else { found.insert(number.value) }
            }
            return messages
        }
    }

    private func message(
        _ number: UInt64,
        _ record: MessageRecord,
        _ transaction: borrowing VaultTransaction
    ) throws -> Message {
        let content = try Content(json: record.content)
        return Message(
            number: number,
            id: content.id.description,
            kind: content.kind.name,
            from: record.sender.address,
            to: try target(of: record.group, transaction),
            sent: record.sent,
            received: record.received,
            text: content.kind.text,
            references: content.references.map(\.id.description),
            content: record.content,
            isVerified: try transaction.get(.verified(record.sender.hash)) != nil,
            alertState: try content.alert.map {
                try alertState(of: content.id, from: record.sender.hash, $0, transaction)
            }
        )
    }

    /// What people call a group.
    func target(of id: GroupID, _ transaction: borrowing VaultTransaction) throws -> Target {
        switch try transaction.group(id).profile.kind {
        case .coalition: return .coalition
        // No Welcome to one is accepted. One that an earlier program took is at least not said to be the coalition's.
        case .group: return .user(try transaction.device().identity.address.userAddress)
        case .direct(let participants):
            let own = try transaction.device().identity.address.userAddress
            return .user(participants.first { $0 != own } ?? own)
        }
    }

    /// - Parameter toPerson: whether a person has seen them, which is confirmed to the senders of alerts where that is switched on.
    func markShown(_ messages: [Message], toPerson: Bool = false) throws {
        let numbers = Set(messages.map(\.number))
        guard !numbers.isEmpty else { return }
        try vault.write { transaction in
            if toPerson { try oweReadReceipts(for: messages, transaction) }
            try forgetFailures(of: numbers, transaction)
            for (row, number) in try transaction.records(in: .unshownMessages, as: Number.self)
            where numbers.contains(number.value) {
                try transaction.delete(row, in: .unshownMessages)
            }
        }
    }

    func unshownFindings() throws -> [Finding] {
        try vault.read { transaction in
            try transaction.records(in: .unshownFindings, as: Number.self)
                .compactMap { _, number in
                    try transaction.record(number.value, in: .findings, as: FindingRecord.self)
                        .map { try finding(number.value, $0, transaction) }
                }
        }
    }

    private func finding(
        _ number: UInt64,
        _ record: FindingRecord,
        _ transaction: borrowing VaultTransaction
    ) throws -> Finding {
        Finding(
            number: number,
            kind: record.kind,
            at: record.at,
            group: try record.group.map { try target(of: $0, transaction).description },
            who: record.who,
            parameters: Dictionary(
                record.parameters.map { ($0.name, $0.value) },
                uniquingKeysWith: { first, _ in first }
            )
        )
    }

    func markShown(_ findings: [Finding]) throws {
        let numbers = Set(findings.map(\.number))
        guard !numbers.isEmpty else { return }
        try vault.write { transaction in
            for (row, number) in try transaction.records(in: .unshownFindings, as: Number.self)
            where numbers.contains(number.value) {
                try transaction.delete(row, in: .unshownFindings)
            }
        }
    }
}

extension Content.Kind {
    /// The words of a message, for kinds that have some.
    var text: String? {
        switch self {
        case .text(let text): text
        case .acknowledgement(let text), .cancel(let text): text
        case .alert, .file, .receipt, .heartbeat, .unknown: nil
        }
    }
}
