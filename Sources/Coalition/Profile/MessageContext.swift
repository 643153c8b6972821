public import RelayAPI
public import TLSCodec

/// An entry of a branch, told so that two people who tell the same one have seen the same log.
///
///     struct {
///         uint64 sequence;
///         opaque running_hash[32];
///     } Position;
public struct Position: WireCodable, Hashable, Sendable {
    public let sequence: UInt64
    public let runningHash: RunningHash

    public init(sequence: UInt64, runningHash: RunningHash) {
        self.sequence = sequence
        self.runningHash = runningHash
    }

    public init(from reader: inout Reader) throws(CodecError) {
        sequence = try reader.readUInt64()
        runningHash = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(sequence)
        writer.write(runningHash)
    }
}

/// The `authenticated_data` of every message (Protocol/mls-profile.md, "Authenticated data").
///
///     struct {
///         uint8 version;
///         uint64 at;
///         Position log;
///         uint64 coalition_epoch;
///         opaque coalition_authenticator<V>;
///         Statement statements<V>;
///         PresentedAttestation attestations<V>;
///     } MessageContext;
public struct MessageContext: WireCodable, Sendable {
    public static let version: UInt8 = 1
    public static let maximumAuthenticatorLength = 64
    /// Most statements, and most attestations, in one Commit.
    public static let maximumCount = 1024

    /// When it was sent, by the sender's clock.
    public let at: Time
    /// The last entry of the group's mailbox that the sender has read.
    public let log: Position
    /// The coalition group's epoch, as the sender has it.
    public let coalitionEpoch: UInt64
    /// That epoch's epoch_authenticator (RFC 9420, section 8.7).
    public let coalitionAuthenticator: [UInt8]
    public let statements: [Statement]
    public let attestations: [PresentedAttestation]

    public init(
        at: Time,
        log: Position,
        coalitionEpoch: UInt64,
        coalitionAuthenticator: [UInt8],
        statements: [Statement] = [],
        attestations: [PresentedAttestation] = []
    ) {
        self.at = at
        self.log = log
        self.coalitionEpoch = coalitionEpoch
        self.coalitionAuthenticator = coalitionAuthenticator
        self.statements = statements
        self.attestations = attestations
    }

    public init(from reader: inout Reader) throws(CodecError) {
        guard try reader.readUInt8() == Self.version else { throw .invalid("message context version") }
        at = try reader.read()
        log = try reader.read()
        coalitionEpoch = try reader.readUInt64()
        coalitionAuthenticator = try reader.readVector(maximum: Self.maximumAuthenticatorLength)
        statements = try reader.readVector(maximumCount: Self.maximumCount)
        attestations = try reader.readVector(maximumCount: Self.maximumCount)
    }

    public func encode(to writer: inout Writer) {
        writer.write(Self.version)
        writer.write(at)
        writer.write(log)
        writer.write(coalitionEpoch)
        writer.writeVector(coalitionAuthenticator)
        writer.writeVector(statements)
        writer.writeVector(attestations)
    }
}
