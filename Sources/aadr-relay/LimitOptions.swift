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

    func limits(_ settings: Settings) throws -> RelayLimits {
        var limits = RelayLimits()
        limits.applicationRetentionDays = try settings.number(
            .retentionDays,
            option: retentionDays,
            default: limits.applicationRetentionDays,
            in: 1...3650
        )
        limits.advanceRetentionDays = try settings.number(
            .advanceRetentionDays,
            option: advanceRetentionDays,
            default: limits.advanceRetentionDays,
            in: 1...3650
        )
        limits.maximumRetentionDays = try settings.number(
            .longestRetentionDays,
            option: longestRetentionDays,
            default: limits.maximumRetentionDays,
            in: 1...3650
        )
        limits.maximumEntries = try settings.number(
            .mailboxEntries,
            option: mailboxEntries,
            default: limits.maximumEntries,
            in: 1...4_000_000_000
        )
        limits.maximumMailboxBytes = try settings.number(
            .mailboxBytes,
            option: mailboxBytes,
            default: limits.maximumMailboxBytes,
            // Room for the longest body, and no more than a column holds.
            in: 1_048_576...UInt64(Int64.max)
        )
        limits.maximumBlobParts = try settings.number(
            .mailboxBlobParts,
            option: mailboxBlobParts,
            default: limits.maximumBlobParts,
            in: 0...1_000_000
        )
        limits.maximumStoreBytes = try settings.number(
            .storeBytes,
            option: storeBytes,
            default: limits.maximumStoreBytes,
            in: 0...Int.max
        )
        limits.connections = try settings.number(
            .connections,
            option: connections,
            default: limits.connections,
            in: 1...1_000_000
        )
        limits.subscriptions = try settings.number(
            .subscriptions,
            option: subscriptions,
            default: limits.subscriptions,
            in: 1...1_000_000
        )
        limits.connectionSubscriptions = try settings.number(
            .connectionSubscriptions,
            option: connectionSubscriptions,
            default: limits.connectionSubscriptions,
            in: 1...1_000_000
        )
        limits.heldBytes = try settings.number(
            .heldBytes,
            option: heldBytes,
            default: limits.heldBytes,
            // Room for the longest answer.
            in: 8_388_608...Int.max
        )
        limits.headerBytes = try settings.number(
            .headerBytes,
            option: headerBytes,
            default: limits.headerBytes,
            in: 1024...1_048_576
        )
        limits.connectionRate = try rate(.connectionRate, connectionRate, limits.connectionRate, settings)
        limits.capabilityRate = try rate(.capabilityRate, capabilityRate, limits.capabilityRate, settings)
        limits.tokenRate = try rate(.tokenRate, tokenRate, limits.tokenRate, settings)
        limits.slowestStart = try seconds(.slowestStart, slowestStart, limits.slowestStart, settings)
        limits.slowestExchange = try seconds(.slowestExchange, slowestExchange, limits.slowestExchange, settings)
        limits.slowestSubscriber = try seconds(
            .slowestSubscriber,
            slowestSubscriber,
            limits.slowestSubscriber,
            settings
        )
        guard max(limits.applicationRetentionDays, limits.advanceRetentionDays) <= limits.maximumRetentionDays else {
            throw ValidationError("longest-retention-days is less than what is kept by default")
        }
        return limits
    }

    private func rate(_ setting: Setting, _ option: String?, _ rate: Rate, _ settings: Settings) throws -> Rate {
        Rate(perSecond: try settings.number(setting, option: option, default: rate.perSecond, in: 0...1_000_000))
    }

    private func seconds(
        _ setting: Setting,
        _ option: String?,
        _ duration: Duration,
        _ settings: Settings
    ) throws -> Duration {
        .seconds(
            try settings.number(setting, option: option, default: duration.components.seconds, in: 1...86_400)
        )
    }
}
