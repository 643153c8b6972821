import Sodium
import Testing

@Suite("Hashes, authentication codes and key derivation")
struct HashTests {
    @Test(
        "SHA-256: the examples of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
    )
    func sha256(message: String, digest: String) {
        #expect(SHA256.hash(Array(message.utf8)) == .init(hex: digest))
    }

    @Test("SHA-256 piece by piece is SHA-256 at once, at any point")
    func sha256Incremental() {
        let bytes = Random.bytes(200)
        var hash = SHA256()
        for start in stride(from: 0, to: 200, by: 40) {
            #expect(hash.finalize() == SHA256.hash(Array(bytes[..<start])))
            hash.update(Array(bytes[start..<(start + 40)]))
        }
        #expect(hash.finalize() == SHA256.hash(bytes))
    }

    @Test("BLAKE2b: RFC 7693, appendix A")
    func blake2b() {
        #expect(
            BLAKE2b.hash(Array("abc".utf8), length: 64)
                == .init(
                    hex: """
                        ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1
                        7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923
                        """
                )
        )
    }

    @Test("BLAKE2b: the self-test of RFC 7693, appendix E, with and without keys")
    func blake2bSelfTest() {
        // The appendix's generator of test data, seeded with the length.
        func sequence(_ count: Int, seed: UInt32) -> [UInt8] {
            var (a, b): (UInt32, UInt32) = (0xdead_4bad &* seed, 1)
            return (0..<count)
                .map { _ in
                    (a, b) = (b, a &+ b)
                    return UInt8(b >> 24)
                }
        }
        var digests: [UInt8] = []
        for length in [20, 32, 48, 64] {
            for count in [0, 3, 128, 129, 255, 1024] {
                let input = sequence(count, seed: UInt32(count))
                let key = Secret(copying: sequence(length, seed: UInt32(length)))
                digests += BLAKE2b.hash(input, length: length)
                digests += BLAKE2b.hash(input, length: length, key: key)
            }
        }
        #expect(
            BLAKE2b.hash(digests, length: 32)
                == .init(hex: "c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475")
        )
    }

    @Test(
        "HMAC: RFC 4231, sections 4.2 to 4.4, 4.7 and 4.8",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array(
                    ("This is a test using a larger than block-size key and a larger than block-size data. "
                        + "The key needs to be hashed before being used by the HMAC algorithm.")
                        .utf8
                ),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ]
    )
    func hmac(key: [UInt8], message: [UInt8], code: String) {
        let code = [UInt8](hex: code)
        #expect(HMACSHA256.authenticationCode(for: message, key: Secret(copying: key)) == code)
        #expect(HMACSHA256.authenticationCode(for: message, key: key) == code)
    }

    @Test("an authentication code fits one message and one key, whole")
    func hmacVerification() {
        let key = Secret.random(count: 32)
        let message: [UInt8] = [1, 2, 3]
        let code = HMACSHA256.authenticationCode(for: message, key: key)
        func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
            HMACSHA256.isValid(code, for: message, key: key)
        }
        #expect(isValid(code, for: message))
        #expect(!isValid(code, for: [1, 2, 4]))
        #expect(!isValid(Array(code.dropLast()), for: message))
        #expect(!isValid([], for: message))
        #expect(HMACSHA256.authenticationCode(for: message, key: .random(count: 32)) != code)
    }

    @Test(
        "HKDF: RFC 5869, appendices A.1 to A.3",
        arguments: [
            HKDFExample(
                inputKeyMaterial: [UInt8](repeating: 0x0b, count: 22),
                salt: Array(0x00...0x0c),
                info: Array(0xf0...0xf9),
                pseudoRandomKey: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
                output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            ),
            HKDFExample(
                inputKeyMaterial: Array(0x00...0x4f),
                salt: Array(0x60...0xaf),
                info: Array(0xb0...0xff),
                pseudoRandomKey: "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
                output: """
                    b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09
                    da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87
                    """
            ),
            HKDFExample(
                inputKeyMaterial: [UInt8](repeating: 0x0b, count: 22),
                salt: [],
                info: [],
                pseudoRandomKey: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
                output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
            ),
        ]
    )
    func hkdf(example: HKDFExample) {
        let material = Secret(copying: example.inputKeyMaterial)
        let key = HKDFSHA256.extract(salt: example.salt, inputKeyMaterial: material)
        #expect(key.exposed() == .init(hex: example.pseudoRandomKey))
        let secretSalt = Secret(copying: example.salt)
        #expect(HKDFSHA256.extract(salt: secretSalt, inputKeyMaterial: material).exposed() == key.exposed())
        let output = [UInt8](hex: example.output)
        for count in [0, 1, 31, 32, 33, output.count] {
            let derived = HKDFSHA256.expand(pseudoRandomKey: key, info: example.info, count: count)
            #expect(derived.exposed() == Array(output.prefix(count)))
        }
    }
}

struct HKDFExample: Sendable {
    let inputKeyMaterial: [UInt8]
    let salt: [UInt8]
    let info: [UInt8]
    let pseudoRandomKey: String
    let output: String
}
