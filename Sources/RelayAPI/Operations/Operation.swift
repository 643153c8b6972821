public import TLSCodec

/// What a relay does for a client: `POST` of one binary structure, answered by another (Protocol/http-api.md).
public enum Operation: String, CaseIterable, Sendable {
    case create
    case childToken = "child-token"
    case grant
    case append
    case batch
    case advance
    case read
    case subscribe
    case take
    case delete
    case blobCreate = "blob-create"
    case blobPut = "blob-put"
    case blobState = "blob-state"
    case blobGet = "blob-get"
    case blobDelete = "blob-delete"

    /// `/v1/` and the operation's name.
    public var path: String { "/v\(ProtocolVersions.spoken.newest)/\(rawValue)" }

    /// Of a request's body and of the answer to a success.
    public static let mediaType = "application/octet-stream"

    /// Longest request that a relay reads, in bytes: the longest entry body and 64 KiB more.
    public static let maximumRequestLength = BodyLength.longest.rawValue + 64 * 1024

    /// Longest answer to a read, in bytes, unless its first entry alone is longer.
    public static let maximumReadLength = 4 * 1024 * 1024
}

/// The request of an operation: ties it to its path and its answer for both sides.
public protocol OperationRequest: WireCodable, Sendable {
    associatedtype Response: WireCodable & Sendable
    static var operation: Operation { get }
}

/// A mailbox and the capability that is presented for it.
///
///     struct {
///         opaque mailbox[16];
///         opaque capability[32];
///     } Access;
public struct Access: WireCodable, Equatable, Sendable {
    public let mailbox: MailboxID
    public let capability: Capability

    public init(mailbox: MailboxID, capability: Capability) {
        self.mailbox = mailbox
        self.capability = capability
    }

    public init(from reader: inout Reader) throws(CodecError) {
        mailbox = try reader.read()
        capability = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(mailbox)
        writer.write(capability)
    }
}

/// The answer of operations that have nothing to say but that they are done.
public struct EmptyResponse: WireCodable, Equatable, Sendable {
    public init() {}

    public init(from reader: inout Reader) throws(CodecError) {}

    public func encode(to writer: inout Writer) {}
}

extension Reader {
    /// The grants of a new epoch: 1 to 1,024.
    mutating func readEpochGrants() throws(CodecError) -> [Grant] {
        let grants = try readVector(of: Grant.self, maximumCount: Grant.maximumCount)
        guard !grants.isEmpty else { throw .invalid("grants") }
        return grants
    }
}
