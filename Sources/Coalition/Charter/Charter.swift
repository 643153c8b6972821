internal import Labels
public import RelayAPI
internal import Sodium
public import TLSCodec

/// The coalition's constitution (Protocol/charter.md).
///
///     struct {
///         uint8 version;
///         opaque nonce[32];
///         opaque name<V>;
///         uint64 number;
///         opaque previous[32];
///         Phase phase;
///         uint16 quorum;
///         Organisation organisations<V>;
///         Suspension suspensions<V>;
///     } Charter;
///
/// Every value of this type keeps the bounds of that page; whether a charter may follow another says `judge`.
public struct Charter: WireCodable, Sendable {
    public static let version: UInt8 = 1
    public static let maximumNameLength = 256
    public static let maximumOrganisationCount = 1024
    public static let maximumSuspensionCount = 1024

    public enum Phase: UInt8, Sendable {
        /// The founder alone decides.
        case founding = 1
        /// A quorum of the organisations decides.
        case constituted = 2
    }

    /// Random in the founding charter, the same ever after.
    public let nonce: [UInt8]
    /// Of the coalition.
    public let name: Text
    /// 0 for the founding charter.
    public let number: UInt64
    public let previous: CharterHash
    public let phase: Phase
    /// How many organisations decide together; 0 in the founding phase.
    public let quorum: UInt16
    /// In the order of admission: the first is the founder.
    public let organisations: [Organisation]
    public let suspensions: [Suspension]

    static let nonceLength = 32

    /// The founding charter of a new coalition.
    public init(founding name: Text, by founder: Organisation) throws(CodecError) {
        try self.init(
            nonce: Random.bytes(Self.nonceLength),
            name: name,
            number: 0,
            previous: .none,
            phase: .founding,
            quorum: 0,
            organisations: [founder],
            suspensions: []
        )
    }

    init(
        nonce: [UInt8],
        name: Text,
        number: UInt64,
        previous: CharterHash,
        phase: Phase,
        quorum: UInt16,
        organisations: [Organisation],
        suspensions: [Suspension]
    ) throws(CodecError) {
        self.nonce = nonce
        self.name = name
        self.number = number
        self.previous = previous
        self.phase = phase
        self.quorum = quorum
        self.organisations = organisations
        self.suspensions = suspensions
        try checkBounds()
    }

    public init(from reader: inout Reader) throws(CodecError) {
        guard try reader.readUInt8() == Self.version else { throw .invalid("charter version") }
        nonce = try reader.readFixed(Self.nonceLength)
        name = try Text(from: &reader, maximum: Self.maximumNameLength, field: "coalition name")
        number = try reader.readUInt64()
        previous = try reader.read()
        guard let phase = Phase(rawValue: try reader.readUInt8()) else { throw .invalid("phase") }
        self.phase = phase
        quorum = try reader.readUInt16()
        organisations = try reader.readVector(maximumCount: Self.maximumOrganisationCount)
        suspensions = try reader.readVector(maximumCount: Self.maximumSuspensionCount)
        try checkBounds()
    }

    public func encode(to writer: inout Writer) {
        writer.write(Self.version)
        writer.writeFixed(nonce)
        name.encode(to: &writer)
        writer.write(number)
        writer.write(previous)
        writer.write(phase.rawValue)
        writer.write(quorum)
        writer.writeVector(organisations)
        writer.writeVector(suspensions)
    }

    private func checkBounds() throws(CodecError) {
        guard nonce.count == Self.nonceLength else { throw .invalid("charter nonce") }
        guard (1...Self.maximumNameLength).contains(name.utf8.count) else { throw .invalid("coalition name") }
        guard (number == 0) == (previous == .none) else { throw .invalid("previous charter") }
        guard (1...Self.maximumOrganisationCount).contains(organisations.count) else { throw .invalid("organisations") }
        guard suspensions.count <= Self.maximumSuspensionCount else { throw .tooLong }
        switch phase {
        case .founding: guard quorum == 0 else { throw .invalid("quorum") }
        case .constituted:
            guard quorum >= 1, quorum <= organisations.count else { throw .invalid("quorum") }
        }
        guard Set(organisations.map(\.id)).count == organisations.count,
            Set(organisations.map(\.rootKey)).count == organisations.count,
            Set(organisations.map(\.contactKey)).count == organisations.count
        else { throw .invalid("two organisations alike") }
    }

    /// The charter that follows this one and differs from it in what is given. It is not thereby allowed.
    public func successor(
        name: Text? = nil,
        phase: Phase? = nil,
        quorum: UInt16? = nil,
        organisations: [Organisation]? = nil,
        suspensions: [Suspension]? = nil
    ) throws(CodecError) -> Charter {
        let (next, overflow) = number.addingReportingOverflow(1)
        guard !overflow else { throw .invalid("charter number") }
        return try Charter(
            nonce: nonce,
            name: name ?? self.name,
            number: next,
            previous: hash,
            phase: phase ?? self.phase,
            quorum: quorum ?? self.quorum,
            organisations: organisations ?? self.organisations,
            suspensions: suspensions ?? self.suspensions
        )
    }

    public var hash: CharterHash { CharterHash(unchecked: labelledHash(.charter, self)) }

    public var founder: Organisation { organisations[0] }

    public func organisation(named name: Name) -> Organisation? {
        organisations.first { $0.id == name }
    }

    /// ⌊2n/3⌋ + 1.
    public static func defaultQuorum(of organisationCount: Int) -> UInt16 {
        UInt16(clamping: 2 * organisationCount / 3 + 1)
    }
}

/// `LabelledHash("charter", Charter)`.
public struct CharterHash: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// All zero: what the founding charter has for a predecessor.
    static let none = CharterHash(unchecked: [UInt8](repeating: 0, count: length))
}

/// The hash of the founding charter. Who knows it can check every later charter.
public struct CoalitionID: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public init(founding charter: CharterHash) { self.init(unchecked: charter.bytes) }
}

extension Label {
    static let charter = Label("charter")
}
