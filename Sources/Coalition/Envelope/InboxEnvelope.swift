public import HPKE
internal import Labels
public import RelayAPI
internal import Sodium
public import TLSCodec

/// Entries of a device's inbox: sealed to the device's inbox key, so that senders need nothing else (Protocol/envelope.md,
/// "Inboxes").
///
///     body = enc || ciphertext
///     (enc, ciphertext) = HPKE.Seal(inbox_key, Labelled{"inbox entry", mailbox || entry_id}, "", EnvelopeContent)
public enum InboxEnvelope {
    private static let tagLength = 16
    /// Of the last byte of `enc`, which ends an X25519 public key.
    private static let topBit: UInt8 = 0x80

    /// The longest body with a message in it, so that the transfer of a longer one goes on where it was cut.
    static let longestBody = BodyLength.sixtyFourKiB

    /// Seals a message for its place: in the shortest body that holds it, or beside the entry in a blob.
    /// - Parameter key: the recipient's inbox key, from its `addresses` extension.
    /// - Throws: `tooLong`, or `invalidKey`.
    public static func seal(
        _ message: InboxMessage,
        to key: [UInt8],
        kem: HPKE.KEM,
        mailbox: MailboxID,
        entryID: EntryID
    ) throws(EnvelopeError) -> SealedInboxMessage {
        let overhead = overhead(of: kem)
        var content = EnvelopeContent(message: message.encoded)
        var blob: SealedBlob?
        if content.length + overhead > longestBody.rawValue {
            let sealed = try BlobReference.seal(content.message, in: context(mailbox: mailbox, entryID: entryID))
            content = EnvelopeContent(message: sealed.reference.encoded, form: .blob)
            blob = sealed
        }
        let plaintext = try content.padded(overhead: overhead)
        let body = try seal(plaintext, to: key, kem: kem, mailbox: mailbox, entryID: entryID)
        return SealedInboxMessage(body: body, blob: blob)
    }

    private static func seal(
        _ plaintext: [UInt8],
        to key: [UInt8],
        kem: HPKE.KEM,
        mailbox: MailboxID,
        entryID: EntryID
    ) throws(EnvelopeError) -> SealedBody {
        var body: [UInt8]
        do throws(SodiumError) {
            let (kemOutput, ciphertext) = try HPKE.seal(
                plaintext,
                to: key,
                info: HPKE.Info(info(mailbox: mailbox, entryID: entryID), for: kem),
                authenticatedData: []
            )
            body = kemOutput + ciphertext
        } catch {
            throw .invalidKey
        }
        // An X25519 key ends in a bit that is always 0. Drawn anew, it looks like all others.
        body[kem.kemOutputLength - 1] |= Random.bytes(1)[0] & topBit
        return try SealedBody(body)
    }

    /// Opens what was sealed for this place.
    public static func open(
        _ body: SealedBody,
        key: borrowing HPKE.PrivateKey,
        mailbox: MailboxID,
        entryID: EntryID
    ) throws(EnvelopeError) -> OpenedInboxEntry {
        let length = key.kem.kemOutputLength
        guard body.bytes.count > overhead(of: key.kem) else { throw .notAuthentic }
        var kemOutput = Array(body.bytes.prefix(length))
        kemOutput[length - 1] &= ~topBit
        let plaintext: [UInt8]
        do throws(SodiumError) {
            plaintext = try HPKE.open(
                Array(body.bytes.dropFirst(length)),
                kemOutput: kemOutput,
                privateKey: key,
                info: info(mailbox: mailbox, entryID: entryID),
                authenticatedData: []
            )
        } catch {
            throw .notAuthentic
        }
        let content = try EnvelopeContent(plaintext: plaintext)
        do throws(CodecError) {
            switch content.form {
            case .inline: return .message(try InboxMessage(decoding: content.message))
            case .blob: return .blob(try BlobReference(decoding: content.message))
            }
        } catch {
            throw .malformed(error)
        }
    }

    /// Opens what the parts of a blob hold, one behind the other.
    /// - Parameter entryID: of the entry that refers to the blob.
    public static func open(
        _ bytes: [UInt8],
        of blob: BlobReference,
        mailbox: MailboxID,
        entryID: EntryID
    ) throws(EnvelopeError) -> InboxMessage {
        let opened = try blob.open(bytes, in: context(mailbox: mailbox, entryID: entryID))
        do throws(CodecError) {
            return try InboxMessage(decoding: opened.bytes)
        } catch {
            throw .malformed(error)
        }
    }

    private static func context(mailbox: MailboxID, entryID: EntryID) -> EnvelopeContext {
        EnvelopeContext(mailbox: mailbox, epoch: 0, entryID: entryID, kind: .application)
    }

    static func overhead(of kem: HPKE.KEM) -> Int { kem.kemOutputLength + tagLength }

    static func info(mailbox: MailboxID, entryID: EntryID) -> [UInt8] {
        Labelled(.inboxEntry, mailbox.bytes + entryID.bytes).encoded
    }
}

/// A message to an inbox, sealed.
public struct SealedInboxMessage: Sendable {
    /// Of the entry.
    public let body: SealedBody
    /// What the entry refers to, and must be there before it: where the message is too long for a body.
    public let blob: SealedBlob?
}

/// What an entry of an inbox holds.
public enum OpenedInboxEntry: Sendable {
    case message(InboxMessage)
    /// The message stands in a blob.
    case blob(BlobReference)
}

/// What stands in an inbox.
///
///     struct {
///         InboxMessageType type;
///         opaque message<V>;
///     } InboxMessage;
public enum InboxMessage: WireCodable, Sendable {
    case welcome(WelcomeMessage)
    /// Of a type that this program does not know: skipped, and reported.
    case unknown(type: UInt16, message: [UInt8])

    private static let welcomeType: UInt16 = 1

    public init(from reader: inout Reader) throws(CodecError) {
        let type = try reader.readUInt16()
        let message = try reader.readVector()
        if type == Self.welcomeType {
            self = .welcome(try WelcomeMessage(decoding: message))
        } else {
            self = .unknown(type: type, message: message)
        }
    }

    public func encode(to writer: inout Writer) {
        switch self {
        case .welcome(let message):
            writer.write(Self.welcomeType)
            writer.writeVector(message.encoded)
        case .unknown(let type, let message):
            writer.write(type)
            writer.writeVector(message)
        }
    }
}

extension Label {
    static let inboxEntry = Label("inbox entry")
}
