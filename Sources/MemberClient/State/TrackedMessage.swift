internal import Coalition
internal import TLSCodec

/// A message whose fate is followed, one's own or another's: where it went, who has it, who has answered, and whether it has
/// been superseded. What it says stands in the history, so that deleting a day there deletes it.
struct TrackedMessage: WireCodable, Sendable {
    let sender: DeviceIdentity
    let isOwn: Bool
    /// The groups that it was sent to: one, unless it is one's own.
    var places: [Place]
    /// Of each organisation at most one.
    var answers: [Answer]
    /// Nil while it holds.
    var superseded: Supersession?

    struct Place: WireCodable, Sendable {
        var destination: OutboxItem.Destination
        /// In the outbox, where it is until the log has confirmed it; 0 for another's message.
        let outboxNumber: UInt64
        /// In the history; 0 until it has a group.
        var messageNumber: UInt64
        /// Which can read it there.
        var organisations: [Name]
    }

    struct Answer: WireCodable, Sendable {
        let organisation: Name
        var delivered: Time?
        var read: Time?
        var acknowledgements: [Acknowledgement] = []
    }

    /// A person's answer; its words stand in the history.
    struct Acknowledgement: WireCodable, Sendable {
        let by: UserAddress
        let at: Time
        /// In the history.
        let messageNumber: UInt64
    }

    struct Supersession: WireCodable, Sendable {
        let by: MessageID
        let isCancelled: Bool
    }

    /// Most people of one organisation whose acknowledgements are kept.
    static let maximumAcknowledgements = 64
    /// Of the coalition (Protocol/charter.md).
    static let maximumOrganisations = Charter.maximumOrganisationCount

    init(sender: DeviceIdentity, isOwn: Bool, places: [Place]) {
        self.sender = sender
        self.isOwn = isOwn
        self.places = places
        answers = []
    }

    var organisation: Name { sender.address.organisation }

    /// Every organisation that it is for.
    var recipients: [Name] {
        var seen: Set<Name> = []
        return places.flatMap(\.organisations).filter { seen.insert($0).inserted }
    }

    func place(in group: GroupID) -> Place? { places.first { $0.destination == .group(group) } }

    /// Changes what is known of an organisation that can have read the message.
    mutating func update(_ organisation: Name, _ change: (inout Answer) -> Void) {
        guard recipients.contains(organisation) || organisation == self.organisation else { return }
        if let index = answers.firstIndex(where: { $0.organisation == organisation }) {
            change(&answers[index])
        } else {
            var answer = Answer(organisation: organisation)
            change(&answer)
            answers.append(answer)
        }
    }

    func answer(of organisation: Name) -> Answer? { answers.first { $0.organisation == organisation } }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        sender = try reader.read()
        isOwn = try reader.readBool()
        places = try reader.readVector()
        answers = try reader.readVector()
        superseded = try reader.readOptional()
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(sender)
        writer.writeBool(isOwn)
        writer.writeVector(places)
        writer.writeVector(answers)
        writer.writeOptional(superseded)
    }
}

extension TrackedMessage.Place {
    init(from reader: inout Reader) throws(CodecError) {
        destination = try reader.read()
        outboxNumber = try reader.readUInt64()
        messageNumber = try reader.readUInt64()
        organisations = try reader.readVector(maximumCount: TrackedMessage.maximumOrganisations)
    }

    func encode(to writer: inout Writer) {
        writer.write(destination)
        writer.write(outboxNumber)
        writer.write(messageNumber)
        writer.writeVector(organisations)
    }
}

extension TrackedMessage.Answer {
    init(from reader: inout Reader) throws(CodecError) {
        organisation = try reader.read()
        delivered = try reader.readOptional()
        read = try reader.readOptional()
        acknowledgements = try reader.readVector(maximumCount: TrackedMessage.maximumAcknowledgements)
    }

    func encode(to writer: inout Writer) {
        writer.write(organisation)
        writer.writeOptional(delivered)
        writer.writeOptional(read)
        writer.writeVector(acknowledgements)
    }
}

extension TrackedMessage.Acknowledgement {
    init(from reader: inout Reader) throws(CodecError) {
        by = try reader.read()
        at = try reader.read()
        messageNumber = try reader.readUInt64()
    }

    func encode(to writer: inout Writer) {
        writer.write(by)
        writer.write(at)
        writer.write(messageNumber)
    }
}

extension TrackedMessage.Supersession {
    init(from reader: inout Reader) throws(CodecError) {
        by = try reader.read()
        isCancelled = try reader.readBool()
    }

    func encode(to writer: inout Writer) {
        writer.write(by)
        writer.writeBool(isCancelled)
    }
}

/// What has been sent under one id, in the order in which it came: one message, unless a sender has taken an id that another
/// drew. None of them may stand for another.
struct TrackedMessages: WireCodable, Sendable {
    /// Of each sender at most one.
    private(set) var all: [TrackedMessage] = []

    init() {}

    subscript(sender: DeviceHash) -> TrackedMessage? { all.first { $0.sender.hash == sender } }

    /// Puts a message in the place of what was known of it.
    mutating func set(_ message: TrackedMessage) {
        if let index = all.firstIndex(where: { $0.sender.hash == message.sender.hash }) {
            all[index] = message
        } else {
            all.append(message)
        }
    }

    init(from reader: inout Reader) throws(CodecError) {
        while !reader.isAtEnd { all.append(try reader.read()) }
    }

    /// One after the other, so that one alone is written as it was before there could be several.
    func encode(to writer: inout Writer) {
        for message in all { writer.write(message) }
    }
}

/// A receipt that is owed, until its time has come.
struct DueReceipt: WireCodable, Sendable {
    let message: Content.Reference
    let group: GroupID
    let state: Content.ReceiptState
    let due: Time

    init(message: Content.Reference, group: GroupID, state: Content.ReceiptState, due: Time) {
        self.message = message
        self.group = group
        self.state = state
        self.due = due
    }

    init(from reader: inout Reader) throws(CodecError) {
        try reader.readRecordVersion()
        let id = try reader.read(MessageID.self)
        group = try reader.read()
        state = try reader.readBool() ? .read : .delivered
        due = try reader.read()
        // Records from before senders were part of a message's name end here.
        message = Content.Reference(id, from: reader.isAtEnd ? nil : try reader.read())
    }

    func encode(to writer: inout Writer) {
        writer.writeRecordVersion()
        writer.write(message.id)
        writer.write(group)
        writer.writeBool(state == .read)
        writer.write(due)
        if let sender = message.sender { writer.write(sender) }
    }
}
