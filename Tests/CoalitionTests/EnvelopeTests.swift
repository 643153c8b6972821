import HPKE
import Labels
import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition

@Suite("Envelope")
struct EnvelopeTests {
    let mailbox = MailboxID(unchecked: Array(0..<16))
    let entryID = EntryID(unchecked: Array(100..<116))
    let grant = Grant(capabilityHash: CapabilityHash(unchecked: Array(0..<32)), rights: .read)

    var context: EnvelopeContext {
        EnvelopeContext(mailbox: mailbox, epoch: 5, entryID: entryID, kind: .advance, next: [grant])
    }

    func key() -> EnvelopeKey {
        EnvelopeKey(exported: Secret(copying: [UInt8](repeating: 7, count: 32)))
    }

    /// Version, form and the vector's header, which grows with the message.
    static func header(_ count: Int) -> Int { 2 + (count < 64 ? 1 : count < 16384 ? 2 : 4) }

    /// The longest message that a body of each length holds, for an overhead.
    static func longest(_ length: BodyLength, overhead: Int) -> Int {
        let room = length.rawValue - overhead
        return [4, 2, 1].map { room - 2 - $0 }.filter { $0 + header($0) <= room }.max() ?? 0
    }

    @Test("each body length is filled exactly, from the empty message to the longest", arguments: BodyLength.allCases)
    func buckets(length: BodyLength) throws {
        let key = key()
        let longest = Self.longest(length, overhead: EnvelopeKey.overhead)
        for count in [0, 1, 63, 64, longest - 1, longest] {
            let message = [UInt8](repeating: 0xab, count: count)
            let body = try key.seal(message, in: context)
            #expect(body.bytes.count == BodyLength(holding: count + Self.header(count) + 40)?.rawValue)
            #expect(try key.open(body, in: context).bytes == message)
        }
        #expect(try key.seal([UInt8](repeating: 1, count: longest), in: context).bytes.count == length.rawValue)
        let more = [UInt8](repeating: 1, count: longest + 1)
        if length == .longest {
            #expect(throws: EnvelopeError.tooLong) { try key.seal(more, in: context) }
        } else {
            #expect(try key.seal(more, in: context).bytes.count == length.rawValue * 4)
        }
    }

    @Test("a body opens for its place alone")
    func place() throws {
        let key = key()
        let body = try key.seal([1, 2, 3], in: context)
        let elsewhere = [
            EnvelopeContext(
                mailbox: MailboxID(unchecked: Array(1..<17)),
                epoch: 5,
                entryID: entryID,
                kind: .advance,
                next: [grant]
            ),
            EnvelopeContext(mailbox: mailbox, epoch: 6, entryID: entryID, kind: .advance, next: [grant]),
            EnvelopeContext(
                mailbox: mailbox,
                epoch: 5,
                entryID: EntryID(unchecked: Array(1..<17)),
                kind: .advance,
                next: [grant]
            ),
            EnvelopeContext(mailbox: mailbox, epoch: 5, entryID: entryID, kind: .application, next: [grant]),
            EnvelopeContext(mailbox: mailbox, epoch: 5, entryID: entryID, kind: .advance),
            EnvelopeContext(mailbox: mailbox, epoch: 5, entryID: entryID, kind: .advance, next: [grant, grant]),
        ]
        for other in elsewhere {
            #expect(throws: EnvelopeError.notAuthentic) { try key.open(body, in: other) }
        }
    }

    @Test("no bit of a body can be changed")
    func tampering() throws {
        let key = key()
        let body = try key.seal([1, 2, 3], in: context)
        for index in body.bytes.indices {
            var changed = body.bytes
            changed[index] ^= 0x80
            #expect(throws: EnvelopeError.notAuthentic) { try key.open(try SealedBody(changed), in: context) }
        }
        #expect(throws: EnvelopeError.wrongLength) { try SealedBody(Array(body.bytes.dropLast())) }
        #expect(throws: EnvelopeError.wrongLength) { try SealedBody([]) }
    }

    @Test("the same message is never sealed twice alike")
    func nonces() throws {
        let key = key()
        #expect(try key.seal([1], in: context) != key.seal([1], in: context))
    }

    @Test("contents that are authentic and not well-formed are refused, each for its reason")
    func contents() throws {
        func open(_ plaintext: [UInt8]) throws { _ = try EnvelopeContent(plaintext: plaintext) }
        try open([1, 1, 2, 9, 9, 0, 0])
        #expect(throws: EnvelopeError.unknownVersion(2)) { try open([2, 1, 0, 0]) }
        #expect(throws: EnvelopeError.unknownForm(3)) { try open([1, 3, 0, 0]) }
        #expect(throws: EnvelopeError.padding) { try open([1, 1, 0, 0, 1]) }
        #expect(throws: EnvelopeError.malformed(.truncated)) { try open([1, 1, 5, 0]) }
        #expect(throws: EnvelopeError.malformed(.truncated)) { try open([]) }
    }

    @Test("keys and capabilities of one secret all differ")
    func separation() throws {
        let secret = Secret(copying: [UInt8](repeating: 3, count: 32))
        let keyPackages = EnvelopeKey(keyPackageSecret: secret, mailbox: mailbox)
        let invitation = EnvelopeKey(invitationSecret: secret, inbox: mailbox)
        let body = try keyPackages.seal([1], in: context)
        #expect(throws: EnvelopeError.notAuthentic) { try invitation.open(body, in: context) }
        let otherMailbox = EnvelopeKey(
            keyPackageSecret: secret,
            mailbox: MailboxID(unchecked: [UInt8](repeating: 0, count: 16))
        )
        #expect(throws: EnvelopeError.notAuthentic) { try otherMailbox.open(body, in: context) }
    }

    @Test("a group's epoch asks the exporter for two secrets of its mailbox, under two labels")
    func groupEpochKeys() throws {
        nonisolated(unsafe) var asked: [String] = []
        let keys = GroupEpochKeys(mailbox: mailbox) { label, context, length in
            asked.append(label)
            #expect(context == mailbox.bytes)
            #expect(length == 32)
            return Secret(copying: [UInt8](repeating: UInt8(asked.count), count: 32))
        }
        #expect(asked == ["AADR-v1 group capability", "AADR-v1 group envelope"])
        #expect(keys.capability.bytes == [UInt8](repeating: 1, count: 32))
        #expect(keys.derivedGrant.rights == [.read, .append, .advance])
        #expect(keys.derivedGrant.uses == Grant.unlimited)
        #expect(keys.derivedGrant.capabilityHash == keys.capability.hash)
    }

    @Test(
        "an inbox entry opens for its place and its owner alone, at every length that holds it",
        arguments: BodyLength.allCases.flatMap { length in HPKE.KEM.allCases.map { (length, $0) } }
            .filter {
                $0.rawValue > InboxEnvelope.overhead(of: $1) && $0.rawValue <= InboxEnvelope.longestBody.rawValue
            }
    )
    func inbox(length: BodyLength, kem: HPKE.KEM) throws {
        let owner = try kem.generateKeyPair()
        let overhead = InboxEnvelope.overhead(of: kem)
        // The message's own type and header stand inside the envelope's.
        let longest = Self.longest(length, overhead: overhead)
        let room = longest - 2 - (longest < 16_390 ? 2 : 4)
        for count in [0, room] {
            let message = InboxMessage.unknown(type: 7, message: [UInt8](repeating: 5, count: count))
            let sealed = try InboxEnvelope.seal(
                message,
                to: owner.publicKey,
                kem: kem,
                mailbox: mailbox,
                entryID: entryID
            )
            #expect(sealed.blob == nil)
            let body = sealed.body
            if count > 0 { #expect(body.bytes.count == length.rawValue) }
            let opened = try InboxEnvelope.open(body, key: owner, mailbox: mailbox, entryID: entryID)
            #expect(opened.message?.encoded == message.encoded)
            let other = try kem.generateKeyPair()
            #expect(throws: EnvelopeError.notAuthentic) {
                try InboxEnvelope.open(body, key: other, mailbox: mailbox, entryID: entryID)
            }
            #expect(throws: EnvelopeError.notAuthentic) {
                try InboxEnvelope.open(body, key: owner, mailbox: mailbox, entryID: .random())
            }
            #expect(throws: EnvelopeError.notAuthentic) {
                try InboxEnvelope.open(body, key: owner, mailbox: .random(), entryID: entryID)
            }
        }
    }

    @Test(
        "the bit that ends an X25519 key is drawn at random, and either way the body opens",
        arguments: HPKE.KEM.allCases
    )
    func topBit(kem: HPKE.KEM) throws {
        let owner = try kem.generateKeyPair()
        var seen: Set<UInt8> = []
        for _ in 0..<64 {
            let body =
                try InboxEnvelope.seal(
                    .unknown(type: 2, message: []),
                    to: owner.publicKey,
                    kem: kem,
                    mailbox: mailbox,
                    entryID: entryID
                )
                .body
            seen.insert(body.bytes[kem.kemOutputLength - 1] & 0x80)
            _ = try InboxEnvelope.open(body, key: owner, mailbox: mailbox, entryID: entryID)
        }
        #expect(seen == [0, 0x80])
    }

    @Test("an organisation and a device derive the same capabilities, and no two of them are alike")
    func contactCapabilities() throws {
        let organisation = try OrganisationFixture("JOSA", number: 2)
        let device = try ContactKey(raw: OrganisationFixture.seed(30, 1))
        let coalition = CoalitionID(unchecked: [UInt8](repeating: 1, count: 32))
        func both(_ name: Name, _ mailbox: MailboxID) throws -> [[UInt8]] {
            let ownersInbox = try device.inboxCapability(
                with: organisation.contact.publicKey,
                organisation: name,
                in: coalition,
                mailbox: mailbox
            )
            let theirInbox = try organisation.contact.inboxCapability(
                with: device.publicKey,
                organisation: name,
                in: coalition,
                mailbox: mailbox
            )
            #expect(ownersInbox == theirInbox)
            let ownersTake = try device.keyPackageCapability(
                with: organisation.contact.publicKey,
                organisation: name,
                in: coalition,
                mailbox: mailbox
            )
            let theirTake = try organisation.contact.keyPackageCapability(
                with: device.publicKey,
                organisation: name,
                in: coalition,
                mailbox: mailbox
            )
            #expect(ownersTake == theirTake)
            return [ownersInbox.bytes, ownersTake.bytes]
        }
        let other = try #require(Name("INSM"))
        let all = try both(organisation.name, mailbox) + both(other, mailbox) + both(organisation.name, .random())
        #expect(Set(all).count == 6)
    }

    @Test("a contact key that gives everybody the same secret is refused")
    func lowOrder() throws {
        let device = try ContactKey(raw: OrganisationFixture.seed(30, 1))
        #expect(throws: SodiumError.invalidKey) {
            try device.inboxCapability(
                with: ContactPublicKey(unchecked: [UInt8](repeating: 0, count: 32)),
                organisation: try #require(Name("JOSA")),
                in: CoalitionID(unchecked: [UInt8](repeating: 1, count: 32)),
                mailbox: mailbox
            )
        }
    }
}

extension OpenedInboxEntry {
    /// Nil when it stands in a blob.
    var message: InboxMessage? {
        guard case .message(let message) = self else { return nil }
        return message
    }
}
