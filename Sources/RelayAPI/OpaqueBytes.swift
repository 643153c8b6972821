public import TLSCodec

/// A value that is nothing but a fixed number of bytes, on the wire too: `opaque value[length]`.
public protocol OpaqueBytes: WireCodable, Sendable {
    static var length: Int { get }
    var bytes: [UInt8] { get }
    /// - Parameter bytes: exactly `length` of them; use `init?(_:)` where that is not certain.
    init(unchecked bytes: [UInt8])
}

extension OpaqueBytes {
    /// Nil unless there are exactly `length` bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.init(unchecked: bytes)
    }

    public init(from reader: inout Reader) throws(CodecError) {
        self.init(unchecked: try reader.readFixed(Self.length))
    }

    public func encode(to writer: inout Writer) {
        writer.writeFixed(bytes)
    }
}
