import Sodium
import Testing

/// RFC 9106's own example uses a secret, associated data and four lanes, none of which libsodium offers. These are
/// from libsodium's test suite (test/default/pwhash_argon2id), and the reference implementation of Argon2 gives the
/// same.
@Suite("Argon2id")
struct Argon2idTests {
    @Test("libsodium's test suite: one pass over 1593 KiB, a long output")
    func longOutput() throws {
        let password = Secret(
            copying: [UInt8](hex: "b540beb016a5366524d4605156493f9874514a5aa58818cd0c6dfffaa9e90205f17b")
        )
        let expected = [UInt8](
            hex: """
                7fb72409b0987f8190c3729710e98c3f80c5a8727d425fdcde7f3644d467fe973f5b5fee683bd3fce812cb9ae5e9921a
                2d06c2f1905e4e839692f2b934b682f11a2fe2b90482ea5dd234863516dba6f52dc0702d324ec77d860c2e181f84472b
                d7104fedce071ffa93c5309494ad51623d214447a7b2b1462dc7d5d55a1f6fd5b54ce024118d86f0c6489d16545aaa87
                b6689dad9f2fb47fda9894f8e12b87d978b483ccd4cc5fd9595cdc7a818452f915ce2f7df95ec12b1c72e3788d473441
                d884f9748eb14703c21b45d82fd667b85f5b2d98c13303b3fe76285531a826b6fc0fe8e3dddecf
                """
        )
        let key = try Argon2id.derive(
            password: password,
            salt: .init(hex: "44071f6d181561670bda728d43fb79b4"),
            cost: .init(operations: 1, memory: 1593),
            count: expected.count
        )
        #expect(key.exposed() == expected)
    }

    @Test("libsodium's test suite: two passes over 4882 KiB, an empty passphrase")
    func emptyPassphrase() throws {
        let key = try Argon2id.derive(
            password: Secret(copying: []),
            salt: .init(hex: "6c0f356abb225f2b1ddd66d34739843b"),
            cost: .init(operations: 2, memory: 4882),
            count: 32
        )
        #expect(key.exposed() == .init(hex: "366f1004cfbb447d435e8f6bbe9e5cc0a10e38e7c3da0e89bb19578a1a0d7291"))
    }

    @Test("passphrase, salt, operations and memory each change the key")
    func inputs() throws {
        let salt = [UInt8](repeating: 7, count: 16)
        func key(_ password: [UInt8], _ salt: [UInt8], _ operations: Int, _ memory: Int) throws -> [UInt8] {
            try Argon2id.derive(
                password: Secret(copying: password),
                salt: salt,
                cost: .init(operations: operations, memory: memory),
                count: 16
            )
            .exposed()
        }
        let keys = try [
            key([1], salt, 1, 64),
            key([2], salt, 1, 64),
            key([1], [UInt8](repeating: 8, count: 16), 1, 64),
            key([1], salt, 2, 64),
            key([1], salt, 1, 128),
        ]
        #expect(Set(keys).count == keys.count)
        #expect(try key([1], salt, 1, 64) == keys[0])
    }

    @Test(
        "salts, costs and counts outside what Argon2id takes are refused",
        arguments: [
            (15, 1, 64, 32), (17, 1, 64, 32), (16, 0, 64, 32), (16, -1, 64, 32), (16, 1, 7, 32), (16, 1, -8, 32),
            (16, 1, 64, 15), (16, 1, 64, -1), (16, Int.max, 64, 32), (16, 1, Int.max, 32), (16, 1, 64, Int.max),
        ]
    )
    func parameters(saltLength: Int, operations: Int, memory: Int, count: Int) {
        #expect(throws: SodiumError.invalidParameter) {
            try Argon2id.derive(
                password: Secret(copying: [1]),
                salt: [UInt8](repeating: 0, count: saltLength),
                cost: .init(operations: operations, memory: memory),
                count: count
            )
            .count
        }
    }
}
