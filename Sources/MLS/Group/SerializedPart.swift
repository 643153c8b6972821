internal import Sodium
internal import TLSCodec

/// What a serialised state begins with: the format's version, and which part it is.
enum SerializedPart: UInt8 {
    case keyPackage = 1
    case epoch = 2
    case receiving = 3
    case sending = 4
    case stagedCommit = 5
    case handshakes = 6

    fileprivate static let version: UInt8 = 2
}

extension SecretWriter {
    mutating func write(_ part: SerializedPart) {
        write(SerializedPart.version)
        write(part.rawValue)
    }
}

extension SecretReader {
    init(_ source: consuming Secret, of part: SerializedPart) throws(CodecError) {
        self.init(source)
        guard try readUInt8() == SerializedPart.version else { throw .invalid("version of a serialised state") }
        guard try readUInt8() == part.rawValue else { throw .invalid("part of a serialised state") }
    }
}
