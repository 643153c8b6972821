internal import FoundationEssentials
internal import RelayAPI

/// A parameter of a statement, sent in PostgreSQL's binary format.
enum PostgreSQLValue {
    case integer(Int64)
    case bytes([UInt8])
    case text(String)
    case integers([Int64])
    case byteStrings([[UInt8]])

    static func opaque(_ value: some OpaqueBytes) -> Self { .bytes(value.bytes) }

    static func opaques(_ values: some Sequence<some OpaqueBytes>) -> Self { .byteStrings(values.map(\.bytes)) }

    static func day(_ day: Day) -> Self { .integer(Int64(day.number)) }

    /// PostgreSQL's number for the type (its header `catalog/pg_type_d.h`).
    var typeNumber: UInt32 {
        switch self {
        case .integer: Self.bigint
        case .bytes: Self.bytea
        case .text: 25
        case .integers: 1016
        case .byteStrings: 1001
        }
    }

    private static let bigint: UInt32 = 20
    private static let bytea: UInt32 = 17

    func encode(to buffer: inout [UInt8]) {
        switch self {
        case .integer(let value): buffer.append(bigEndian: value)
        case .bytes(let bytes): buffer += bytes
        case .text(let text): buffer += text.utf8
        case .integers(let values):
            Self.encodeHeader(count: values.count, element: Self.bigint, to: &buffer)
            for value in values {
                buffer.append(bigEndian: Int32(MemoryLayout<Int64>.size))
                buffer.append(bigEndian: value)
            }
        case .byteStrings(let values):
            Self.encodeHeader(count: values.count, element: Self.bytea, to: &buffer)
            for value in values {
                buffer.append(bigEndian: Int32(value.count))
                buffer += value
            }
        }
    }

    /// Of an array: dimensions, whether there are NULLs, the elements' type; per dimension its length and first index.
    private static func encodeHeader(count: Int, element: UInt32, to buffer: inout [UInt8]) {
        buffer.append(bigEndian: Int32(count == 0 ? 0 : 1))
        buffer.append(bigEndian: Int32(0))
        buffer.append(bigEndian: element)
        guard count > 0 else { return }
        buffer.append(bigEndian: Int32(count))
        buffer.append(bigEndian: Int32(1))
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

/// A row that a statement returned. Our columns are of the types `bigint`, `bytea` and `text`, and come as such.
struct PostgreSQLRow {
    /// Nil for NULL.
    let columns: [[UInt8]?]

    func isNull(_ index: Int) -> Bool { columns[index] == nil }

    /// A column of bytes; empty for NULL.
    func bytes(_ index: Int) -> [UInt8] { columns[index] ?? [] }

    /// A column that holds an opaque value.
    func opaque<Value: OpaqueBytes>(_ index: Int, as type: Value.Type = Value.self) throws(StoreFault) -> Value {
        guard let value = Value(bytes(index)) else { throw .damaged }
        return value
    }

    func integer(_ index: Int) throws(StoreFault) -> Int64 {
        guard let bytes = columns[index], bytes.count == MemoryLayout<Int64>.size else { throw .damaged }
        return bytes.reduce(0) { $0 << 8 | Int64($1) }
    }

    /// A `uint64` in PostgreSQL's signed integer of the same bits.
    func unsigned(_ index: Int) throws(StoreFault) -> UInt64 { UInt64(bitPattern: try integer(index)) }

    func text(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }
}
