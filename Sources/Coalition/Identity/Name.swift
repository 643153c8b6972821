public import TLSCodec

/// The name of an organisation, a user or a device (Protocol/identity.md, "Names"): 1 to 63 characters out of letters
/// and digits of ASCII, `.`, `_` and `-`, the first and the last a letter or a digit.
///
/// Shown as given; equal to every name that differs from it in case alone. Two structures that must be the same to the
/// byte are therefore compared in their wire form, never by their names.
public struct Name: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// In bytes.
    public static let maximumLength = 63

    /// Nil when the text is no name.
    public init?(_ text: String) {
        let characters = text.utf8
        guard let first = characters.first, let last = characters.last, characters.count <= Self.maximumLength,
            Self.isLetterOrDigit(first), Self.isLetterOrDigit(last),
            characters.allSatisfy({ Self.isLetterOrDigit($0) || Self.marks.contains($0) })
        else { return nil }
        description = text
    }

    /// The letters in lower case: what is compared.
    public var folded: String { description.lowercased() }

    public static func == (left: Name, right: Name) -> Bool { left.folded == right.folded }

    public func hash(into hasher: inout Hasher) { hasher.combine(folded) }

    private static let marks = Array("._-".utf8)

    private static func isLetterOrDigit(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

extension Name: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        let bytes = try reader.readVector(maximum: Self.maximumLength)
        guard let text = String(validating: bytes, as: UTF8.self), let name = Name(text) else { throw .invalid("name") }
        self = name
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(description.utf8)
    }
}
