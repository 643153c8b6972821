internal import FoundationEssentials
internal import GRDB
internal import RelayAPI
internal import TLSCodec

/// How our values stand in SQLite's columns.
extension OpaqueBytes {
    var data: Data { Data(bytes) }
}

extension Row {
    /// A column of bytes; empty for NULL.
    func bytes(_ index: Int) -> [UInt8] {
        (try? withUnsafeData(atIndex: index) { $0.map { Array($0) } }) ?? []
    }

    /// A column that holds an opaque value.
    func opaque<Value: OpaqueBytes>(_ index: Int, as type: Value.Type = Value.self) throws -> Value {
        guard let value = Value(bytes(index)) else { throw StoreFault.damaged }
        return value
    }

    func integer(_ index: Int) -> Int64 { self[index] }

    /// A `uint64` in SQLite's signed integer of the same bits.
    func unsigned(_ index: Int) -> UInt64 { UInt64(bitPattern: self[index]) }
}

extension Sequence<Grant> {
    /// `Grant values<V>` without its header.
    var joined: [UInt8] {
        var writer = Writer()
        for grant in self { writer.write(grant) }
        return writer.bytes
    }
}

/// The reverse of `joined`.
func grants(joined bytes: [UInt8]) throws -> [Grant] {
    var reader = Reader(bytes)
    var grants: [Grant] = []
    while !reader.isAtEnd { grants.append(try reader.read()) }
    return grants
}
