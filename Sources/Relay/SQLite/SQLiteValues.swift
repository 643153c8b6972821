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
        guard let value = Value(bytes(index)) else { throw StoreFault.corruptValue }
        return value
    }

    func integer(_ index: Int) -> Int64 { self[index] }

    /// A `uint64` in SQLite's signed integer of the same bits.
    func unsigned(_ index: Int) -> UInt64 { UInt64(bitPattern: self[index]) }
}

extension Sequence<Grant> {
    /// `Grant values<V>` without its header.
    var joined: Data {
        var writer = Writer()
        for grant in self { writer.write(grant) }
        return Data(writer.bytes)
    }
}

/// The reverse of `joined`.
func grants(joined bytes: [UInt8]) throws -> [Grant] {
    var reader = Reader(bytes)
    var grants: [Grant] = []
    while !reader.isAtEnd { grants.append(try reader.read()) }
    return grants
}

/// What can be wrong with a store's file.
public enum StoreFault: Error, Sendable, CustomStringConvertible {
    /// A later version of this program has changed the tables.
    case newerSchema
    /// A column does not hold what this program writes there.
    case corruptValue

    public var description: String {
        switch self {
        case .newerSchema: "a newer version of aadr-relay made this store: use that version, or one that is newer still"
        case .corruptValue: "the store holds a value that this program never writes: is the file damaged?"
        }
    }
}
