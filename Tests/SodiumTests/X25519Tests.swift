import Sodium
import Testing

@Suite("X25519")
struct X25519Tests {
    @Test(
        "RFC 7748, section 5.2: one multiplication",
        arguments: [
            (
                "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
            ),
            (
                "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
            ),
        ]
    )
    func multiplication(scalar: String, point: String, result: String) throws {
        let key = try X25519.PrivateKey(raw: Secret(copying: [UInt8](hex: scalar)))
        #expect(try key.sharedSecret(with: .init(hex: point)).exposed() == .init(hex: result))
    }

    @Test("RFC 7748, section 5.2: a thousand multiplications")
    func iteration() throws {
        var scalar = [9] + [UInt8](repeating: 0, count: 31)
        var point = scalar
        for round in 1...1000 {
            let key = try X25519.PrivateKey(raw: Secret(copying: scalar))
            let result = try key.sharedSecret(with: point).exposed()
            (scalar, point) = (result, scalar)
            if round == 1 {
                #expect(scalar == .init(hex: "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"))
            }
        }
        #expect(scalar == .init(hex: "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"))
    }

    @Test("RFC 7748, section 6.1: both sides come to the same secret")
    func agreement() throws {
        let alice = try X25519.PrivateKey(
            raw: Secret(copying: [UInt8](hex: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        )
        let bob = try X25519.PrivateKey(
            raw: Secret(copying: [UInt8](hex: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        )
        let shared = [UInt8](hex: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        #expect(alice.publicKey == .init(hex: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))
        #expect(bob.publicKey == .init(hex: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
        #expect(try alice.sharedSecret(with: bob.publicKey).exposed() == shared)
        #expect(try bob.sharedSecret(with: alice.publicKey).exposed() == shared)
    }

    @Test(
        "public keys of low order are refused",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ]
    )
    func lowOrder(point: String) {
        #expect(throws: SodiumError.invalidKey) {
            try X25519.PrivateKey().sharedSecret(with: .init(hex: point)).count
        }
        var withTopBit = [UInt8](hex: point)
        #expect(!X25519.isUsable(withTopBit))
        withTopBit[31] |= 0x80
        #expect(!X25519.isUsable(withTopBit))
        #expect(throws: SodiumError.invalidKey) {
            try X25519.PrivateKey().sharedSecret(with: withTopBit).count
        }
    }

    @Test("a key pair's public key is usable, one of another length is not")
    func usableKeys() {
        let publicKey = X25519.PrivateKey().publicKey
        #expect(X25519.isUsable(publicKey))
        #expect(!X25519.isUsable(Array(publicKey.dropLast())))
        #expect(!X25519.isUsable(publicKey + [0]))
    }

    /// p is 2^255 - 19; what is of low order besides is among the keys above.
    @Test("a public key is usable in one encoding alone")
    func encodings() throws {
        func key(_ first: UInt8, _ middle: UInt8, _ last: UInt8) -> [UInt8] {
            [first] + [UInt8](repeating: middle, count: 30) + [last]
        }
        #expect(X25519.isUsable(key(0xeb, 0xff, 0x7f)))
        #expect(X25519.isUsable(key(0xff, 0xfe, 0x7f)))
        #expect(X25519.isUsable(key(0xff, 0xff, 0x7e)))
        // 9 and p + 9, and 9 with the top bit set, are one key.
        let secret = X25519.PrivateKey()
        let shared = try secret.sharedSecret(with: key(9, 0, 0)).exposed()
        for other in [key(0xf6, 0xff, 0x7f), key(9, 0, 0x80)] {
            #expect(try secret.sharedSecret(with: other).exposed() == shared)
            #expect(!X25519.isUsable(other))
        }
        #expect(X25519.isUsable(key(9, 0, 0)))
    }

    @Test("keys of other lengths are refused", arguments: [0, 31, 33])
    func lengths(count: Int) {
        #expect(throws: SodiumError.invalidKey) {
            try X25519.PrivateKey(raw: .random(count: count)).publicKey
        }
        #expect(throws: SodiumError.invalidKey) {
            try X25519.PrivateKey().sharedSecret(with: Random.bytes(count)).count
        }
    }
}
