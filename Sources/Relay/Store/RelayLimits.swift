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

    /// Parts that the blobs of one mailbox may have together, present or not: 256 MiB.
    public var maximumBlobParts = 4_096
    /// A subscriber that takes nothing for so long is cut off.
    public var slowestSubscriber = Duration.seconds(30)

    public init() {}

    /// The days that an entry is kept.
    /// - Parameter asked: what the client named; 0 for the default.
    public func retentionDays(asked: UInt16, kind: EntryKind) throws(Problem) -> Int {
        guard asked <= maximumRetentionDays else {
            throw Problem(.wrongRetention, detail: "at most \(maximumRetentionDays) days")
        }
        guard asked == 0 else { return Int(asked) }
        switch kind {
        case .application: return Int(applicationRetentionDays)
        case .advance, .lastResort: return Int(advanceRetentionDays)
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
