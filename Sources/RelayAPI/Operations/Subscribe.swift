public import TLSCodec

/// Reads many mailboxes from cursors on and goes on with what comes: the answer is a stream of events that ends when one
/// side ends it.
public struct SubscribeRequest: OperationRequest, Equatable {
    /// One of many, each in a vector of its own: see `SubscriptionEvents`.
    public typealias Response = SubscriptionEvent
    public static let operation = Operation.subscribe

    /// 1 to 256.
    public let mailboxes: [SubscribedMailbox]
    /// A heartbeat comes at least so often, whatever else does: 1 to 60.
    public let heartbeatSeconds: UInt16

    public static let maximumCount = 256
    public static let heartbeatsAllowed: ClosedRange<UInt16> = 1...60

    /// Longest entries in one event, in bytes, unless its first entry alone is longer.
    public static let maximumEntriesLength = BodyLength.longest.rawValue

    public init(mailboxes: [SubscribedMailbox], heartbeatSeconds: UInt16 = 25) {
        self.mailboxes = mailboxes
        self.heartbeatSeconds = heartbeatSeconds
    }

    public init(from reader: inout Reader) throws(CodecError) {
        mailboxes = try reader.readVector(maximumCount: Self.maximumCount)
        guard !mailboxes.isEmpty else { throw .invalid("mailboxes") }
        heartbeatSeconds = try reader.readUInt16()
        guard Self.heartbeatsAllowed.contains(heartbeatSeconds) else { throw .invalid("heartbeat_seconds") }
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(mailboxes)
        writer.write(heartbeatSeconds)
    }
}

/// Where reading one mailbox of a subscription begins.
///
///     struct {
///         Access access;            // right: read
///         opaque incarnation[16];   // all zero: not known yet
///         uint64 after;
///     } SubscribedMailbox;
public struct SubscribedMailbox: WireCodable, Equatable, Sendable {
    public let access: Access
    public let incarnation: Incarnation
    /// Entries with a greater sequence number are wanted.
    public let after: UInt64

    public init(access: Access, incarnation: Incarnation, after: UInt64) {
        self.access = access
        self.incarnation = incarnation
        self.after = after
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
        incarnation = try reader.read()
        after = try reader.readUInt64()
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
        writer.write(incarnation)
        writer.write(after)
    }
}

/// What a subscriber is told.
///
///     enum { heartbeat(1), entries(2), refused(3), (255) } EventKind;
public enum SubscriptionEvent: WireCodable, Equatable, Sendable {
    /// The relay is there.
    case heartbeat
    /// As a read from where the last one of this mailbox ended; without entries only in a mailbox's first event, and
    /// then there are none yet.
    /// - Parameter mailbox: its place in the request, from 0 on.
    case entries(ReadResponse, mailbox: UInt16)
    /// No more comes from this mailbox.
    case refused(Refusal, mailbox: UInt16)

    /// Longest in its wire form, in bytes: entries, or one entry alone with all the grants that it can have.
    public static let maximumLength = SubscribeRequest.maximumEntriesLength + 128 * 1024

    public init(from reader: inout Reader) throws(CodecError) {
        switch try reader.readUInt8() {
        case 1:
            self = .heartbeat
        case 2:
            let mailbox = try reader.readUInt16()
            self = .entries(try reader.read(), mailbox: mailbox)
        case 3:
            let mailbox = try reader.readUInt16()
            self = .refused(try reader.read(), mailbox: mailbox)
        default:
            throw .invalid("event kind")
        }
    }

    public func encode(to writer: inout Writer) {
        switch self {
        case .heartbeat:
            writer.write(UInt8(1))
        case .entries(let response, let mailbox):
            writer.write(UInt8(2))
            writer.write(mailbox)
            writer.write(response)
        case .refused(let refusal, let mailbox):
            writer.write(UInt8(3))
            writer.write(mailbox)
            writer.write(refusal)
        }
    }

    /// `opaque event<V>`, as it stands in the stream.
    public var framed: [UInt8] {
        var writer = Writer()
        writer.writeVector(encoded)
        return writer.bytes
    }
}

/// Finds the events in a stream of bytes that comes in pieces.
public struct SubscriptionEvents: Sendable {
    /// What has come and is not a whole event yet.
    private var pending: [UInt8] = []

    public init() {}

    public mutating func append(_ bytes: some Sequence<UInt8>) {
        pending.append(contentsOf: bytes)
    }

    /// The next event that has come whole; nil when there is none.
    public mutating func next() throws(CodecError) -> SubscriptionEvent? {
        var reader = Reader(pending)
        let event: [UInt8]
        do throws(CodecError) {
            event = try reader.readVector(maximum: SubscriptionEvent.maximumLength)
        } catch .truncated {
            return nil
        }
        pending.removeFirst(reader.position)
        return try SubscriptionEvent(decoding: event)
    }
}
