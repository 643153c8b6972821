internal import Coalition
internal import TLSCodec

/// A message that was handed over in vain, until it is done.
struct FailedHandlingRecord: WireCodable, Sendable {
    /// In `VaultSpace.messages`.
    let message: UInt64
    let attempts: UInt32
    let reason: String
    let next: Time

    init(message: UInt64, attempts: UInt32, reason: String, next: Time) {
        self.message = message
        self.attempts = attempts
        self.reason = reason
        self.next = next
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        message = try reader.readUInt64()
        attempts = try reader.readUInt32()
        reason = try reader.readText()
        next = try reader.read()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(message)
        writer.write(attempts)
        writer.writeText(reason)
        writer.write(next)
    }
}

/// Messages whose handling failed: each waits on its own, so that one that never succeeds holds up no other.
extension Engine {
    /// The pause after the first failure, in seconds; it doubles with each, up to `longestHandlingPause`.
    private static var firstHandlingPause: UInt64 { 1 }
    private static var longestHandlingPause: UInt64 { 300 }

    func noteFailure(of message: Message, reason: String) throws {
        try vault.write { transaction in
            let earlier = try failedHandlings(transaction).first { $0.record.message == message.number }
            let attempts = (earlier?.record.attempts ?? 0) &+ 1
            let pause = min(Self.firstHandlingPause << UInt64(min(attempts - 1, 16)), Self.longestHandlingPause)
            let record = FailedHandlingRecord(
                message: message.number,
                attempts: attempts,
                reason: reason,
                next: Time(seconds: now.seconds + pause)
            )
            if let earlier {
                try transaction.replace(earlier.number, in: .failedHandlings, with: record.encoded)
            } else {
                _ = try transaction.append(record.encoded, to: .failedHandlings)
            }
        }
    }

    /// The messages whose next attempt is not due yet. A clock that was set back makes none wait longer than any may.
    func messagesInPause() throws -> Set<UInt64> {
        let latest = Time(seconds: now.seconds + Self.longestHandlingPause)
        return try vault.read { transaction in
            Set(
                try failedHandlings(transaction).map(\.record).filter { $0.next > now && $0.next <= latest }
                    .map(\.message)
            )
        }
    }

    /// Forgets the failures of messages that are done.
    func forgetFailures(of messages: Set<UInt64>, _ transaction: borrowing VaultTransaction) throws {
        for (number, record) in try failedHandlings(transaction) where messages.contains(record.message) {
            try transaction.delete(number, in: .failedHandlings)
        }
    }

    /// Oldest first. Messages that have expired meanwhile are not among them.
    func failedHandlings(_ transaction: borrowing VaultTransaction) throws -> [FailedHandling] {
        try failedHandlings(transaction)
            .compactMap { _, record in
                guard
                    let message = try transaction.record(record.message, in: .messages, as: MessageRecord.self)
                else { return nil }
                return FailedHandling(
                    id: try Content(json: message.content).id.description,
                    attempts: Int(record.attempts),
                    reason: record.reason,
                    next: record.next
                )
            }
    }

    private func failedHandlings(
        _ transaction: borrowing VaultTransaction
    ) throws -> [(number: UInt64, record: FailedHandlingRecord)] {
        try transaction.records(in: .failedHandlings, as: FailedHandlingRecord.self)
    }
}
