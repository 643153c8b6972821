public import TLSCodec

/// What a capability allows (Protocol/mailbox.md, "Grants").
public struct Rights: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let read = Rights(rawValue: 1)
    public static let append = Rights(rawValue: 2)
    public static let advance = Rights(rawValue: 4)
    public static let take = Rights(rawValue: 8)
    public static let delete = Rights(rawValue: 16)
    public static let grant = Rights(rawValue: 32)

    public static let all: Rights = [.read, .append, .advance, .take, .delete, .grant]
}

/// A capability's hash with its rights, as the relay stores it.
///
///     struct {
///         opaque capability_hash[32];
///         uint8 rights;
///         uint32 uses;
///     } Grant;
public struct Grant: WireCodable, Hashable, Sendable {
    public let capabilityHash: CapabilityHash
    public let rights: Rights
    /// How many appends or takes it is good for; `unlimited` for no limit.
    public let uses: UInt32

    public static let unlimited: UInt32 = 0xffff_ffff

    /// Most grants in one request, and most in one epoch.
    public static let maximumCount = 1024

    public init(capabilityHash: CapabilityHash, rights: Rights, uses: UInt32 = Grant.unlimited) {
        self.capabilityHash = capabilityHash
        self.rights = rights
        self.uses = uses
    }

    public init(from reader: inout Reader) throws(CodecError) {
        capabilityHash = try reader.read()
        rights = Rights(rawValue: try reader.readUInt8())
        guard !rights.isEmpty, Rights.all.isSuperset(of: rights) else { throw .invalid("rights") }
        uses = try reader.readUInt32()
    }

    public func encode(to writer: inout Writer) {
        writer.write(capabilityHash)
        writer.write(rights.rawValue)
        writer.write(uses)
    }
}
