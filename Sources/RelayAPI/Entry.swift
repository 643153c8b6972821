public import TLSCodec

/// What an entry is to the relay (Protocol/mailbox.md, "Entries").
public enum EntryKind: UInt8, WireCodable, Hashable, Sendable, CaseIterable {
    case application = 1
    case advance = 2
    case lastResort = 3

    public init(from reader: inout Reader) throws(CodecError) {
        guard let kind = Self(rawValue: try reader.readUInt8()) else { throw .invalid("entry kind") }
        self = kind
    }

    public func encode(to writer: inout Writer) {
        writer.write(rawValue)
    }
}

/// The only lengths that an entry's body may have, in bytes (Protocol/mailbox.md, "Entries").
public enum BodyLength: Int, CaseIterable, Sendable {
    case oneKiB = 0x400
    case fourKiB = 0x1000
    case sixteenKiB = 0x4000
    case sixtyFourKiB = 0x10000
    case quarterMiB = 0x40000
    case oneMiB = 0x100000

    /// The shortest that holds so many bytes; nil when none does.
    public init?(holding count: Int) {
        guard let length = Self.allCases.first(where: { count <= $0.rawValue }) else { return nil }
        self = length
    }

    public static let longest = BodyLength.oneMiB
}
