internal import Coalition
internal import RelayAPI
internal import TLSCodec

/// A message of this device's on its way into a group's log.
struct OutboxItem: WireCodable, Sendable {
    let destination: Destination
    /// The same through every encryption.
    var entryID: EntryID
    /// JSON (Protocol/content.md).
    let content: [UInt8]
    /// Nil while it is only queued.
    var sealed: SealedEntry?
    /// Where the relay said that it stands; nil while it has not answered.
    var relayed: Position?

    /// A message as it is encrypted for one epoch.
    struct SealedEntry: WireCodable, Sendable {
        let epoch: UInt64
        let body: [UInt8]

        init(epoch: UInt64, body: [UInt8]) {
            self.epoch = epoch
            self.body = body
        }

        init(from reader: inout Reader) throws(CodecError) {
            epoch = try reader.readUInt64()
            body = try reader.readVector()
        }

        func encode(to writer: inout Writer) {
            writer.write(epoch)
            writer.writeVector(body)
        }
    }

    /// A group, or a person: then the conversation is found, or made, when the message is sent.
    enum Destination: Hashable, Sendable {
        case group(GroupID)
        case user(UserAddress)
    }

    init(to destination: Destination, entryID: EntryID, content: [UInt8]) {
        self.destination = destination
        self.entryID = entryID
        self.content = content
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        destination = try reader.read()
        entryID = try reader.read()
        content = try reader.readVector()
        sealed = try reader.readOptional()
        relayed = try reader.readOptional()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(destination)
        writer.write(entryID)
        writer.writeVector(content)
        writer.writeOptional(sealed)
        writer.writeOptional(relayed)
    }
}

extension OutboxItem.Destination: WireCodable {
    init(from reader: inout Reader) throws(CodecError) {
        switch try reader.readUInt8() {
        case 1: self = .group(try reader.read())
        case 2: self = .user(try reader.read())
        default: throw .invalid("destination")
        }
    }

    func encode(to writer: inout Writer) {
        switch self {
        case .group(let group):
            writer.write(UInt8(1))
            writer.write(group)
        case .user(let address):
            writer.write(UInt8(2))
            writer.write(address)
        }
    }
}

/// A message that came, or one of this device's own, in its history.
struct MessageRecord: WireCodable, Sendable {
    let group: GroupID
    let sender: DeviceIdentity
    /// As the sender says.
    let sent: Time
    /// When it was processed, or queued, by this device's clock.
    let received: Time
    let isOwn: Bool
    /// JSON, as received.
    let content: [UInt8]

    init(group: GroupID, sender: DeviceIdentity, sent: Time, received: Time, isOwn: Bool, content: [UInt8]) {
        self.group = group
        self.sender = sender
        self.sent = sent
        self.received = received
        self.isOwn = isOwn
        self.content = content
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        group = try reader.read()
        sender = try reader.read()
        sent = try reader.read()
        received = try reader.read()
        isOwn = try reader.readBool()
        content = try reader.readVector()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(group)
        writer.write(sender)
        writer.write(sent)
        writer.write(received)
        writer.writeBool(isOwn)
        writer.writeVector(content)
    }
}
