import ArgumentParser
import Relay

/// What the relay allows, and keeps by default.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Days that an entry is kept where the client names none (default: 14).", valueName: "N"))
    var retentionDays: String?

    @Option(help: ArgumentHelp("The same for advances and last resorts (default: 90).", valueName: "N"))
    var advanceRetentionDays: String?

    @Option(help: ArgumentHelp("Most days that a client may name (default: 180).", valueName: "N"))
    var longestRetentionDays: String?

    @Option(
        help: ArgumentHelp(
            "Entries in one mailbox, those whose bodies have gone included (default: 2000000).",
            valueName: "N"
        )
    )
    var mailboxEntries: String?

    @Option(
        help: ArgumentHelp(
            "Bytes of the entries that one mailbox holds at a time (default: 1073741824).",
            valueName: "N"
        )
    )
    var mailboxBytes: String?

    @Option(
        help: ArgumentHelp("Grants that one mailbox may ever get (default: 1000000).", valueName: "N")
    )
    var mailboxGrants: String?

    @Option(
        help: ArgumentHelp("Parts of 64 KiB that the blobs of one mailbox may have (default: 4096).", valueName: "N")
    )
    var mailboxBlobParts: String?

    @Option(
        help: ArgumentHelp("Bytes of the store in SQLite; 0: as many as the disk has (default: 0).", valueName: "N")
    )
    var storeBytes: String?

    @Option(help: ArgumentHelp("Open connections (default: 4096).", valueName: "N"))
    var connections: String?

    @Option(help: ArgumentHelp("Subscriptions and reads that wait, at a time (default: 4096).", valueName: "N"))
    var subscriptions: String?

    @Option(help: ArgumentHelp("The same on one connection (default: 32).", valueName: "N"))
    var connectionSubscriptions: String?

    @Option(
        help: ArgumentHelp(
            "Bytes of requests that are coming and answers that are being taken, at a time (default: 268435456).",
            valueName: "N"
        )
    )
    var heldBytes: String?

    @Option(
        help: ArgumentHelp("Requests a second on one connection; 0: as many as come (default: 200).", valueName: "N")
    )
    var connectionRate: String?

    @Option(
        help: ArgumentHelp("Requests a second with one capability; 0: as many as come (default: 200).", valueName: "N")
    )
    var capabilityRate: String?

    @Option(
        help: ArgumentHelp("Requests a second with one access token; 0: as many as come (default: 50).", valueName: "N")
    )
    var tokenRate: String?

    @Option(help: ArgumentHelp("Bytes of all header fields of a request (default: 16384).", valueName: "N"))
    var headerBytes: String?

    @Option(
        help: ArgumentHelp(
            "Seconds until the first request of a connection has begun (default: 30).",
            valueName: "SECONDS"
        )
    )
    var slowestStart: String?

    @Option(
        help: ArgumentHelp(
            "Seconds until a request has come as a whole, and its answer has been taken (default: 300).",
            valueName: "SECONDS"
        )
    )
    var slowestExchange: String?

    @Option(
        help: ArgumentHelp("Seconds until a subscriber has taken what it was sent (default: 30).", valueName: "SECONDS")
    )
    var slowestSubscriber: String?

    /// What is set, and the defaults for the rest.
    func chosen(_ settings: Settings) throws -> RelayLimits {
        var limits = RelayLimits()
        func set<Number: FixedWidthInteger>(
            _ limit: WritableKeyPath<RelayLimits, Number>,
            _ setting: Setting,
            _ option: String?,
            in range: ClosedRange<Number>
        ) throws {
            limits[keyPath: limit] =
                try settings.number(setting, option: option, default: limits[keyPath: limit], in: range)
        }

        try set(\.applicationRetentionDays, .retentionDays, retentionDays, in: 1...3650)
        try set(\.advanceRetentionDays, .advanceRetentionDays, advanceRetentionDays, in: 1...3650)
        try set(\.maximumRetentionDays, .longestRetentionDays, longestRetentionDays, in: 1...3650)
        guard max(limits.applicationRetentionDays, limits.advanceRetentionDays) <= limits.maximumRetentionDays else {
            throw ValidationError("longest-retention-days is less than what is kept by default")
        }

        try set(\.maximumEntries, .mailboxEntries, mailboxEntries, in: 1...4_000_000_000)
        // Room for the longest body, and no more than a column holds.
        try set(\.maximumMailboxBytes, .mailboxBytes, mailboxBytes, in: 1_048_576...UInt64(Int64.max))
        // One epoch may have as many as 1,024.
        try set(\.maximumGrants, .mailboxGrants, mailboxGrants, in: 1_024...4_000_000_000)
        try set(\.maximumBlobParts, .mailboxBlobParts, mailboxBlobParts, in: 0...1_000_000)
        try set(\.maximumStoreBytes, .storeBytes, storeBytes, in: 0...Int.max)

        try set(\.connections, .connections, connections, in: 1...1_000_000)
        try set(\.subscriptions, .subscriptions, subscriptions, in: 1...1_000_000)
        try set(\.connectionSubscriptions, .connectionSubscriptions, connectionSubscriptions, in: 1...1_000_000)
        // Room for the longest answer.
        try set(\.heldBytes, .heldBytes, heldBytes, in: 8_388_608...Int.max)
        try set(\.headerBytes, .headerBytes, headerBytes, in: 1024...1_048_576)

        try set(\.connectionRate.perSecond, .connectionRate, connectionRate, in: Self.rates)
        try set(\.capabilityRate.perSecond, .capabilityRate, capabilityRate, in: Self.rates)
        try set(\.tokenRate.perSecond, .tokenRate, tokenRate, in: Self.rates)

        try set(\.slowestStart.inSeconds, .slowestStart, slowestStart, in: Self.seconds)
        try set(\.slowestExchange.inSeconds, .slowestExchange, slowestExchange, in: Self.seconds)
        try set(\.slowestSubscriber.inSeconds, .slowestSubscriber, slowestSubscriber, in: Self.seconds)
        return limits
    }

    private static let rates = 0...1_000_000
    private static let seconds: ClosedRange<Int64> = 1...86_400
}

extension Duration {
    fileprivate var inSeconds: Int64 {
        get { components.seconds }
        set { self = .seconds(newValue) }
    }
}
