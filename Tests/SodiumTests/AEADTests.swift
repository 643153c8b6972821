import Sodium
import Testing

@Suite("Authenticated encryption")
struct AEADTests {
    private static let plaintext = Array(
        ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
            + "it.")
            .utf8
    )
    private static let authenticatedData = [UInt8](hex: "50515253c0c1c2c3c4c5c6c7")
    private static let key = Array(0x80...0x9f as ClosedRange<UInt8>)

    @Test("ChaCha20-Poly1305: RFC 8439, section 2.8.2")
    func chaCha20Poly1305() throws {
        let key = Secret(copying: Self.key)
        let nonce = [UInt8](hex: "070000004041424344454647")
        let ciphertext = [UInt8](
            hex: """
                d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b
                1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
                3ff4def08e4b7a9de576d26586cec64b6116
                1ae10b594f09e26a7e902ecbd0600691
                """
        )
        #expect(
            ChaCha20Poly1305.seal(Self.plaintext, key: key, nonce: nonce, authenticatedData: Self.authenticatedData)
                == ciphertext
        )
        #expect(
            try ChaCha20Poly1305.open(ciphertext, key: key, nonce: nonce, authenticatedData: Self.authenticatedData)
                == Self.plaintext
        )
    }

    @Test("XChaCha20-Poly1305: draft-irtf-cfrg-xchacha-03, appendix A.3.1")
    func xChaCha20Poly1305() throws {
        let key = Secret(copying: Self.key)
        let nonce = Array(0x40...0x57 as ClosedRange<UInt8>)
        let ciphertext = [UInt8](
            hex: """
                bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39
                ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
                21f9664c97637da9768812f615c68b13b52e
                c0875924c1c7987947deafd8780acf49
                """
        )
        #expect(
            XChaCha20Poly1305.seal(Self.plaintext, key: key, nonce: nonce, authenticatedData: Self.authenticatedData)
                == ciphertext
        )
        #expect(
            try XChaCha20Poly1305.open(ciphertext, key: key, nonce: nonce, authenticatedData: Self.authenticatedData)
                == Self.plaintext
        )
    }

    @Test("secrets are sealed as their bytes are, and open into secrets", arguments: [0, 1, 32, 1000])
    func secrets(count: Int) throws {
        let plaintext = Secret.random(count: count)
        let key = Secret.random(count: 32)
        let (short, long) = (Random.bytes(12), Random.bytes(24))
        let first = ChaCha20Poly1305.seal(plaintext, key: key, nonce: short, authenticatedData: [1])
        #expect(
            first == ChaCha20Poly1305.seal(plaintext.exposed(), key: key, nonce: short, authenticatedData: [1])
        )
        #expect(
            try ChaCha20Poly1305.openSecret(first, key: key, nonce: short, authenticatedData: [1]).exposed()
                == plaintext.exposed()
        )
        let second = XChaCha20Poly1305.seal(plaintext, key: key, nonce: long, authenticatedData: [1])
        #expect(
            second == XChaCha20Poly1305.seal(plaintext.exposed(), key: key, nonce: long, authenticatedData: [1])
        )
        #expect(
            try XChaCha20Poly1305.openSecret(second, key: key, nonce: long, authenticatedData: [1]).exposed()
                == plaintext.exposed()
        )
    }

    @Test("a change of any byte, of the associated data, the nonce or the key is noticed")
    func tampering() {
        let key = Secret.random(count: 32)
        let nonce = Random.bytes(24)
        let ciphertext = XChaCha20Poly1305.seal([1, 2, 3], key: key, nonce: nonce, authenticatedData: [4])
        func isRefused(_ ciphertext: [UInt8], _ key: borrowing Secret, _ nonce: [UInt8], _ data: [UInt8]) -> Bool {
            do throws(SodiumError) {
                _ = try XChaCha20Poly1305.open(ciphertext, key: key, nonce: nonce, authenticatedData: data)
            } catch {
                return error == .authenticationFailed
            }
            return false
        }
        for index in ciphertext.indices {
            var changed = ciphertext
            changed[index] ^= 0x80
            #expect(isRefused(changed, key, nonce, [4]) == true)
        }
        for count in ciphertext.indices {
            #expect(isRefused(Array(ciphertext.prefix(count)), key, nonce, [4]) == true)
        }
        #expect(isRefused(ciphertext + [0], key, nonce, [4]) == true)
        #expect(isRefused(ciphertext, key, nonce, []) == true)
        #expect(isRefused(ciphertext, key, Random.bytes(24), [4]) == true)
        #expect(isRefused(ciphertext, .random(count: 32), nonce, [4]) == true)
        #expect(isRefused(ciphertext, key, nonce, [4]) == false)
    }

    @Test("keys and nonces of other lengths open nothing")
    func lengths() {
        let ciphertext = [UInt8](repeating: 0, count: 40)
        for count in [0, 16, 31, 33, 64] {
            #expect(throws: SodiumError.invalidKey) {
                try ChaCha20Poly1305.open(
                    ciphertext,
                    key: .random(count: count),
                    nonce: Random.bytes(12),
                    authenticatedData: []
                )
            }
        }
        for count in [0, 8, 11, 13, 24] {
            #expect(throws: SodiumError.invalidParameter) {
                try ChaCha20Poly1305.open(
                    ciphertext,
                    key: .random(count: 32),
                    nonce: Random.bytes(count),
                    authenticatedData: []
                )
            }
        }
    }
}
