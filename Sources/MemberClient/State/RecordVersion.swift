internal import TLSCodec

/// The version byte that every record in the vault begins with.
enum RecordVersion {
    static let current: UInt8 = 1
}

extension Reader {
    /// Reads the version byte; a record of another version was written by a newer program.
    mutating func readRecordVersion() throws(CodecError) {
        guard try readUInt8() == RecordVersion.current else { throw .invalid("record version") }
    }

    mutating func readText(maximum: Int = 65536) throws(CodecError) -> String {
        let bytes = try readVector(maximum: maximum)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalid("text") }
        return text
    }

    mutating func readBool() throws(CodecError) -> Bool {
        switch try readUInt8() {
        case 0: return false
        case 1: return true
        default: throw .invalid("boolean")
        }
    }
}

extension Writer {
    mutating func writeRecordVersion() {
        write(RecordVersion.current)
    }

    mutating func writeText(_ text: String) {
        writeVector(text.utf8)
    }

    mutating func writeBool(_ value: Bool) {
        write(value ? UInt8(1) : UInt8(0))
    }
}
