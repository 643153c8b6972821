public import Labels
internal import Sodium
internal import TLSCodec

/// `LabelledHash("entry body", body)`: stands for a body after it has gone.
public struct BodyHash: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public init(of body: [UInt8]) {
        self.init(unchecked: labelledHash(.entryBody, body))
    }
}

/// The hash that ties an entry to everything before it in its branch (Protocol/mailbox.md, "Running hash").
/// The relay and every client compute it, each for itself.
public struct RunningHash: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// The opening hash of a mailbox's first epoch: `LabelledHash("mailbox", mailbox_id)`.
    public init(opening mailbox: MailboxID) {
        self.init(unchecked: labelledHash(.mailbox, mailbox))
    }

    /// The running hash of the entry that follows the one with this hash in the same epoch, or that is the first
    /// of the epoch which this hash opens.
    public func following(with entry: RunningHashEntry) -> RunningHash {
        RunningHash(unchecked: labelledHash(.runningHash, RunningHashInput(previous: self, entry: entry)))
    }
}

/// What the running hash covers of an entry.
public struct RunningHashEntry: Hashable, Sendable {
    public let sequence: UInt64
    public let epoch: UInt64
    public let kind: EntryKind
    public let entryID: EntryID
    /// Empty unless the entry is an advance.
    public let next: [Grant]
    public let bodyHash: BodyHash

    public init(
        sequence: UInt64,
        epoch: UInt64,
        kind: EntryKind,
        entryID: EntryID,
        next: [Grant],
        bodyHash: BodyHash
    ) {
        self.sequence = sequence
        self.epoch = epoch
        self.kind = kind
        self.entryID = entryID
        self.next = next
        self.bodyHash = bodyHash
    }
}

/// The structure `RunningHashInput` of Protocol/mailbox.md.
private struct RunningHashInput: WireEncodable {
    let previous: RunningHash
    let entry: RunningHashEntry

    func encode(to writer: inout Writer) {
        writer.write(previous)
        writer.write(entry.sequence)
        writer.write(entry.epoch)
        writer.write(entry.kind)
        writer.write(entry.entryID)
        writer.writeVector(entry.next)
        writer.write(entry.bodyHash)
    }
}

extension Label {
    public static let mailbox = Label("mailbox")
    public static let runningHash = Label("running hash")
    public static let entryBody = Label("entry body")
}
