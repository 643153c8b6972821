internal import CSodium

/// Argon2id version 1.3 (RFC 9106) with one lane: keys from passphrases.
public enum Argon2id {
    /// Length of a salt, in bytes.
    public static let saltLength = Int(crypto_pwhash_argon2id_SALTBYTES)

    /// What one guess costs, and one unlocking. To be stored beside the salt: a derivation is repeated with the cost
    /// that it was first made with.
    public struct Cost: Equatable, Sendable {
        /// Passes over the memory.
        public let operations: Int
        /// In KiB.
        public let memory: Int

        public init(operations: Int, memory: Int) {
            self.operations = operations
            self.memory = memory
        }

        /// Two passes over 64 MiB: a tenth of a second.
        public static let interactive = Cost(operations: 2, memory: 64 * 1024)
        /// Three passes over 256 MiB: under a second.
        public static let moderate = Cost(operations: 3, memory: 256 * 1024)
        /// Four passes over 1 GiB: several seconds.
        public static let sensitive = Cost(operations: 4, memory: 1024 * 1024)
    }

    /// - Parameters:
    ///   - salt: `saltLength` bytes, drawn at random for each passphrase.
    ///   - count: bytes to derive, at least 16.
    /// - Throws: `invalidParameter` for a salt, cost or count outside what Argon2id takes; `outOfMemory`.
    public static func derive(
        password: borrowing Secret,
        salt: [UInt8],
        cost: Cost,
        count: Int
    ) throws(SodiumError) -> Secret {
        guard
            salt.count == saltLength,
            (1...Int(UInt32.max)).contains(cost.operations),
            (8...Int(UInt32.max)).contains(cost.memory),
            (16...Int(UInt32.max)).contains(count)
        else { throw .invalidParameter }
        let passwordLength = UInt64(password.count)
        return try Secret.filling(count: count) { key throws(SodiumError) in
            let status = password.withPointer { password in
                password.withMemoryRebound(to: CChar.self, capacity: Int(passwordLength)) { password in
                    crypto_pwhash_argon2id(
                        key,
                        UInt64(count),
                        password,
                        passwordLength,
                        salt,
                        UInt64(cost.operations),
                        cost.memory * 1024,
                        crypto_pwhash_argon2id_ALG_ARGON2ID13
                    )
                }
            }
            guard status == 0 else { throw .outOfMemory }
        }
    }
}
