internal import CSodium

/// Ed25519 (RFC 8032).
public enum Ed25519 {
    /// In bytes.
    public static let seedLength = Int(crypto_sign_ed25519_SEEDBYTES)
    /// In bytes.
    public static let publicKeyLength = Int(crypto_sign_ed25519_PUBLICKEYBYTES)
    /// In bytes.
    public static let signatureLength = Int(crypto_sign_ed25519_BYTES)

    public struct PrivateKey: ~Copyable, Sendable {
        /// The seed and the public key, as libsodium wants them.
        private let expanded: Secret
        public let publicKey: [UInt8]

        /// A new random key.
        public init() {
            self.init(validSeed: .random(count: Ed25519.seedLength))
        }

        /// The key that RFC 8032 writes as these 32 bytes.
        /// - Throws: `invalidKey` for another length.
        public init(seed: borrowing Secret) throws(SodiumError) {
            guard seed.count == Ed25519.seedLength else { throw .invalidKey }
            self.init(validSeed: seed)
        }

        private init(validSeed seed: borrowing Secret) {
            var publicKey = [UInt8](repeating: 0, count: Ed25519.publicKeyLength)
            expanded = Secret.filling(count: Int(crypto_sign_ed25519_SECRETKEYBYTES)) { key in
                seed.withPointer { _ = crypto_sign_ed25519_seed_keypair(&publicKey, key, $0) }
            }
            self.publicKey = publicKey
        }

        /// What `init(seed:)` makes this key from.
        public var seed: Secret { expanded.prefix(Ed25519.seedLength) }

        public borrowing func sign(_ message: [UInt8]) -> [UInt8] {
            var signature = [UInt8](repeating: 0, count: Ed25519.signatureLength)
            expanded.withPointer { key in
                _ = crypto_sign_ed25519_detached(&signature, nil, message, UInt64(message.count), key)
            }
            return signature
        }
    }

    /// Whether `signature` is one of `message` by the holder of `publicKey`. Wrong lengths, non-canonical encodings
    /// and points of low order are not.
    public static func isValid(signature: [UInt8], for message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureLength, publicKey.count == publicKeyLength else { return false }
        return crypto_sign_ed25519_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }
}
