internal import RelayAPI
public import TLSCodec

/// What kind of group a GroupContext belongs to, and where its mailbox is (Protocol/mls-profile.md, "Extensions").
///
///     struct {
///         uint8 version;
///         GroupKind kind;
///         opaque coalition_id[32];
///         MailboxAddress mailbox;
///         uint64 counter;
///         opaque name<V>;
///         Participant participants<V>;
///     } GroupProfile;
public struct GroupProfile: WireCodable, Sendable {
    public static let version: UInt8 = 1
    public static let maximumNameLength = 256

    public enum Kind: Hashable, Sendable {
        /// The group of all devices, whose tree is the directory.
        case coalition
        case group(name: Text)
        /// A conversation of one user (with oneself, over one's devices) or two.
        case direct(participants: [UserAddress])

        public var isDirect: Bool {
            if case .direct = self { true } else { false }
        }
    }

    public let kind: Kind
    public let coalition: CoalitionID
    public let mailbox: MailboxAddress
    /// How often the group has moved to another mailbox.
    public let counter: UInt64

    public init(kind: Kind, coalition: CoalitionID, mailbox: MailboxAddress, counter: UInt64 = 0) throws(CodecError) {
        self.kind = kind
        self.coalition = coalition
        self.mailbox = mailbox
        self.counter = counter
        try checkBounds()
    }

    /// The kind of a direct conversation between two users, or of one with oneself; in the order that the wire has them.
    public static func direct(_ user: UserAddress, _ other: UserAddress) -> Kind {
        .direct(participants: user == other ? [user] : [user, other].sorted { Self.precedes($0, $1) })
    }

    public init(from reader: inout Reader) throws(CodecError) {
        guard try reader.readUInt8() == Self.version else { throw .invalid("group profile version") }
        let kind = try reader.readUInt8()
        coalition = try reader.read()
        mailbox = try reader.read()
        counter = try reader.readUInt64()
        let name = try Text(from: &reader, maximum: Self.maximumNameLength, field: "group name")
        let participants = try reader.readVector(of: UserAddress.self, maximumCount: 2)
        switch kind {
        case 1: self.kind = .coalition
        case 2: self.kind = .group(name: name)
        case 3: self.kind = .direct(participants: participants)
        default: throw .invalid("group kind")
        }
        guard kind == 2 || name.utf8.isEmpty else { throw .invalid("group name") }
        guard kind == 3 || participants.isEmpty else { throw .invalid("participants") }
        try checkBounds()
    }

    public func encode(to writer: inout Writer) {
        writer.write(Self.version)
        let number: UInt8
        var name = Text("")
        var participants: [UserAddress] = []
        switch kind {
        case .coalition: number = 1
        case .group(let given):
            number = 2
            name = given
        case .direct(let users):
            number = 3
            participants = users
        }
        writer.write(number)
        writer.write(coalition)
        writer.write(mailbox)
        writer.write(counter)
        name.encode(to: &writer)
        writer.writeVector(participants)
    }

    private func checkBounds() throws(CodecError) {
        switch kind {
        case .coalition: break
        case .group(let name): guard name.utf8.count <= Self.maximumNameLength else { throw .tooLong }
        case .direct(let participants):
            guard (1...2).contains(participants.count) else { throw .invalid("participants") }
            guard participants.count == 1 || Self.precedes(participants[0], participants[1]) else {
                throw .invalid("order of participants")
            }
        }
    }

    /// By the bytes of the folded addresses.
    private static func precedes(_ left: UserAddress, _ right: UserAddress) -> Bool {
        left.folded.utf8.lexicographicallyPrecedes(right.folded.utf8)
    }
}
