internal import Sodium
internal import TLSCodec

/// A secret that a collection or a copyable structure can hold. It is zeroed when the last holder lets go.
final class HeldSecret: Sendable {
    let secret: Secret

    init(_ secret: consuming Secret) {
        self.secret = secret
    }
}

/// Reads the wire form of structures that hold secrets, without a copy of them in ordinary memory.
struct SecretReader {
    private let source: HeldSecret
    private var position = 0

    init(_ source: consuming Secret) {
        self.source = HeldSecret(source)
    }

    init(_ source: HeldSecret) {
        self.source = source
    }

    var isAtEnd: Bool { position == source.secret.count }

    mutating func readUInt8() throws(CodecError) -> UInt8 {
        try readFixed(1)[0]
    }

    mutating func readUInt32() throws(CodecError) -> UInt32 {
        try readFixed(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Bytes that are not secret.
    mutating func readFixed(_ count: Int) throws(CodecError) -> [UInt8] {
        let range = try take(count)
        return source.secret.withUnsafeBytes { Array($0[range]) }
    }

    /// `opaque value<V>` that is not secret.
    mutating func readVector() throws(CodecError) -> [UInt8] {
        try readFixed(readLength())
    }

    /// A value that is not secret, in a vector of its own.
    mutating func readValue<Value: WireDecodable>(_ type: Value.Type = Value.self) throws(CodecError) -> Value {
        try Value(decoding: readVector())
    }

    /// The same where there may be none.
    mutating func readOptionalValue<Value: WireDecodable>(
        _ type: Value.Type = Value.self
    ) throws(CodecError) -> Value? {
        switch try readUInt8() {
        case 0: nil
        case 1: try readValue()
        default: throw .invalid("presence byte")
        }
    }

    /// `opaque value<V>` that is secret.
    mutating func readSecret() throws(CodecError) -> Secret {
        let range = try take(try readLength())
        return source.secret.slice(range)
    }

    func finish() throws(CodecError) {
        guard isAtEnd else { throw .trailingBytes }
    }

    private mutating func take(_ count: Int) throws(CodecError) -> Range<Int> {
        guard count <= source.secret.count - position else { throw .truncated }
        defer { position += count }
        return position..<(position + count)
    }

    /// RFC 9420, section 2.1.2, as in `Reader`.
    private mutating func readLength() throws(CodecError) -> Int {
        let first = try readUInt8()
        let prefix = first >> 6
        guard prefix < 3 else { throw .invalid("vector header") }
        var length = Int(first & 0x3f)
        for _ in 0..<((1 << prefix) - 1) { length = length << 8 | Int(try readUInt8()) }
        guard prefix == 0 || length >= 1 << (8 * (1 << (prefix - 1)) - 2) else { throw .nonMinimalLength }
        return length
    }
}

/// Writes the wire form of structures that hold secrets into one secret.
struct SecretWriter {
    private enum Part {
        case bytes([UInt8])
        case secret(HeldSecret)

        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .secret(let held): held.secret.count
            }
        }
    }

    private var parts: [Part] = []

    mutating func write(_ value: UInt8) {
        parts.append(.bytes([value]))
    }

    mutating func write(_ value: UInt32) {
        write { $0.write(value) }
    }

    /// What is not secret.
    mutating func write(_ body: (inout Writer) -> Void) {
        var writer = Writer()
        body(&writer)
        parts.append(.bytes(writer.bytes))
    }

    /// A value that is not secret, in a vector of its own.
    mutating func writeValue(_ value: some WireEncodable) {
        write { writer in writer.writeVector { $0.write(value) } }
    }

    /// The same where there may be none.
    mutating func writeOptionalValue(_ value: (some WireEncodable)?) {
        write(UInt8(value == nil ? 0 : 1))
        if let value { writeValue(value) }
    }

    /// `opaque value<V>` that is secret.
    mutating func writeSecret(_ held: HeldSecret) {
        let count = held.secret.count
        // Only the header is wanted of a vector of this length.
        var writer = Writer()
        writer.writeVector(repeatElement(0, count: count))
        parts.append(.bytes(Array(writer.bytes.dropLast(count))))
        parts.append(.secret(held))
    }

    mutating func writeSecret(_ secret: borrowing Secret) {
        writeSecret(HeldSecret(secret.copy()))
    }

    consuming func finish() -> Secret {
        Secret(count: parts.reduce(0) { $0 + $1.count }) { target in
            var offset = 0
            for part in parts {
                let rest = UnsafeMutableRawBufferPointer(rebasing: target[offset...])
                switch part {
                case .bytes(let bytes): rest.copyBytes(from: bytes)
                case .secret(let held): held.secret.withUnsafeBytes { rest.copyMemory(from: $0) }
                }
                offset += part.count
            }
        }
    }
}
