public import RelayAPI
public import TLSCodec

/// The place of an entry, which its seal is bound to.
///
///     struct {
///         opaque mailbox[16];
///         uint64 epoch;
///         opaque entry_id[16];
///         EntryKind kind;
///         Grant next<V>;
///     } EnvelopeContext;
public struct EnvelopeContext: WireEncodable, Sendable {
    public let mailbox: MailboxID
    public let epoch: UInt64
    public let entryID: EntryID
    public let kind: EntryKind
    /// An advance's grants; empty for every other entry.
    public let next: [Grant]

    public init(mailbox: MailboxID, epoch: UInt64, entryID: EntryID, kind: EntryKind, next: [Grant] = []) {
        self.mailbox = mailbox
        self.epoch = epoch
        self.entryID = entryID
        self.kind = kind
        self.next = next
    }

    public func encode(to writer: inout Writer) {
        writer.write(mailbox)
        writer.write(epoch)
        writer.write(entryID)
        writer.write(kind)
        writer.writeVector(next)
    }
}
