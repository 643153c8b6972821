internal import CSodium

/// X25519 (RFC 7748). Its results are inputs to a key derivation, never keys.
public enum X25519 {
    /// Length of private keys, public keys and shared secrets, in bytes.
    public static let byteCount = Int(crypto_scalarmult_curve25519_BYTES)

    public struct PrivateKey: ~Copyable, Sendable {
        /// The scalar, before clamping.
        public let raw: Secret
        public let publicKey: [UInt8]

        /// A new random key.
        public init() {
            self.init(scalar: .random(count: X25519.byteCount))
        }

        /// - Throws: `invalidKey` for another length than 32 bytes.
        public init(raw: consuming Secret) throws(SodiumError) {
            guard raw.count == X25519.byteCount else { throw .invalidKey }
            self.init(scalar: raw)
        }

        private init(scalar: consuming Secret) {
            publicKey = X25519.publicKey(of: scalar)
            raw = scalar
        }

        /// The Diffie-Hellman shared secret.
        /// - Throws: `invalidKey` for a public key of another length than 32 bytes, or of low order, whose shared
        ///   secret is zero for every private key (RFC 7748, section 6.1).
        public borrowing func sharedSecret(with publicKey: [UInt8]) throws(SodiumError) -> Secret {
            try X25519.sharedSecret(of: raw, with: publicKey)
        }
    }

    static func publicKey(of scalar: borrowing Secret) -> [UInt8] {
        var publicKey = [UInt8](repeating: 0, count: byteCount)
        scalar.withPointer { _ = crypto_scalarmult_curve25519_base(&publicKey, $0) }
        return publicKey
    }

    static func sharedSecret(of scalar: borrowing Secret, with publicKey: [UInt8]) throws(SodiumError) -> Secret {
        guard publicKey.count == byteCount else { throw .invalidKey }
        return try Secret.filling(count: byteCount) { shared throws(SodiumError) in
            let status = scalar.withPointer { crypto_scalarmult_curve25519(shared, $0, publicKey) }
            guard status == 0 else { throw .invalidKey }
        }
    }
}
