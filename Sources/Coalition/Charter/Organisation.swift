public import TLSCodec

/// A member organisation, as the charter has it (Protocol/charter.md).
///
///     struct {
///         opaque id<V>;
///         opaque root_key[32];
///         opaque contact_key[32];
///         DisplayName names<V>;
///     } Organisation;
public struct Organisation: WireCodable, Sendable {
    /// Its name in addresses.
    public let id: Name
    public let rootKey: RootPublicKey
    public let contactKey: ContactPublicKey
    public let names: [DisplayName]

    public static let maximumNameCount = 16

    /// - Throws: `tooLong` for more than 16 names.
    public init(
        id: Name,
        rootKey: RootPublicKey,
        contactKey: ContactPublicKey,
        names: [DisplayName] = []
    ) throws(CodecError) {
        guard names.count <= Self.maximumNameCount else { throw .tooLong }
        self.id = id
        self.rootKey = rootKey
        self.contactKey = contactKey
        self.names = names
    }

    public init(from reader: inout Reader) throws(CodecError) {
        id = try reader.read()
        rootKey = try reader.read()
        contactKey = try reader.read()
        names = try reader.readVector(maximumCount: Self.maximumNameCount)
    }

    public func encode(to writer: inout Writer) {
        writer.write(id)
        writer.write(rootKey)
        writer.write(contactKey)
        writer.writeVector(names)
    }

    public var rootFingerprint: RootFingerprint { RootFingerprint(organisation: id, rootKey: rootKey) }
}

/// What an organisation is called in one language.
///
///     struct { opaque language<V>; opaque name<V>; } DisplayName;
public struct DisplayName: WireCodable, Hashable, Sendable {
    /// A BCP 47 tag.
    public let language: String
    public let name: Text

    public static let maximumLanguageLength = 35
    public static let maximumNameLength = 256

    /// - Throws: when the tag is none, or either is longer than 35 and 256 bytes.
    public init(language: String, name: Text) throws(CodecError) {
        guard name.utf8.count <= Self.maximumNameLength else { throw .tooLong }
        guard Self.isTag(Array(language.utf8)) else { throw .invalid("language tag") }
        self.language = language
        self.name = name
    }

    public init(from reader: inout Reader) throws(CodecError) {
        let tag = try reader.readVector(maximum: Self.maximumLanguageLength)
        guard Self.isTag(tag) else { throw .invalid("language tag") }
        language = String(decoding: tag, as: UTF8.self)
        name = try Text(from: &reader, maximum: Self.maximumNameLength, field: "display name")
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(language.utf8)
        name.encode(to: &writer)
    }

    /// Letters, digits and hyphens: whether the language exists is not for a decoder to say.
    private static func isTag(_ bytes: [UInt8]) -> Bool {
        (1...maximumLanguageLength).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
