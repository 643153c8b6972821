public import TLSCodec

/// Takes the oldest application entry out of the mailbox.
public struct TakeRequest: OperationRequest, Equatable {
    public typealias Response = TakeResponse
    public static let operation = Operation.take

    /// Right: take.
    public let access: Access

    public init(access: Access) {
        self.access = access
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
    }
}

public struct TakeResponse: WireCodable, Equatable, Sendable {
    /// Nil when there is nothing to take.
    public let entry: TakenEntry?

    public init(entry: TakenEntry?) {
        self.entry = entry
    }

    public init(from reader: inout Reader) throws(CodecError) {
        entry = try reader.readOptional()
    }

    public func encode(to writer: inout Writer) {
        writer.writeOptional(entry)
    }
}

public struct TakenEntry: WireCodable, Equatable, Sendable {
    public let entryID: EntryID
    /// `application`, handed out this once, or `lastResort`.
    public let kind: EntryKind
    public let body: [UInt8]

    public init(entryID: EntryID, kind: EntryKind, body: [UInt8]) {
        self.entryID = entryID
        self.kind = kind
        self.body = body
    }

    public init(from reader: inout Reader) throws(CodecError) {
        entryID = try reader.read()
        kind = try reader.read()
        guard kind != .advance else { throw .invalid("entry kind") }
        body = try reader.readVector(maximum: BodyLength.longest.rawValue)
        guard BodyLength(rawValue: body.count) != nil else { throw .invalid("body") }
    }

    public func encode(to writer: inout Writer) {
        writer.write(entryID)
        writer.write(kind)
        writer.writeVector(body)
    }
}

/// Removes the bodies of all entries of the capability's epoch up to a sequence number.
public struct DeleteRequest: OperationRequest, Equatable {
    public typealias Response = EmptyResponse
    public static let operation = Operation.delete

    /// Right: delete.
    public let access: Access
    /// The last sequence number concerned.
    public let upTo: UInt64

    public init(access: Access, upTo: UInt64) {
        self.access = access
        self.upTo = upTo
    }

    public init(from reader: inout Reader) throws(CodecError) {
        access = try reader.read()
        upTo = try reader.readUInt64()
    }

    public func encode(to writer: inout Writer) {
        writer.write(access)
        writer.write(upTo)
    }
}
