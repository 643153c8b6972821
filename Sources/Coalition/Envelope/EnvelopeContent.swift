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

    enum Form: UInt8 {
        /// The message itself.
        case inline = 1
        /// A `BlobReference` in its place.
        case blob = 2
    }

    let form: Form
    let message: [UInt8]

    init(message: [UInt8], form: Form = .inline) {
        self.form = form
        self.message = message
    }

    /// The plaintext of the shortest body that holds the message.
    /// - Parameter overhead: what sealing adds, in bytes.
    func padded(overhead: Int) throws(EnvelopeError) -> [UInt8] {
        let content = encoded
        guard let length = BodyLength(holding: content.count + overhead) else { throw .tooLong }
        return content + repeatElement(0, count: length.rawValue - overhead - content.count)
    }

    /// The plaintext that fills the fewest parts of a blob.
    /// - Parameter overhead: what sealing adds, in bytes.
    func paddedForBlob(overhead: Int) throws(EnvelopeError) -> [UInt8] {
        let content = encoded
        guard let count = BlobPart.count(holding: content.count + overhead), count <= BlobReference.maximumParts else {
            throw .tooLong
        }
        return content + repeatElement(0, count: count * BlobPart.length - overhead - content.count)
    }

    /// In bytes, without padding.
    var length: Int { encoded.count }

    private var encoded: [UInt8] {
        var writer = Writer(capacity: message.count + 8)
        writer.write(Self.version)
        writer.write(form.rawValue)
        writer.writeVector(message)
        return writer.bytes
    }

    /// - Parameter plaintext: known to be authentic, but not to be well-formed.
    init(plaintext: [UInt8]) throws(EnvelopeError) {
        var reader = Reader(plaintext)
        let version: UInt8
        let number: UInt8
        do throws(CodecError) {
            version = try reader.readUInt8()
            number = try reader.readUInt8()
        } catch {
            throw .malformed(error)
        }
        guard version == Self.version else { throw .unknownVersion(version) }
        guard let form = Form(rawValue: number) else { throw .unknownForm(number) }
        self.form = form
        do throws(CodecError) {
            message = try reader.readVector()
        } catch {
            throw .malformed(error)
        }
        guard reader.readRest().allSatisfy({ $0 == 0 }) else { throw .padding }
    }

    /// The message, where no blob may stand in its place.
    var inlineMessage: [UInt8] {
        get throws(EnvelopeError) {
            guard form == .inline else { throw .unknownForm(form.rawValue) }
            return message
        }
    }
}

/// Why a message is not sealed, or a body not opened.
public enum EnvelopeError: Error, Equatable, Sendable {
    /// The message does not fit into the longest body, or where it may, into a blob.
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
