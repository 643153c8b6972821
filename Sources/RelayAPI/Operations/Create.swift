public import TLSCodec

/// Makes a mailbox with its first epoch.
public struct CreateRequest: OperationRequest, Equatable {
    public typealias Response = CreateResponse
    public static let operation = Operation.create

    public let accessToken: AccessToken
    public let mailbox: MailboxID
    /// Number of the first epoch.
    public let epoch: UInt64
    /// 1 to 1,024.
    public let grants: [Grant]

    public init(accessToken: AccessToken, mailbox: MailboxID, epoch: UInt64, grants: [Grant]) {
        self.accessToken = accessToken
        self.mailbox = mailbox
        self.epoch = epoch
        self.grants = grants
    }

    public init(from reader: inout Reader) throws(CodecError) {
        accessToken = try reader.read()
        mailbox = try reader.read()
        epoch = try reader.readUInt64()
        grants = try reader.readEpochGrants()
    }

    public func encode(to writer: inout Writer) {
        writer.write(accessToken)
        writer.write(mailbox)
        writer.write(epoch)
        writer.writeVector(grants)
    }
}

public struct CreateResponse: WireCodable, Equatable, Sendable {
    public let incarnation: Incarnation

    public init(incarnation: Incarnation) {
        self.incarnation = incarnation
    }

    public init(from reader: inout Reader) throws(CodecError) {
        incarnation = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(incarnation)
    }
}

/// Makes an access token with a part of another one's quota.
public struct ChildTokenRequest: OperationRequest, Equatable {
    public typealias Response = EmptyResponse
    public static let operation = Operation.childToken

    public let accessToken: AccessToken
    /// The child token itself, drawn by the caller.
    public let child: AccessToken
    /// How many mailboxes it may create: at least 1; subtracted from the parent's.
    public let mailboxes: UInt32
    /// Until it expires.
    public let days: UInt16

    public static let daysAllowed: ClosedRange<UInt16> = 1...90

    public init(accessToken: AccessToken, child: AccessToken, mailboxes: UInt32, days: UInt16) {
        self.accessToken = accessToken
        self.child = child
        self.mailboxes = mailboxes
        self.days = days
    }

    public init(from reader: inout Reader) throws(CodecError) {
        accessToken = try reader.read()
        child = try reader.read()
        mailboxes = try reader.readUInt32()
        guard mailboxes > 0 else { throw .invalid("mailboxes") }
        days = try reader.readUInt16()
        guard Self.daysAllowed.contains(days) else { throw .invalid("days") }
    }

    public func encode(to writer: inout Writer) {
        writer.write(accessToken)
        writer.write(child)
        writer.write(mailboxes)
        writer.write(days)
    }
}
