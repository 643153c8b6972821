internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// Receipts: the one that each organisation owes for an alert, and those of reading where they are switched on
/// (Protocol/content.md, "Acknowledgements and receipts").
extension Engine {
    private static var jitter: ClosedRange<UInt64> { 0...3 }
    /// Between one device of an organisation and the next.
    private static var turn: UInt64 { 15 }
    private static var lastTurn: Int { 6 }
    /// Whether this task belongs to a process that stays, and reads what comes as it comes.
    @TaskLocal static var isFollowing = false

    /// Remembers, in the step that keeps an alert, that its organisation is owed word of it.
    func oweReceipt(for arrival: Arrival, in group: LoadedGroup, _ transaction: borrowing VaultTransaction) throws {
        let own = try transaction.device().identity
        guard arrival.content.alert != nil, arrival.sender.address.organisation != own.address.organisation else {
            return
        }
        let colleagues = group.mls.tree.members.compactMap(\.leaf.device)
            .filter { $0.address.organisation == own.address.organisation }
        let turn = UInt64(min(Self.rank(of: own, among: colleagues, for: arrival.content.id), Self.lastTurn))
        // A sender whose clock is ahead must not hold the receipt back, nor one that is behind bring all turns at once. Who
        // only passes by may not be there in its turn; whoever was there before has sent by then.
        let start = Self.isFollowing ? now.seconds : min(arrival.at.seconds, now.seconds)
        let due = start + turn * Self.turn + UInt64.random(in: Self.jitter)
        let alert = Content.Reference(arrival.content.id, from: arrival.sender.hash)
        try owe(.delivered, for: alert, in: arrival.group, at: due, transaction)
    }

    /// An order that all devices of an organisation compute alike, another one for each alert: so the work is shared, and
    /// no message is needed to settle whose turn it is.
    static func rank(of device: DeviceIdentity, among devices: [DeviceIdentity], for id: MessageID) -> Int {
        func place(_ device: DeviceIdentity) -> [UInt8] { SHA256.hash(id.bytes + device.hash.bytes) }
        let own = place(device)
        return devices.count { place($0).lexicographicallyPrecedes(own) }
    }

    /// Whether a person has switched on, for this device, that reading is confirmed.
    func confirmsReading() throws -> Bool {
        try vault.read { try $0.get(.confirmsReading) != nil }
    }

    /// Switched off, it takes back what is still owed: nothing is confirmed from now on.
    func setConfirmsReading(_ isOn: Bool) throws {
        try vault.write { transaction in
            if isOn { return try transaction.set(.confirmsReading, to: []) }
            try transaction.delete(.confirmsReading)
            for (number, receipt) in try transaction.records(in: .dueReceipts, as: DueReceipt.self)
            where receipt.state == .read {
                try transaction.delete(number, in: .dueReceipts)
            }
        }
    }

    /// Remembers, in the step that marks alerts as shown, that reading is to be confirmed, where that is switched on.
    func oweReadReceipts(for messages: [Message], _ transaction: borrowing VaultTransaction) throws {
        guard try transaction.get(.confirmsReading) != nil else { return }
        let own = try transaction.device().identity.address.organisation
        for message in messages where message.kind == "alert" && message.from.organisation != own {
            guard let id = MessageID(text: message.id),
                let record = try transaction.record(message.number, in: .messages, as: MessageRecord.self)
            else { continue }
            let due = now.seconds + UInt64.random(in: Self.jitter)
            let alert = Content.Reference(id, from: record.sender.hash)
            try owe(.read, for: alert, in: record.group, at: due, transaction)
        }
    }

    private func owe(
        _ state: Content.ReceiptState,
        for message: Content.Reference,
        in group: GroupID,
        at due: UInt64,
        _ transaction: borrowing VaultTransaction
    ) throws {
        let receipt = DueReceipt(message: message, group: group, state: state, due: Time(seconds: due))
        _ = try transaction.append(receipt.encoded, to: .dueReceipts)
    }

    /// Queues the receipts whose time has come and which nobody else of the organisation has sent.
    /// - Returns: whether any was queued.
    func queueDueReceipts() async throws -> Bool {
        let time = now
        guard
            try vault.read({ try $0.records(in: .dueReceipts, as: DueReceipt.self) })
                .contains(where: { $0.record.isDue(at: time) })
        else { return false }
        try await observer.willTake(.queueReceipts)
        return try vault.write { transaction in
            var receipts: [Batch: [Content.Reference]] = [:]
            let own = try transaction.device().identity.address.organisation
            for (number, receipt) in try transaction.records(in: .dueReceipts, as: DueReceipt.self)
            where receipt.isDue(at: time) {
                try transaction.delete(number, in: .dueReceipts)
                guard let message = try tracked(receipt.message, transaction) else { continue }
                let answer = message.answer(of: own)
                guard receipt.state == .read ? answer?.read == nil : answer?.delivered == nil else { continue }
                receipts[Batch(group: receipt.group, state: receipt.state), default: []]
                    .append(Content.Reference(receipt.message.id, from: message.sender.hash))
            }
            for (batch, messages) in receipts {
                for start in stride(from: 0, to: messages.count, by: Content.maximumReferenceCount) {
                    let references = messages[start..<min(start + Content.maximumReferenceCount, messages.count)]
                    let content = try Content(.receipt(batch.state), references: references.unique)
                    _ = try enqueue(content, to: [.group(batch.group)], transaction)
                }
            }
            return !receipts.isEmpty
        }
    }

    private struct Batch: Hashable {
        let group: GroupID
        let state: Content.ReceiptState
    }
}

extension DueReceipt {
    /// None waits so long, in seconds: what seems to was put there by a clock that was ahead.
    private static var longestWait: UInt64 { 300 }

    fileprivate func isDue(at time: Time) -> Bool {
        due <= time || due > Time(seconds: time.seconds + Self.longestWait)
    }
}
