internal import Labels
public import RelayAPI
internal import Sodium
public import TLSCodec

/// Where a message stands that is too long for an entry's body: in a blob of the same mailbox (Protocol/envelope.md, "Blobs").
/// Everything about the blob follows from the secret, which stands in a sealed entry and nowhere else.
///
///     struct {
///         opaque secret[32];
///         uint32 parts;
///     } BlobReference;
public struct BlobReference: WireCodable, Sendable, CustomStringConvertible {
    private static let secretLength = 32

    /// Most parts of a message: 16 MiB.
    public static let maximumParts = 256

    /// In ordinary memory, because it goes into a message that is about to be sealed, or comes out of one.
    private let secret: [UInt8]
    /// As `BlobPart` allows, and at most `maximumParts`.
    public let parts: Int

    private init(secret: [UInt8], parts: Int) {
        self.secret = secret
        self.parts = parts
    }

    public init(from reader: inout Reader) throws(CodecError) {
        secret = try reader.readFixed(Self.secretLength)
        parts = Int(try reader.readUInt32())
        guard parts <= Self.maximumParts, BlobPart.isAllowed(count: parts) else { throw .invalid("parts") }
    }

    public func encode(to writer: inout Writer) {
        writer.writeFixed(secret)
        writer.write(UInt32(parts))
    }

    /// Gets the parts.
    public func readCapability(in mailbox: MailboxID) -> Capability { capability(.blobRead, mailbox) }

    /// Puts the parts, and deletes the blob.
    public func writeCapability(in mailbox: MailboxID) -> Capability { capability(.blobWrite, mailbox) }

    private func capability(_ label: Label, _ mailbox: MailboxID) -> Capability {
        let derived = labelledDerive(
            secret: Secret(copying: secret),
            label,
            context: mailbox.bytes,
            count: Capability.length
        )
        return Capability(unchecked: derived.exposed())
    }

    /// Seals a message under a new secret.
    /// - Parameter context: of the entry that will refer to the blob.
    /// - Throws: `tooLong`.
    static func seal(_ message: [UInt8], in context: EnvelopeContext) throws(EnvelopeError) -> SealedBlob {
        try seal(
            message,
            in: context,
            secret: .random(count: secretLength),
            nonce: Random.bytes(XChaCha20Poly1305.nonceLength)
        )
    }

    static func seal(
        _ message: [UInt8],
        in context: EnvelopeContext,
        secret: consuming Secret,
        nonce: [UInt8]
    ) throws(EnvelopeError) -> SealedBlob {
        let key = EnvelopeKey(blobSecret: secret, mailbox: context.mailbox)
        let bytes = try key.sealBlob(message, in: context, nonce: nonce)
        return SealedBlob(
            reference: BlobReference(secret: secret.exposed(), parts: bytes.count / BlobPart.length),
            bytes: bytes
        )
    }

    /// Opens what the parts hold, one behind the other.
    /// - Parameter context: of the entry that refers to the blob.
    func open(_ bytes: [UInt8], in context: EnvelopeContext) throws(EnvelopeError) -> OpenedMessage {
        guard bytes.count == parts * BlobPart.length else { throw .wrongLength }
        return try EnvelopeKey(blobSecret: Secret(copying: secret), mailbox: context.mailbox)
            .open(sealed: bytes, in: context)
    }

    /// Never the secret.
    public var description: String { "BlobReference(\(parts) parts)" }
}

/// What a blob holds, and what refers to it.
public struct SealedBlob: WireCodable, Sendable {
    public let reference: BlobReference
    /// Noise, of `parts` times `BlobPart.length` bytes.
    public let bytes: [UInt8]

    init(reference: BlobReference, bytes: [UInt8]) {
        self.reference = reference
        self.bytes = bytes
    }

    public init(from reader: inout Reader) throws(CodecError) {
        reference = try reader.read()
        bytes = try reader.readFixed(reference.parts * BlobPart.length)
    }

    public func encode(to writer: inout Writer) {
        writer.write(reference)
        writer.writeFixed(bytes)
    }

    public func part(_ index: Int) -> [UInt8] {
        Array(bytes[index * BlobPart.length..<(index + 1) * BlobPart.length])
    }
}

extension Label {
    static let blobRead = Label("blob read")
    static let blobWrite = Label("blob write")
}
