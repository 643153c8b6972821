internal import Labels
public import RelayAPI
public import Sodium
internal import TLSCodec

/// A symmetric key that entries are sealed with: of a group's epoch, of a device's KeyPackages or of an invitation; or a blob.
///
///     body = nonce[24] || XChaCha20-Poly1305(key, nonce, EnvelopeContext, EnvelopeContent)
public struct EnvelopeKey: ~Copyable, Sendable {
    private let key: Secret

    static let overhead = XChaCha20Poly1305.nonceLength + XChaCha20Poly1305.tagLength

    /// The key of a device's KeyPackages.
    /// - Parameter secret: from the device's `addresses` extension.
    public init(keyPackageSecret secret: borrowing Secret, mailbox: MailboxID) {
        key = labelledDerive(
            secret: secret,
            .keyPackageSeal,
            context: mailbox.bytes,
            count: XChaCha20Poly1305.keyLength
        )
    }

    /// The key of the requests that answer an invitation.
    public init(invitationSecret secret: borrowing Secret, inbox: MailboxID) {
        key = labelledDerive(
            secret: secret,
            .invitationSeal,
            context: inbox.bytes,
            count: XChaCha20Poly1305.keyLength
        )
    }

    /// The key of one blob.
    init(blobSecret secret: borrowing Secret, mailbox: MailboxID) {
        key = labelledDerive(secret: secret, .blobSeal, context: mailbox.bytes, count: XChaCha20Poly1305.keyLength)
    }

    /// - Parameter exported: 32 bytes of the MLS exporter; `GroupEpochKeys` asks for them.
    init(exported: consuming Secret) {
        key = exported
    }

    /// Seals a message for its place, in the shortest body that holds it.
    /// - Throws: `tooLong`.
    public borrowing func seal(_ message: [UInt8], in context: EnvelopeContext) throws(EnvelopeError) -> SealedBody {
        try seal(message, in: context, nonce: Random.bytes(XChaCha20Poly1305.nonceLength))
    }

    borrowing func seal(
        _ message: [UInt8],
        in context: EnvelopeContext,
        nonce: [UInt8]
    ) throws(EnvelopeError) -> SealedBody {
        try SealedBody(
            seal(
                plaintext: try EnvelopeContent(message: message).padded(overhead: Self.overhead),
                in: context,
                nonce: nonce
            )
        )
    }

    /// Seals a message as a blob.
    /// - Throws: `tooLong`.
    borrowing func sealBlob(
        _ message: [UInt8],
        in context: EnvelopeContext,
        nonce: [UInt8]
    ) throws(EnvelopeError) -> [UInt8] {
        seal(
            plaintext: try EnvelopeContent(message: message).paddedForBlob(overhead: Self.overhead),
            in: context,
            nonce: nonce
        )
    }

    private borrowing func seal(plaintext: [UInt8], in context: EnvelopeContext, nonce: [UInt8]) -> [UInt8] {
        nonce
            + XChaCha20Poly1305.seal(
                plaintext,
                key: key,
                nonce: nonce,
                authenticatedData: context.encoded
            )
    }

    /// Opens what was sealed for this place.
    public borrowing func open(
        _ body: SealedBody,
        in context: EnvelopeContext
    ) throws(EnvelopeError) -> OpenedMessage {
        try open(sealed: body.bytes, in: context)
    }

    /// Opens a body, or what a blob holds.
    borrowing func open(sealed: [UInt8], in context: EnvelopeContext) throws(EnvelopeError) -> OpenedMessage {
        let plaintext: [UInt8]
        do throws(SodiumError) {
            plaintext = try XChaCha20Poly1305.open(
                Array(sealed.dropFirst(XChaCha20Poly1305.nonceLength)),
                key: key,
                nonce: Array(sealed.prefix(XChaCha20Poly1305.nonceLength)),
                authenticatedData: context.encoded
            )
        } catch {
            throw .notAuthentic
        }
        return try OpenedMessage(EnvelopeContent(plaintext: plaintext))
    }
}

extension Label {
    static let keyPackageSeal = Label("key package seal")
    static let invitationSeal = Label("invitation seal")
    static let blobSeal = Label("blob seal")
}
