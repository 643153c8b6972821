/// Everything that can be set, under the name of its option. `AADR_RELAY_` and the name make its environment variable,
/// as in `AADR_RELAY_ADMIN_LISTEN`; the name alone is its key in the settings file. Docs/operation.md has them all.
enum Setting: String, CaseIterable {
    case data
    case config
    case store
    case storeFile = "store-file"

    // serve
    case listen
    case adminListen = "admin-listen"
    case tlsCertificate = "tls-certificate"
    case tlsKey = "tls-key"
    case plainHTTP = "plain-http"
    case behindProxy = "behind-proxy"
    case logLevel = "log-level"

    // serve: what it allows
    case retentionDays = "retention-days"
    case advanceRetentionDays = "advance-retention-days"
    case longestRetentionDays = "longest-retention-days"
    case mailboxEntries = "mailbox-entries"
    case mailboxBytes = "mailbox-bytes"
    case mailboxGrants = "mailbox-grants"
    case storeBytes = "store-bytes"
    case mailboxBlobParts = "mailbox-blob-parts"
    case connections
    case subscriptions
    case connectionSubscriptions = "connection-subscriptions"
    case heldBytes = "held-bytes"
    case connectionRate = "connection-rate"
    case capabilityRate = "capability-rate"
    case tokenRate = "token-rate"
    case headerBytes = "header-bytes"
    case slowestStart = "slowest-start"
    case slowestExchange = "slowest-exchange"
    case slowestSubscriber = "slowest-subscriber"

    // other commands
    case host
    case label
    case mailboxes

    static let variablePrefix = "AADR_RELAY_"

    var variable: String { Self.variablePrefix + rawValue.uppercased().replacing("-", with: "_") }

    /// Whether the settings file may hold it: not what names the file, nor what belongs to one command.
    var isForFile: Bool {
        switch self {
        case .config, .host, .label: false
        default: true
        }
    }
}
