internal import FoundationEssentials

/// Why a relay refuses a request, which has then changed nothing; after `unavailable`, asking again tells whether it has.
/// An RFC 9457 problem document (Protocol/http-api.md, "Problems"). Clients decide by `name` alone.
public struct Problem: Error, Hashable, Sendable {
    public let name: Name
    /// What is the matter with this very request, for people, in English; never anything secret.
    public let detail: String?
    /// With `incarnation-changed`: the relay's present one.
    public let incarnation: Incarnation?
    /// Seconds after which asking again can help; nil where time does not. Not in the document: a header, `Retry-After`.
    public let retryAfter: Int?

    /// - Parameter retryAfter: nil for what is usual for such a problem.
    public init(_ name: Name, detail: String? = nil, incarnation: Incarnation? = nil, retryAfter: Int? = nil) {
        self.name = name
        self.detail = detail
        self.incarnation = incarnation
        self.retryAfter = retryAfter ?? name.retryAfter
    }

    public enum Name: String, CaseIterable, Sendable {
        case malformed
        case notPermitted = "not-permitted"
        case tokenRefused = "token-refused"
        case unknownOperation = "unknown-operation"
        case wrongMethod = "wrong-method"
        case epochMismatch = "epoch-mismatch"
        case epochEnded = "epoch-ended"
        case unseenAdvance = "unseen-advance"
        case entryIDInUse = "entry-id-in-use"
        case capabilityInUse = "capability-in-use"
        case mailboxExists = "mailbox-exists"
        case partExists = "part-exists"
        case incarnationChanged = "incarnation-changed"
        case tooLarge = "too-large"
        case headersTooLarge = "headers-too-large"
        case wrongMediaType = "wrong-media-type"
        case wrongLength = "wrong-length"
        case wrongRetention = "wrong-retention"
        case quotaExhausted = "quota-exhausted"
        case mailboxesExhausted = "mailboxes-exhausted"
        case advancesExhausted = "advances-exhausted"
        case grantsExhausted = "grants-exhausted"
        case mailboxFull = "mailbox-full"
        case rateLimited = "rate-limited"
        case connectionsExhausted = "connections-exhausted"
        case subscriptionsExhausted = "subscriptions-exhausted"
        case `internal`
        case unavailable

        /// HTTP status.
        public var status: Int {
            switch self {
            case .malformed: 400
            case .notPermitted, .tokenRefused: 403
            case .unknownOperation: 404
            case .wrongMethod: 405
            case .epochMismatch, .epochEnded, .unseenAdvance, .entryIDInUse, .capabilityInUse, .mailboxExists,
                .partExists, .incarnationChanged:
                409
            case .tooLarge: 413
            case .headersTooLarge: 431
            case .wrongMediaType: 415
            case .wrongLength, .wrongRetention: 422
            case .quotaExhausted, .mailboxesExhausted, .advancesExhausted, .grantsExhausted, .mailboxFull, .rateLimited:
                429
            case .internal: 500
            case .connectionsExhausted, .subscriptionsExhausted, .unavailable: 503
            }
        }

        /// Seconds after which asking again can help, unless the relay says otherwise.
        fileprivate var retryAfter: Int? {
            switch self {
            case .rateLimited: 1
            case .unavailable: 5
            case .connectionsExhausted, .subscriptionsExhausted: 30
            // Expiry, or somebody who owns the mailbox or the relay, has to make room first.
            case .quotaExhausted, .mailboxesExhausted, .advancesExhausted, .grantsExhausted, .mailboxFull: 3600
            default: nil
            }
        }

        /// For people, in English.
        public var title: String {
            switch self {
            case .malformed: "The request is not what this operation takes"
            case .notPermitted: "No such mailbox, capability or right"
            case .tokenRefused: "The access token is unknown, expired or revoked"
            case .unknownOperation: "No such operation"
            case .wrongMethod: "The operation is not asked for in this way"
            case .epochMismatch: "The capability belongs to an epoch of another number"
            case .epochEnded: "An advance has ended the epoch"
            case .unseenAdvance: "There is an advance that the request does not name"
            case .entryIDInUse: "The entry id belongs to an entry of another epoch"
            case .capabilityInUse: "A capability hash is already known in this mailbox"
            case .mailboxExists: "The mailbox exists, with another epoch or other grants"
            case .partExists: "The part is there, with other bytes"
            case .incarnationChanged: "The relay's store is not the one that the cursor belongs to"
            case .tooLarge: "The request is longer than any may be"
            case .headersTooLarge: "The request's header fields are longer than this relay reads"
            case .wrongMediaType: "The body must be application/octet-stream"
            case .wrongLength: "An entry's body or a blob's part has a length that is not allowed"
            case .wrongRetention: "The retention is longer than this relay allows"
            case .quotaExhausted: "The capability has no uses left"
            case .mailboxesExhausted: "The access token has no mailboxes left"
            case .advancesExhausted: "No more advances may leave this epoch"
            case .grantsExhausted: "No more grants fit into this epoch"
            case .mailboxFull: "The mailbox holds as much as this relay allows"
            case .rateLimited: "Asked too often; ask again later"
            case .connectionsExhausted: "The relay has as many connections as it may; ask again later"
            case .subscriptionsExhausted: "No more subscriptions or waiting reads for now; ask again later"
            case .internal: "A fault of the relay; nothing was stored"
            case .unavailable: "The relay cannot take this now; ask again"
            }
        }
    }

    /// Of a problem document.
    public static let mediaType = "application/problem+json"

    private static let typePrefix = "urn:aadr:problem:"

    /// The document.
    public var json: [UInt8] {
        let document = Document(
            type: Self.typePrefix + name.rawValue,
            title: name.title,
            status: name.status,
            detail: detail,
            incarnation: incarnation.map { Base64URL.encode($0.bytes) }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and one integer: there is nothing in it that JSON could not express.
        return (try? encoder.encode(document)).map { Array($0) } ?? Array("{}".utf8)
    }

    /// Nil when the bytes are not a problem document of ours; one with a name unknown here has no meaning either.
    /// - Parameter retryAfter: the header's, if there is one.
    public init?(json: [UInt8], retryAfter: Int? = nil) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(json)),
            document.type.hasPrefix(Self.typePrefix),
            let name = Name(rawValue: String(document.type.dropFirst(Self.typePrefix.count)))
        else { return nil }
        self.init(
            name,
            detail: document.detail,
            incarnation: document.incarnation.flatMap { Base64URL.decode($0) }.flatMap { Incarnation($0) },
            retryAfter: retryAfter
        )
    }

    private struct Document: Codable {
        let type: String
        let title: String
        let status: Int
        let detail: String?
        let incarnation: String?
    }
}
