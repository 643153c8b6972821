import Labels
import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition
@testable import HPKE

@Suite("Vectors of the envelope and of capabilities")
struct EnvelopeVectorTests {
    let mailbox = MailboxID(unchecked: pattern(0x10, count: 16))
    let entryID = EntryID(unchecked: pattern(0x20, count: 16))
    let keyBytes = pattern(0x40, count: 32)
    let nonce = pattern(0x60, count: 24)
    let capability = Capability(unchecked: pattern(0x80, count: 32))

    var grant: Grant { Grant(capabilityHash: capability.hash, rights: [.read, .append, .advance]) }

    func describe(_ context: EnvelopeContext) -> [String: Any] {
        [
            "mailbox": hex(context.mailbox), "epoch": context.epoch, "entry_id": hex(context.entryID),
            "kind": context.kind.rawValue, "next": context.next.map { hex(encoding: $0) },
            "context": hex(encoding: context),
        ]
    }

    func sealed(_ message: [UInt8], _ key: borrowing EnvelopeKey, in context: EnvelopeContext) throws -> [String: Any] {
        let body = try key.seal(message, in: context, nonce: nonce)
        #expect(try key.open(body, in: context).bytes == message)
        var vector = describe(context)
        vector["nonce"] = hex(nonce)
        vector["message_length"] = message.count
        vector["message_hash"] = hex(SHA256.hash(message))
        vector["body_length"] = body.bytes.count
        vector["body_hash"] = hex(SHA256.hash(body.bytes))
        if body.bytes.count <= 1024 {
            vector["message"] = hex(message)
            vector["body"] = hex(body.bytes)
        }
        return vector
    }

    @Test("envelope.json")
    func envelope() throws {
        let application = EnvelopeContext(mailbox: mailbox, epoch: 7, entryID: entryID, kind: .application)
        let advance = EnvelopeContext(mailbox: mailbox, epoch: 7, entryID: entryID, kind: .advance, next: [grant])
        let key = EnvelopeKey(exported: Secret(copying: keyBytes))
        var group = [try sealed([1, 2, 3], key, in: advance)]
        for length in BodyLength.allCases {
            let longest = EnvelopeTests.longest(length, overhead: EnvelopeKey.overhead)
            group.append(try sealed(pattern(0, count: longest), key, in: application))
        }
        group.insert(try sealed([], key, in: application), at: 0)
        let secret = pattern(0xa0, count: 32)
        let keyPackageContext = EnvelopeContext(mailbox: mailbox, epoch: 0, entryID: entryID, kind: .lastResort)
        let keyPackageKey = EnvelopeKey(keyPackageSecret: Secret(copying: secret), mailbox: mailbox)
        var keyPackage = try sealed([4, 5, 6], keyPackageKey, in: keyPackageContext)
        keyPackage["key_package_secret"] = hex(secret)
        try VectorFile(name: "envelope")
            .check([
                "group": ["envelope_key": hex(keyBytes), "sealed": group] as [String: Any],
                "key_package": keyPackage,
                "inbox": try inbox(),
                "blob": try blob(),
                "refused": try refused(in: application),
            ])
    }

    /// Authentic bodies with contents that are not well-formed.
    func refused(in context: EnvelopeContext) throws -> [[String: Any]] {
        let key = EnvelopeKey(exported: Secret(copying: keyBytes))
        let contents: [(String, [UInt8], EnvelopeError)] = [
            ("the version is 2", [2, 1, 0], .unknownVersion(2)), ("the form is 2", [1, 2, 0], .unknownForm(2)),
            ("the padding is not zero", [1, 1, 1, 9, 0, 1], .padding),
            ("the message is longer than the plaintext", [1, 1, 0x7f, 0xff], .malformed(.truncated)),
            ("the message's length is not in its shortest form", [1, 1, 0x40, 1, 9], .malformed(.nonMinimalLength)),
        ]
        return try contents.map { name, start, error in
            let ciphertext = XChaCha20Poly1305.seal(
                start + [UInt8](repeating: 0, count: 984 - start.count),
                key: Secret(copying: keyBytes),
                nonce: nonce,
                authenticatedData: context.encoded
            )
            let body = try SealedBody(nonce + ciphertext)
            #expect(throws: error) { try key.open(body, in: context) }
            var vector = describe(context)
            vector["why"] = name
            vector["body"] = hex(body.bytes)
            return vector
        }
    }

    func inbox() throws -> [String: Any] {
        let seed = pattern(0xc0, count: 32)
        let owner = try HPKE.KEM.x25519.deriveKeyPair(inputKeyMaterial: Secret(copying: seed))
        let message = InboxMessage.unknown(type: 0xff00, message: [7, 8, 9])
        let info = InboxEnvelope.info(mailbox: mailbox, entryID: entryID)
        let randomness = Secret(copying: pattern(0xe0, count: 32))
        let encapsulation = try DHKEM.encapsulate(to: owner.publicKey, randomness: randomness)
        var context = HPKE.SenderContext(encapsulation, info: HPKE.Info(info, for: .x25519))
        let plaintext = try EnvelopeContent(message: message.encoded)
            .padded(overhead: InboxEnvelope.overhead(of: .x25519))
        let ciphertext = context.seal(plaintext, authenticatedData: [])
        let bodies = [UInt8(0), 0x80]
            .map { bit in
                var output = context.kemOutput
                output[31] |= bit
                return output + ciphertext
            }
        for body in bodies {
            let opened = try InboxEnvelope.open(SealedBody(body), key: owner, mailbox: mailbox, entryID: entryID)
            #expect(opened.message?.encoded == message.encoded)
        }
        return [
            "kem": 0x0020, "private_key": hex(owner.raw.exposed()), "public_key": hex(owner.publicKey),
            "mailbox": hex(mailbox), "entry_id": hex(entryID), "info": hex(info), "message": hex(encoding: message),
            "bodies": bodies.map(hex),
        ]
    }

    func blob() throws -> [String: Any] {
        let context = EnvelopeContext(mailbox: mailbox, epoch: 0, entryID: entryID, kind: .application)
        let secret = pattern(0x21, count: 32)
        let message = pattern(0, count: 0x10000)
        let sealed = try BlobReference.seal(message, in: context, secret: Secret(copying: secret), nonce: nonce)
        #expect(try sealed.reference.open(sealed.bytes, in: context).bytes == message)
        let read = sealed.reference.readCapability(in: mailbox)
        let write = sealed.reference.writeCapability(in: mailbox)
        var vector = describe(context)
        vector["secret"] = hex(secret)
        vector["nonce"] = hex(nonce)
        vector["message_length"] = message.count
        vector["parts"] = sealed.reference.parts
        vector["blob_reference"] = hex(encoding: sealed.reference)
        vector["blob_hash"] = hex(SHA256.hash(sealed.bytes))
        vector["read_capability"] = hex(read)
        vector["write_capability"] = hex(write)
        return vector
    }

    @Test("capabilities.json")
    func capabilities() throws {
        let token = AccessToken(unchecked: pattern(0x90, count: 32))
        let device = try ContactKey(raw: Secret(copying: pattern(0x01, count: 32)))
        let organisation = try ContactKey(raw: Secret(copying: pattern(0x31, count: 32)))
        let name = try #require(Name("JOSA"))
        let coalition = CoalitionID(unchecked: pattern(0xb0, count: 32))
        let inbox = try device.inboxCapability(
            with: organisation.publicKey,
            organisation: name,
            in: coalition,
            mailbox: mailbox
        )
        let take = try organisation.keyPackageCapability(
            with: device.publicKey,
            organisation: name,
            in: coalition,
            mailbox: mailbox
        )
        let inboxGrant = Grant(capabilityHash: inbox.hash, rights: .append, uses: ContactKey.inboxUses)
        let takeGrant = Grant(capabilityHash: take.hash, rights: .take, uses: ContactKey.keyPackageUses)
        try VectorFile(name: "capabilities")
            .check([
                "hashes": [
                    "capability": hex(capability), "capability_hash": hex(capability.hash),
                    "access_token": hex(token), "access_token_hash": hex(token.hash),
                ],
                "group": [
                    "exporter_label": Label.prefix + GroupEpochKeys.capabilityLabel.name,
                    "envelope_exporter_label": Label.prefix + GroupEpochKeys.envelopeLabel.name,
                    "exporter_context": hex(mailbox), "exporter_length": 32,
                    "group_capability": hex(capability), "derived_grant": hex(encoding: grant),
                ] as [String: Any],
                "contact": [
                    "device_private_key": hex(device.raw.exposed()), "device_contact_key": hex(device.publicKey),
                    "organisation_private_key": hex(organisation.raw.exposed()),
                    "organisation_contact_key": hex(organisation.publicKey),
                    "coalition_id": hex(coalition), "organisation": name.description, "mailbox": hex(mailbox),
                    "inbox_capability": hex(inbox), "inbox_grant": hex(encoding: inboxGrant),
                    "key_package_capability": hex(take), "key_package_grant": hex(encoding: takeGrant),
                ],
            ])
    }
}
