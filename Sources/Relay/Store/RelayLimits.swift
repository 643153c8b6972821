public import RelayAPI

/// What a relay allows, and keeps by default.
public struct RelayLimits: Sendable {
    /// Days that an entry is kept where the client names none, by kind.
    public var applicationRetentionDays: UInt16 = 14
    public var advanceRetentionDays: UInt16 = 90
    /// Most days that a client may name.
    public var maximumRetentionDays: UInt16 = 180
    /// Entries in one mailbox, those whose bodies have gone included; below 2^32.
    public var maximumEntries: UInt64 = 2_000_000
    /// Bytes of the bodies that one mailbox holds at a time: 1 GiB.
    public var maximumMailboxBytes: UInt64 = 1 << 30
    /// Grants that one mailbox has ever got, those that are no more included: some 200 bytes stay of each that an advance brings.
    public var maximumGrants: UInt64 = 1_000_000
    /// An advance with so many always fits: whoever has used all up must not keep others from removing them. A member's
    /// brings one.
    static let grantsThatFit = 8

    /// Of the store in SQLite; 0: as many as the disk has. PostgreSQL has bounds of its own.
    public var maximumStoreBytes = 0
    /// Parts that the blobs of one mailbox may have together, present or not: 256 MiB.
    public var maximumBlobParts = 4_096
    /// A subscriber that takes nothing for so long is cut off.
    public var slowestSubscriber = Duration.seconds(30)
    /// A request has come as a whole after this time, and its answer has been taken: what 20 KiB/s, which a censored
    /// network leaves, needs for the longest.
    public var slowestExchange = Duration.seconds(300)
    /// The first request of a connection comes after this time, TLS handshake included.
    public var slowestStart = Duration.seconds(30)

    /// All header fields of a request together, in bytes.
    public var headerBytes = 16 * 1024
    /// Open at a time.
    public var connections = 4_096
    /// Subscriptions and reads that wait, at a time: of the relay, and of one connection.
    public var subscriptions = 4_096
    public var connectionSubscriptions = 32
    /// Of requests that are still coming and answers that are still being taken, all clients' together: 256 MiB.
    public var heldBytes = 256 << 20

    /// Requests of one connection.
    public var connectionRate = Rate(perSecond: 200)
    /// Requests with one capability, each append of a batch counted. All members of a group share theirs.
    public var capabilityRate = Rate(perSecond: 200)
    /// Requests with one access token.
    public var tokenRate = Rate(perSecond: 50)

    public init() {}

    /// Why one more entry does not fit into a mailbox; nil when it does.
    /// - Parameters:
    ///   - length: of its body, in bytes.
    ///   - entries: that the mailbox has got so far, those whose bodies have gone included.
    ///   - bodyBytes: of the bodies that it holds.
    func refusal(ofBodyOf length: Int, entries: UInt64, bodyBytes: UInt64) -> Problem? {
        if entries >= maximumEntries {
            return Problem(.mailboxFull, detail: "at most \(maximumEntries) entries, those that have gone included")
        }
        if bodyBytes + UInt64(length) > maximumMailboxBytes {
            return Problem(.mailboxFull, detail: "at most \(maximumMailboxBytes) bytes of entries at a time")
        }
        return nil
    }

    /// Refuses grants that do not fit beside all that a mailbox has got before.
    func checkRoom(forGrants added: Int, beside earlier: UInt64) throws(Problem) {
        guard added == 0 || earlier + UInt64(added) <= maximumGrants else {
            throw Problem(.mailboxFull, detail: "at most \(maximumGrants) grants, those that have gone included")
        }
    }

    /// Refuses a blob that does not fit beside a mailbox's others.
    /// - Parameter reserved: parts that these have, put or not.
    func checkRoom(forParts parts: Int, beside reserved: Int) throws(Problem) {
        guard reserved + parts <= maximumBlobParts else {
            throw Problem(.mailboxFull, detail: "at most \(maximumBlobParts) parts of blobs at a time")
        }
    }

    /// The days that an entry is kept. An advance is never kept for less than the default: whoever has not read it when it goes
    /// cannot follow the mailbox any further, and one that is kept for a day would throw out all who were away for two.
    /// - Parameter asked: what the client named; 0 for the default.
    public func retentionDays(asked: UInt16, kind: EntryKind) throws(Problem) -> Int {
        guard asked <= maximumRetentionDays else {
            throw Problem(.wrongRetention, detail: "at most \(maximumRetentionDays) days")
        }
        switch kind {
        case .application: return Int(asked > 0 ? asked : applicationRetentionDays)
        case .lastResort: return Int(asked > 0 ? asked : advanceRetentionDays)
        case .advance: return Int(max(asked, advanceRetentionDays))
        }
    }

    /// For `GET /v1/relay`.
    public var retention: RelayInformation.RetentionDays {
        RelayInformation.RetentionDays(
            application: Int(applicationRetentionDays),
            advance: Int(advanceRetentionDays),
            maximum: Int(maximumRetentionDays)
        )
    }
}
