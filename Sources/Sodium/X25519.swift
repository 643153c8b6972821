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

    /// Whether `publicKey` is what a key pair can have: 32 bytes, less than p, and not of low order.
    ///
    /// `sharedSecret(with:)` takes more, as it must (RFC 7748, section 5): it ignores the top bit, and reduces what is p or
    /// greater. Such a second encoding of a key nobody makes in good faith: where no key may stand twice, or a new one must
    /// take the place of an old one, it would pass for another key.
    public static func isUsable(_ publicKey: [UInt8]) -> Bool {
        publicKey.count == byteCount && isReduced(publicKey) && !lowOrder.contains(publicKey)
    }

    /// Whether these 32 bytes are less than p, which is 2^255 - 19.
    private static func isReduced(_ publicKey: [UInt8]) -> Bool {
        guard publicKey[byteCount - 1] >= 0x7f else { return true }
        return publicKey[byteCount - 1] == 0x7f
            && (publicKey[0] < 0xed || publicKey[1..<byteCount - 1].contains { $0 < 0xff })
    }

    /// The points of order 1, 2, 4 and 8, on the curve and on its twist.
    private static let lowOrder: Set<[UInt8]> = {
        func point(_ first: UInt8, _ middle: UInt8, _ last: UInt8) -> [UInt8] {
            [first] + [UInt8](repeating: middle, count: byteCount - 2) + [last]
        }
        return [
            point(0, 0, 0),
            point(1, 0, 0),
            // p - 1.
            point(0xec, 0xff, 0x7f),
            [
                0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
                0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
            ],
            [
                0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
                0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
            ],
        ]
    }()

    package static func publicKey(of scalar: borrowing Secret) -> [UInt8] {
        var publicKey = [UInt8](repeating: 0, count: byteCount)
        scalar.withPointer { _ = crypto_scalarmult_curve25519_base(&publicKey, $0) }
        return publicKey
    }

    package static func sharedSecret(of scalar: borrowing Secret, with publicKey: [UInt8]) throws(SodiumError) -> Secret
    {
        guard publicKey.count == byteCount else { throw .invalidKey }
        return try Secret.filling(count: byteCount) { shared throws(SodiumError) in
            let status = scalar.withPointer { crypto_scalarmult_curve25519(shared, $0, publicKey) }
            guard status == 0 else { throw .invalidKey }
        }
    }
}
