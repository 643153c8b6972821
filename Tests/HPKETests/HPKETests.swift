import Sodium
import Testing

@testable import HPKE

/// RFC 9180, appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode.
@Suite("HPKE")
struct HPKETests {
    private static let info = [UInt8](hex: "4f6465206f6e2061204772656369616e2055726e")
    private static let ephemeralMaterial = [UInt8](
        hex: "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b"
    )
    private static let recipientMaterial = [UInt8](
        hex: "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df"
    )
    private static let kemOutput = [UInt8](hex: "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
    private static let plaintext = [UInt8](hex: "4265617574792069732074727574682c20747275746820626561757479")
    private static let ciphertexts = [
        0: "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        1: "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c",
        2: "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b",
        4: "63357a2aa291f5a4e5f27db6baa2af8cf77427c7c1a909e0b37214dd47db122bb153495ff0b02e9e54a50dbe16",
        255: "18ab939d63ddec9f6ac2b60d61d36a7375d2070c9b683861110757062c52b8880a5f6b3936da9cd6c23ef2a95c",
        256: "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40d4c728d6ed9e727a5b",
    ]
    private static let exports = [
        "": "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e",
        "00": "8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69",
        "54657374436f6e74657874": "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53",
    ]

    private static func recipient() throws -> HPKE.PrivateKey {
        try HPKE.KEM.x25519.deriveKeyPair(inputKeyMaterial: Secret(copying: recipientMaterial))
    }

    private static func encapsulation() throws -> HPKE.Encapsulation {
        try DHKEM.encapsulate(to: recipient().publicKey, randomness: Secret(copying: ephemeralMaterial))
    }

    private static func sender() throws -> HPKE.SenderContext {
        try HPKE.SenderContext(encapsulation(), info: HPKE.Info(info, for: .x25519))
    }

    @Test("A.2.1: DeriveKeyPair")
    func deriveKeyPair() throws {
        let key = try Self.recipient()
        #expect(
            key.raw.exposed() == .init(hex: "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
        )
        #expect(key.publicKey == .init(hex: "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"))
        #expect(try HPKE.PrivateKey(kem: .x25519, raw: key.raw.copy()).publicKey == key.publicKey)
    }

    @Test("A.2.1: the shared secret, on both sides")
    func sharedSecret() throws {
        let shared = [UInt8](hex: "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7")
        let recipient = try Self.recipient()
        let encapsulation = try Self.encapsulation()
        #expect(encapsulation.kemOutput == Self.kemOutput)
        #expect(encapsulation.sharedSecret.exposed() == shared)
        #expect(try HPKE.KEM.x25519.decapsulate(Self.kemOutput, privateKey: recipient).exposed() == shared)
    }

    @Test("A.2.1.1: encryptions 0 to 256, sealed and opened in order")
    func encryptions() throws {
        var sender = try Self.sender()
        var recipient = try HPKE.RecipientContext(
            kemOutput: Self.kemOutput,
            privateKey: Self.recipient(),
            info: Self.info
        )
        for sequence in 0...256 {
            let data = Array("Count-\(sequence)".utf8)
            let ciphertext = sender.seal(Self.plaintext, authenticatedData: data)
            if let expected = Self.ciphertexts[sequence] {
                #expect(ciphertext == .init(hex: expected))
            }
            let opened = try recipient.open(ciphertext, authenticatedData: data)
            #expect(opened == Self.plaintext)
        }
    }

    @Test("A.2.1.2: exported values, on both sides")
    func exporter() throws {
        let sender = try Self.sender()
        let recipient = try HPKE.RecipientContext(
            kemOutput: Self.kemOutput,
            privateKey: Self.recipient(),
            info: Self.info
        )
        for (context, value) in Self.exports {
            let (context, value) = ([UInt8](hex: context), [UInt8](hex: value))
            #expect(sender.export(context: context, count: 32).exposed() == value)
            #expect(recipient.export(context: context, count: 32).exposed() == value)
        }
    }

    @Test("what is sealed to a key opens with it, as bytes and as a secret", arguments: HPKE.KEM.allCases)
    func roundTrip(kem: HPKE.KEM) throws {
        let key = try kem.generateKeyPair()
        #expect(key.publicKey.count == kem.publicKeyLength)
        #expect(kem.isUsable(key.publicKey))
        #expect(key.raw.count == kem.privateKeyLength)

        let bytes = try HPKE.seal([1, 2, 3], to: key.publicKey, info: HPKE.Info([4], for: kem), authenticatedData: [5])
        #expect(bytes.kemOutput.count == kem.kemOutputLength)
        let opened = try HPKE.open(
            bytes.ciphertext,
            kemOutput: bytes.kemOutput,
            privateKey: key,
            info: [4],
            authenticatedData: [5]
        )
        #expect(opened == [1, 2, 3])

        let secret = Secret.random(count: 32)
        let sealed = try HPKE.seal(secret, to: key.publicKey, info: HPKE.Info([], for: kem), authenticatedData: [])
        let openedSecret = try HPKE.openSecret(
            sealed.ciphertext,
            kemOutput: sealed.kemOutput,
            privateKey: key,
            info: [],
            authenticatedData: []
        )
        #expect(openedSecret.exposed() == secret.exposed())
    }

    @Test("two seals of one message differ", arguments: HPKE.KEM.allCases)
    func freshness(kem: HPKE.KEM) throws {
        let key = try kem.generateKeyPair()
        let first = try HPKE.seal([1], to: key.publicKey, info: HPKE.Info([], for: kem), authenticatedData: [])
        let second = try HPKE.seal([1], to: key.publicKey, info: HPKE.Info([], for: kem), authenticatedData: [])
        #expect(first.kemOutput != second.kemOutput)
        #expect(first.ciphertext != second.ciphertext)
    }

    @Test("another key, info, associated data, ciphertext or KEM output opens nothing", arguments: HPKE.KEM.allCases)
    func tampering(kem: HPKE.KEM) throws {
        let key = try kem.generateKeyPair()
        let other = try kem.generateKeyPair()
        let sealed = try HPKE.seal(
            [1, 2, 3],
            to: key.publicKey,
            info: HPKE.Info([4], for: kem),
            authenticatedData: [5]
        )
        var (changedOutput, changedCiphertext) = (sealed.kemOutput, sealed.ciphertext)
        changedOutput[0] ^= 1
        changedCiphertext[0] ^= 1

        func error(
            _ ciphertext: [UInt8],
            _ kemOutput: [UInt8],
            _ key: borrowing HPKE.PrivateKey,
            _ info: [UInt8],
            _ data: [UInt8]
        ) -> SodiumError? {
            do throws(SodiumError) {
                _ = try HPKE.open(
                    ciphertext,
                    kemOutput: kemOutput,
                    privateKey: key,
                    info: info,
                    authenticatedData: data
                )
                return nil
            } catch {
                return error
            }
        }
        #expect(error(sealed.ciphertext, sealed.kemOutput, key, [4], [5]) == nil)
        #expect(error(sealed.ciphertext, sealed.kemOutput, other, [4], [5]) == .authenticationFailed)
        #expect(error(sealed.ciphertext, sealed.kemOutput, key, [], [5]) == .authenticationFailed)
        #expect(error(sealed.ciphertext, sealed.kemOutput, key, [4], []) == .authenticationFailed)
        #expect(error(changedCiphertext, sealed.kemOutput, key, [4], [5]) == .authenticationFailed)
        #expect(error(sealed.ciphertext, changedOutput, key, [4], [5]) == .authenticationFailed)
        #expect(error(sealed.ciphertext, [], key, [4], [5]) == .invalidKey)
        #expect(error(sealed.ciphertext, sealed.kemOutput + [0], key, [4], [5]) == .invalidKey)
    }

    @Test("a message out of order is refused, and does not disturb the order")
    func order() throws {
        var sender = try Self.sender()
        var recipient = try HPKE.RecipientContext(
            kemOutput: Self.kemOutput,
            privateKey: Self.recipient(),
            info: Self.info
        )
        let first = sender.seal([1], authenticatedData: [])
        let second = sender.seal(Secret(copying: [2]), authenticatedData: [])
        #expect(throws: SodiumError.authenticationFailed) {
            try recipient.open(second, authenticatedData: [])
        }
        let openedFirst = try recipient.open(first, authenticatedData: [])
        let openedSecond = try recipient.openSecret(second, authenticatedData: []).exposed()
        #expect(openedFirst == [1])
        #expect(openedSecond == [2])
    }

    @Test("public keys of low order or of another length are not sealed to, private keys of another length not taken")
    func invalidKeys() {
        for publicKey in [[], [UInt8](repeating: 0, count: 32), [UInt8](repeating: 9, count: 33)] {
            #expect(throws: SodiumError.invalidKey) {
                try HPKE.seal([1], to: publicKey, info: HPKE.Info([], for: .x25519), authenticatedData: [])
            }
        }
        #expect(throws: SodiumError.invalidKey) {
            try HPKE.PrivateKey(kem: .x25519, raw: .random(count: 31)).publicKey
        }
        #expect(throws: SodiumError.invalidKey) {
            try HPKE.PrivateKey(kem: .xwing, raw: .random(count: 33)).publicKey
        }
    }

    /// 3,328 is the greatest coefficient that ML-KEM has; each of a group of three bytes' two coefficients is tried, at
    /// both ends of the 768.
    @Test(
        "an X-Wing key with a coefficient out of range, or with a point of low order, is neither usable nor sealed to",
        arguments: [0, 1149]
    )
    func unusableXWingKeys(position: Int) throws {
        let key = try HPKE.KEM.xwing.generateKeyPair().publicKey
        func isSealedTo(_ publicKey: [UInt8]) -> Bool {
            (try? HPKE.seal([1], to: publicKey, info: HPKE.Info([], for: .xwing), authenticatedData: [])) != nil
        }
        for (bytes, isUsable) in [
            ([0x00, 0x0d, 0x00], true), ([0x01, 0x0d, 0x00], false),
            ([0x00, 0x00, 0xd0], true), ([0x00, 0x10, 0xd0], false),
        ] as [([UInt8], Bool)] {
            var changed = key
            changed.replaceSubrange(position..<position + 3, with: bytes)
            #expect(HPKE.KEM.xwing.isUsable(changed) == isUsable)
            #expect(isSealedTo(changed) == isUsable)
        }
        let lowOrder = key.prefix(1184) + [UInt8](repeating: 0, count: 32)
        #expect(!HPKE.KEM.xwing.isUsable(Array(lowOrder)))
        #expect(!HPKE.KEM.xwing.isUsable(key + [0]))
        #expect(!HPKE.KEM.xwing.isUsable(Array(key.dropLast())))
    }
}
