/// Appends values in the TLS presentation language (RFC 8446, section 3) with the variable-size vector
/// headers of RFC 9420, section 2.1.2.
///
/// What is generic over the values written is inlinable, so that each module has its own for its types: looking a type's
/// metadata up takes longer than writing a short value.
public struct Writer: Sendable {
    public private(set) var bytes: [UInt8]

    /// - Parameter capacity: bytes to reserve; a hint only.
    public init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    public mutating func write(_ value: UInt8) {
        bytes.append(value)
    }

    public mutating func write(_ value: UInt16) {
        appendBigEndian(value)
    }

    public mutating func write(_ value: UInt32) {
        appendBigEndian(value)
    }

    public mutating func write(_ value: UInt64) {
        appendBigEndian(value)
    }

    @inlinable
    public mutating func write(_ value: some WireEncodable) {
        value.encode(to: &self)
    }

    /// Bytes of a fixed length that the reader knows: no header.
    public mutating func writeFixed(_ value: some Collection<UInt8>) {
        bytes.append(contentsOf: value)
    }

    /// `opaque value<V>`.
    public mutating func writeVector(_ value: some Collection<UInt8>) {
        writeLength(value.count)
        bytes.append(contentsOf: value)
    }

    // Called from other modules, the generic functions append byte by byte. Nearly all that is written is arrays.

    public mutating func writeFixed(_ value: [UInt8]) {
        bytes.append(contentsOf: value)
    }

    public mutating func writeVector(_ value: [UInt8]) {
        writeLength(value.count)
        bytes.append(contentsOf: value)
    }

    /// `Element values<V>`: the header counts bytes, not elements.
    @inlinable
    public mutating func writeVector(_ values: some Collection<some WireEncodable>) {
        writeVector { writer in
            for value in values { value.encode(to: &writer) }
        }
    }

    /// A vector whose contents `body` writes.
    public mutating func writeVector(_ body: (inout Writer) -> Void) {
        // Most vectors are shorter than 64 bytes: write the contents in place behind a one-byte header and
        // move them only when the header turns out to be longer.
        let start = bytes.count
        bytes.append(0)
        body(&self)
        let length = bytes.count - start - 1
        guard length > 63 else {
            bytes[start] = UInt8(length)
            return
        }
        var header = Writer()
        header.writeLength(length)
        bytes.replaceSubrange(start...start, with: header.bytes)
    }

    /// `optional<T>`: a presence byte, then the value (RFC 9420, section 2.1.1).
    @inlinable
    public mutating func writeOptional(_ value: (some WireEncodable)?) {
        guard let value else { return write(UInt8(0)) }
        write(UInt8(1))
        write(value)
    }

    private mutating func appendBigEndian<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func writeLength(_ length: Int) {
        switch length {
        case 0..<(1 << 6): write(UInt8(length))
        case (1 << 6)..<(1 << 14): write(0x4000 | UInt16(length))
        default: write(0x8000_0000 | UInt32(truncatingIfNeeded: length & maximumVectorLength))
        }
    }
}

/// The longest vector that a header can express: 2^30 - 1 bytes (RFC 9420, section 2.1.2).
public let maximumVectorLength = (1 << 30) - 1

/// A type with a wire form.
public protocol WireEncodable {
    func encode(to writer: inout Writer)
}

extension WireEncodable {
    /// The wire form alone.
    @inlinable
    public var encoded: [UInt8] {
        var writer = Writer()
        encode(to: &writer)
        return writer.bytes
    }
}
