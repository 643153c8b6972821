import Sodium
import Testing

@Suite("Ed25519")
struct Ed25519Tests {
    @Test(
        "RFC 8032, section 7.1",
        arguments: [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                """
                e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
                5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
                """
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                """
                92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
                085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
                """
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                """
                6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
                18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
                """
            ),
        ]
    )
    func vectors(seed: String, publicKey: String, message: String, signature: String) throws {
        let key = try Ed25519.PrivateKey(seed: Secret(copying: [UInt8](hex: seed)))
        let message = [UInt8](hex: message)
        #expect(key.publicKey == .init(hex: publicKey))
        #expect(key.sign(message) == .init(hex: signature))
        #expect(key.seed.exposed() == .init(hex: seed))
        #expect(Ed25519.isValid(signature: .init(hex: signature), for: message, publicKey: key.publicKey))
    }

    @Test("a signature fits one message and one key, whole")
    func tampering() {
        let key = Ed25519.PrivateKey()
        let signature = key.sign([1, 2, 3])
        #expect(Ed25519.isValid(signature: signature, for: [1, 2, 3], publicKey: key.publicKey))
        #expect(!Ed25519.isValid(signature: signature, for: [1, 2, 4], publicKey: key.publicKey))
        #expect(!Ed25519.isValid(signature: signature, for: [1, 2, 3], publicKey: Ed25519.PrivateKey().publicKey))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!Ed25519.isValid(signature: changed, for: [1, 2, 3], publicKey: key.publicKey))
        }
    }

    @Test("signatures and keys of other lengths, and public keys of low order, are not valid")
    func lengths() {
        let key = Ed25519.PrivateKey()
        let signature = key.sign([])
        #expect(!Ed25519.isValid(signature: [], for: [], publicKey: key.publicKey))
        #expect(!Ed25519.isValid(signature: signature + [0], for: [], publicKey: key.publicKey))
        #expect(!Ed25519.isValid(signature: signature, for: [], publicKey: []))
        #expect(!Ed25519.isValid(signature: signature, for: [], publicKey: key.publicKey + [0]))
        // The identity as public key and as R, with S = 0, satisfies the verification equation for every message.
        let identity = [1] + [UInt8](repeating: 0, count: 31)
        let forgery = identity + [UInt8](repeating: 0, count: 32)
        #expect(!Ed25519.isValid(signature: forgery, for: [1, 2, 3], publicKey: identity))
    }

    @Test("seeds of other lengths are refused", arguments: [0, 31, 33, 64])
    func seeds(count: Int) {
        #expect(throws: SodiumError.invalidKey) {
            try Ed25519.PrivateKey(seed: .random(count: count)).publicKey
        }
    }
}
