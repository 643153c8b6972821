internal import Labels
public import RelayAPI
public import Sodium

/// What every member of an MLS group derives for one epoch of the group's mailbox (Protocol/envelope.md, "Group
/// mailboxes").
public struct GroupEpochKeys: ~Copyable, Sendable {
    public let mailbox: MailboxID
    /// What all members show to the relay in this epoch.
    public let capability: Capability
    public let envelopeKey: EnvelopeKey

    static let capabilityLabel = Label("group capability")
    static let envelopeLabel = Label("group envelope")

    /// - Parameter exporter: MLS-Exporter (RFC 9420, section 8.5) of the epoch: label, context, length in bytes.
    public init<Failure: Error>(
        mailbox: MailboxID,
        exporter: (_ label: String, _ context: [UInt8], _ length: Int) throws(Failure) -> Secret
    ) throws(Failure) {
        let capability = try Self.export(Self.capabilityLabel, mailbox, exporter)
        let envelopeKey = try Self.export(Self.envelopeLabel, mailbox, exporter)
        self.mailbox = mailbox
        self.capability = Capability(unchecked: capability.exposed())
        self.envelopeKey = EnvelopeKey(exported: envelopeKey)
    }

    private static func export<Failure: Error>(
        _ label: Label,
        _ mailbox: MailboxID,
        _ exporter: (String, [UInt8], Int) throws(Failure) -> Secret
    ) throws(Failure) -> Secret {
        try exporter(Label.prefix + label.name, mailbox.bytes, 32)
    }

    /// The one grant of the mailbox's epoch.
    public var derivedGrant: Grant {
        Grant(capabilityHash: capability.hash, rights: [.read, .append, .advance])
    }
}
