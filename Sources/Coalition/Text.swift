internal import TLSCodec

/// Text for people to read, as it stands on the wire: valid UTF-8 in an `opaque text<V>`.
///
/// Equal texts have equal bytes. `String` would also call texts equal whose bytes, and so whose hashes and signatures,
/// differ. It may hold control characters: whoever shows it neutralises them.
public struct Text: Hashable, Sendable, CustomStringConvertible {
    public let utf8: [UInt8]

    public init(_ string: String) {
        utf8 = Array(string.utf8)
    }

    public var string: String { String(decoding: utf8, as: UTF8.self) }
    public var description: String { string }

    /// - Parameter maximum: longest text accepted, in bytes.
    init(from reader: inout Reader, maximum: Int, field: String) throws(CodecError) {
        utf8 = try reader.readVector(maximum: maximum)
        guard String(validating: utf8, as: UTF8.self) != nil else { throw .invalid(field) }
    }

    func encode(to writer: inout Writer) {
        writer.writeVector(utf8)
    }
}
