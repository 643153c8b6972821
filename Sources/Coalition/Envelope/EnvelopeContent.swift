internal import RelayAPI
public import TLSCodec

/// What a sealed body holds (Protocol/envelope.md): a message, and zeros up to the end of the plaintext.
///
///     struct {
///         uint8 version;
///         Form form;
///         opaque message<V>;
///         opaque zeros[...];
///     } EnvelopeContent;
struct EnvelopeContent {
    static let version: UInt8 = 1
    /// The one form there is so far: the message itself.
    static let inline: UInt8 = 1

    let message: [UInt8]

    init(message: [UInt8]) {
        self.message = message
    }

    /// The plaintext of the shortest body that holds the message.
    /// - Parameter overhead: what sealing adds, in bytes.
    func padded(overhead: Int) throws(EnvelopeError) -> [UInt8] {
        var writer = Writer(capacity: message.count + 8)
        writer.write(Self.version)
        writer.write(Self.inline)
        writer.writeVector(message)
        guard let length = BodyLength(holding: writer.bytes.count + overhead) else { throw .tooLong }
        writer.writeFixed(repeatElement(0, count: length.rawValue - overhead - writer.bytes.count))
        return writer.bytes
    }

    /// - Parameter plaintext: known to be authentic, but not to be well-formed.
    init(plaintext: [UInt8]) throws(EnvelopeError) {
        var reader = Reader(plaintext)
        let version: UInt8
        let form: UInt8
        do throws(CodecError) {
            version = try reader.readUInt8()
            form = try reader.readUInt8()
        } catch {
            throw .malformed(error)
        }
        guard version == Self.version else { throw .unknownVersion(version) }
        guard form == Self.inline else { throw .unknownForm(form) }
        do throws(CodecError) {
            message = try reader.readVector()
        } catch {
            throw .malformed(error)
        }
        guard reader.readRest().allSatisfy({ $0 == 0 }) else { throw .padding }
    }
}

/// Why a message is not sealed, or a body not opened.
public enum EnvelopeError: Error, Equatable, Sendable {
    /// The message does not fit into the longest body.
    case tooLong
    /// The body has none of the six lengths.
    case wrongLength
    /// The body is not what somebody with the key sealed for this place.
    case notAuthentic
    /// The recipient's public key is none.
    case invalidKey
    /// A newer program wrote it.
    case unknownVersion(UInt8)
    /// A newer program wrote it.
    case unknownForm(UInt8)
    case malformed(CodecError)
    /// The padding is not zero.
    case padding
}
