public import Sodium

extension HPKE {
    /// A key encapsulation mechanism (RFC 9180, sections 4 and 7.1), by its number in the IANA registry.
    public enum KEM: UInt16, CaseIterable, Sendable {
        /// DHKEM(X25519, HKDF-SHA256).
        case x25519 = 0x0020
        /// X-Wing: ML-KEM-768 and X25519 (draft-ietf-hpke-pq).
        case xwing = 0x647a

        /// Npk, in bytes.
        public var publicKeyLength: Int {
            switch self {
            case .x25519: X25519.byteCount
            case .xwing: XWing.publicKeyLength
            }
        }

        /// Nsk, in bytes.
        public var privateKeyLength: Int {
            switch self {
            case .x25519: X25519.byteCount
            case .xwing: XWing.privateKeyLength
            }
        }

        /// Nenc, in bytes.
        public var kemOutputLength: Int {
            switch self {
            case .x25519: X25519.byteCount
            case .xwing: XWing.kemOutputLength
            }
        }

        /// Whether messages can be sealed to `publicKey`, as far as can be seen without trying. A key that fails
        /// here would stop everyone who must seal to it, so that it should not be let in.
        public func isUsable(_ publicKey: [UInt8]) -> Bool {
            switch self {
            case .x25519: X25519.isUsable(publicKey)
            case .xwing: XWing.isUsable(publicKey)
            }
        }

        /// `DeriveKeyPair`: the same key pair from the same input keying material.
        /// - Parameter inputKeyMaterial: a secret of at least `privateKeyLength` bytes of entropy.
        public func deriveKeyPair(inputKeyMaterial: borrowing Secret) throws(SodiumError) -> PrivateKey {
            let raw =
                switch self {
                case .x25519: DHKEM.derivePrivateKey(inputKeyMaterial: inputKeyMaterial)
                case .xwing: XWing.derivePrivateKey(inputKeyMaterial: inputKeyMaterial)
                }
            return try PrivateKey(kem: self, raw: raw)
        }

        /// `GenerateKeyPair`: a new random key pair.
        public func generateKeyPair() throws(SodiumError) -> PrivateKey {
            try deriveKeyPair(inputKeyMaterial: .random(count: privateKeyLength))
        }

        func publicKey(of privateKey: borrowing Secret) throws(SodiumError) -> [UInt8] {
            switch self {
            case .x25519: X25519.publicKey(of: privateKey)
            case .xwing: try XWing.publicKey(of: privateKey)
            }
        }

        /// `Encap`.
        func encapsulate(to publicKey: [UInt8]) throws(SodiumError) -> Encapsulation {
            switch self {
            case .x25519: try DHKEM.encapsulate(to: publicKey, randomness: .random(count: X25519.byteCount))
            case .xwing: try XWing.encapsulate(to: publicKey)
            }
        }

        /// `Decap`.
        func decapsulate(_ kemOutput: [UInt8], privateKey: borrowing PrivateKey) throws(SodiumError) -> Secret {
            switch self {
            case .x25519: try DHKEM.decapsulate(kemOutput, privateKey: privateKey)
            case .xwing: try XWing.decapsulate(kemOutput, privateKey: privateKey.raw)
            }
        }
    }

    /// What encapsulation makes: `enc` in RFC 9180, for the recipient, and the secret that the recipient gets from it.
    struct Encapsulation: ~Copyable {
        let kemOutput: [UInt8]
        let sharedSecret: Secret
    }
}
