import HPKE
import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition

@Suite("Messages in blobs")
struct BlobTests {
    let mailbox = MailboxID(unchecked: Array(0..<16))
    let entryID = EntryID(unchecked: Array(100..<116))

    var context: EnvelopeContext {
        EnvelopeContext(mailbox: mailbox, epoch: 0, entryID: entryID, kind: .application)
    }

    private func message(_ count: Int) -> InboxMessage {
        .unknown(type: 7, message: [UInt8](repeating: 5, count: count))
    }

    private func reference(_ sealed: SealedInboxMessage, _ owner: borrowing HPKE.PrivateKey) throws -> BlobReference? {
        switch try InboxEnvelope.open(sealed.body, key: owner, mailbox: mailbox, entryID: entryID) {
        case .message: nil
        case .blob(let reference): reference
        }
    }

    @Test(
        "what is too long for 64 KiB goes into whole parts of a blob, beside a short entry",
        arguments: HPKE.KEM.allCases
    )
    func inbox(kem: HPKE.KEM) throws {
        let owner = try kem.generateKeyPair()
        // Headers: of the envelope's vector, 4, behind version and form; of the message's, 4, behind its type.
        let longest = 0x10000 - InboxEnvelope.overhead(of: kem) - 12
        for (count, parts) in [(longest, 0), (longest + 1, 1), (0x10000, 2), (0xa0000, 12), (0xfe_0000, 256)] {
            let message = message(count)
            let sealed = try InboxEnvelope.seal(
                message,
                to: owner.publicKey,
                kem: kem,
                mailbox: mailbox,
                entryID: entryID
            )
            #expect((sealed.blob?.reference.parts ?? 0) == parts)
            guard let blob = sealed.blob else { continue }
            #expect(sealed.body.bytes.count <= 4096)
            #expect(blob.bytes.count == parts * 0x10000)
            #expect((0..<parts).flatMap { blob.part($0) } == blob.bytes)
            let reference = try #require(try reference(sealed, owner))
            let opened = try InboxEnvelope.open(blob.bytes, of: reference, mailbox: mailbox, entryID: entryID)
            #expect(opened.encoded == message.encoded)
        }
        #expect(throws: EnvelopeError.tooLong) {
            try InboxEnvelope.seal(
                message(0x100_0000),
                to: owner.publicKey,
                kem: kem,
                mailbox: mailbox,
                entryID: entryID
            )
        }
    }

    @Test("a blob opens beside its entry alone, whole and unchanged")
    func place() throws {
        let blob = try BlobReference.seal([1, 2, 3], in: context)
        #expect(try blob.reference.open(blob.bytes, in: context).bytes == [1, 2, 3])
        let elsewhere = [
            EnvelopeContext(mailbox: .random(), epoch: 0, entryID: entryID, kind: .application),
            EnvelopeContext(mailbox: mailbox, epoch: 0, entryID: .random(), kind: .application),
        ]
        for other in elsewhere {
            #expect(throws: EnvelopeError.notAuthentic) { try blob.reference.open(blob.bytes, in: other) }
        }
        for index in [0, 23, 24, 30, 0xffff] {
            var changed = blob.bytes
            changed[index] ^= 1
            #expect(throws: EnvelopeError.notAuthentic) { try blob.reference.open(changed, in: context) }
        }
        #expect(throws: EnvelopeError.wrongLength) {
            try blob.reference.open(Array(blob.bytes.dropLast()), in: context)
        }
    }

    @Test("no two blobs share a key or a capability, and a blob's own differ")
    func separation() throws {
        let (one, other) = (try BlobReference.seal([1], in: context), try BlobReference.seal([1], in: context))
        #expect(throws: EnvelopeError.notAuthentic) { try other.reference.open(one.bytes, in: context) }
        let capabilities = [one, other]
            .flatMap {
                [$0.reference.readCapability(in: mailbox).bytes, $0.reference.writeCapability(in: mailbox).bytes]
            }
        #expect(Set(capabilities).count == 4)
    }

    @Test("a reference to a number of parts that no blob of a message has is malformed", arguments: [0, 9, 320, 1024])
    func parts(count: UInt32) {
        var writer = Writer()
        writer.writeFixed([UInt8](repeating: 1, count: 32))
        writer.write(count)
        let encoded = writer.bytes
        #expect(throws: CodecError.invalid("parts")) { try BlobReference(decoding: encoded) }
    }

    @Test("where a message must stand in its entry, a reference to a blob is refused")
    func inlineOnly() throws {
        let reference = try BlobReference.seal([1], in: context).reference
        let content = EnvelopeContent(message: reference.encoded, form: .blob)
        #expect(throws: EnvelopeError.unknownForm(2)) { try content.inlineMessage }
    }
}
