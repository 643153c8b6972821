/// Reads values in the TLS presentation language (RFC 8446, section 3) with the variable-size vector headers
/// of RFC 9420, section 2.1.2. Never reads past its end, and bounds what the input can become in memory.
public struct Reader: Sendable {
    private let bytes: [UInt8]
    /// Offset of the next byte in the bytes that this reader was made from.
    public private(set) var position: Int
    /// The input's end, or that of the vector that is being read.
    private var end: Int
    private var vectorsLeft: Int

    /// Most vectors that are read of one input, those inside others counted.
    ///
    /// A vector of one byte takes two there, and here some 57: an allocation of its own, and a reference to it. 64 MiB of
    /// them would become some 1.9 GB. So many as this, in whatever structure of ours, become some 400 MB beside their bytes.
    public static let maximumVectors = 1 << 22

    /// - Parameter maximumVectors: most vectors read, for bytes that are to be bounded otherwise than a message.
    public init(_ bytes: [UInt8], maximumVectors: Int = Reader.maximumVectors) {
        self.bytes = bytes
        position = 0
        end = bytes.count
        vectorsLeft = maximumVectors
    }

    /// Bytes not read yet.
    public var remaining: Int { end - position }

    public var isAtEnd: Bool { position == end }

    /// The bytes between an earlier `position` and the present one: what a signature covers, as received.
    public func bytes(since start: Int) -> [UInt8] {
        Array(bytes[start..<position])
    }

    public mutating func readUInt8() throws(CodecError) -> UInt8 {
        try take(1)
        return bytes[position - 1]
    }

    public mutating func readUInt16() throws(CodecError) -> UInt16 {
        try readBigEndian()
    }

    public mutating func readUInt32() throws(CodecError) -> UInt32 {
        try readBigEndian()
    }

    public mutating func readUInt64() throws(CodecError) -> UInt64 {
        try readBigEndian()
    }

    @inlinable
    public mutating func read<Value: WireDecodable>(_ type: Value.Type = Value.self) throws(CodecError) -> Value {
        try Value(from: &self)
    }

    /// Bytes of a fixed length: no header.
    public mutating func readFixed(_ count: Int) throws(CodecError) -> [UInt8] {
        try take(count)
        return Array(bytes[(position - count)..<position])
    }

    /// `opaque value<V>`.
    /// - Parameter maximum: longest length accepted, in bytes.
    public mutating func readVector(maximum: Int = maximumVectorLength) throws(CodecError) -> [UInt8] {
        let length = try readLength()
        guard length <= maximum else { throw .tooLong }
        return try readFixed(length)
    }

    /// `Element values<V>`.
    /// - Parameter maximumCount: most elements accepted.
    @inlinable
    public mutating func readVector<Element: WireDecodable>(
        of type: Element.Type = Element.self,
        maximumCount: Int = .max
    ) throws(CodecError) -> [Element] {
        let outerEnd = try beginVector()
        defer { endVector(outerEnd) }
        var values: [Element] = []
        while !isAtEnd {
            guard values.count < maximumCount else { throw .tooLong }
            let before = position
            values.append(try Element(from: &self))
            // An element that takes no bytes would loop for ever.
            guard position > before else { throw .invalid("empty vector element") }
        }
        return values
    }

    /// A reader over the contents of a vector that is all there is left: bytes behind it are an error.
    public consuming func readLastVectorContents() throws(CodecError) -> Reader {
        let outerEnd = try beginVector()
        guard end == outerEnd else { throw .trailingBytes }
        return self
    }

    /// `optional<T>` (RFC 9420, section 2.1.1): a presence byte of 0 or 1, nothing else.
    @inlinable
    public mutating func readOptional<Value: WireDecodable>(
        _ type: Value.Type = Value.self
    ) throws(CodecError) -> Value? {
        switch try readUInt8() {
        case 0: return nil
        case 1: return try Value(from: &self)
        default: throw .invalid("presence byte")
        }
    }

    /// Whatever is left.
    public mutating func readRest() -> [UInt8] {
        defer { position = end }
        return Array(bytes[position..<end])
    }

    /// Ends a decoding: bytes after the value are an error.
    public func finish() throws(CodecError) {
        guard isAtEnd else { throw .trailingBytes }
    }

    /// From here to `endVector`, this reader ends where the next vector does: what is read inside counts with the rest.
    /// - Returns: where the reader ends outside the vector.
    @usableFromInline
    mutating func beginVector() throws(CodecError) -> Int {
        let length = try readLength()
        guard length <= remaining else { throw .truncated }
        defer { end = position + length }
        return end
    }

    @usableFromInline
    mutating func endVector(_ outerEnd: Int) {
        end = outerEnd
    }

    private mutating func take(_ count: Int) throws(CodecError) {
        guard count <= remaining else { throw .truncated }
        position += count
    }

    private mutating func readBigEndian<Value: FixedWidthInteger>() throws(CodecError) -> Value {
        let size = MemoryLayout<Value>.size
        try take(size)
        var value: Value = 0
        for byte in bytes[(position - size)..<position] { value = value << 8 | Value(byte) }
        return value
    }

    /// RFC 9420, section 2.1.2: the two top bits give the header's size, and the shortest form is required.
    private mutating func readLength() throws(CodecError) -> Int {
        guard vectorsLeft > 0 else { throw .tooManyVectors }
        vectorsLeft -= 1
        let first = try readUInt8()
        let prefix = first >> 6
        guard prefix < 3 else { throw .invalid("vector header") }
        var length = Int(first & 0x3f)
        for _ in 0..<((1 << prefix) - 1) { length = length << 8 | Int(try readUInt8()) }
        guard prefix == 0 || length >= 1 << (8 * (1 << (prefix - 1)) - 2) else { throw .nonMinimalLength }
        return length
    }
}

/// Why bytes are not the wire form of a type.
public enum CodecError: Error, Equatable, Sendable {
    /// The input ends inside a value.
    case truncated
    /// Bytes follow the value.
    case trailingBytes
    /// A vector header is longer than it need be.
    case nonMinimalLength
    /// A vector is longer than its bound.
    case tooLong
    /// The input holds more vectors than are read of one.
    case tooManyVectors
    /// A field has a value that its type does not allow; the text names the field.
    case invalid(String)
}

/// A type that can be read from its wire form.
public protocol WireDecodable {
    init(from reader: inout Reader) throws(CodecError)
}

extension WireDecodable {
    /// Decodes the whole of `bytes`; anything after the value is an error.
    @inlinable
    public init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = Reader(bytes)
        try self.init(from: &reader)
        try reader.finish()
    }
}

/// A type with a wire form, both ways.
public typealias WireCodable = WireDecodable & WireEncodable
