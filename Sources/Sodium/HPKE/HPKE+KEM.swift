extension HPKE {
    /// A key encapsulation mechanism (RFC 9180, sections 4 and 7.1), by its number in the IANA registry.
    public enum KEM: UInt16, CaseIterable, Sendable {
        /// DHKEM(X25519, HKDF-SHA256).
        case x25519 = 0x0020

        /// Npk, in bytes.
        public var publicKeyLength: Int {
            switch self {
            case .x25519: X25519.byteCount
            }
        }

        /// Nsk, in bytes.
        public var privateKeyLength: Int {
            switch self {
            case .x25519: X25519.byteCount
            }
        }

        /// Nenc, in bytes.
        public var kemOutputLength: Int {
            switch self {
            case .x25519: X25519.byteCount
            }
        }

        /// The randomness that encapsulation takes, in bytes.
        var encapsulationRandomnessLength: Int {
            switch self {
            case .x25519: X25519.byteCount
            }
        }

        /// `DeriveKeyPair`: the same key pair from the same input keying material.
        /// - Parameter inputKeyMaterial: a secret of at least `privateKeyLength` bytes of entropy.
        public func deriveKeyPair(inputKeyMaterial: borrowing Secret) throws(SodiumError) -> PrivateKey {
            switch self {
            case .x25519: try PrivateKey(kem: self, raw: DHKEM.derivePrivateKey(inputKeyMaterial: inputKeyMaterial))
            }
        }

        /// `GenerateKeyPair`: a new random key pair.
        public func generateKeyPair() throws(SodiumError) -> PrivateKey {
            try deriveKeyPair(inputKeyMaterial: .random(count: privateKeyLength))
        }

        func publicKey(of privateKey: borrowing Secret) -> [UInt8] {
            switch self {
            case .x25519: X25519.publicKey(of: privateKey)
            }
        }

        /// `Encap`, with its randomness given.
        func encapsulate(
            to publicKey: [UInt8],
            randomness: borrowing Secret
        ) throws(SodiumError) -> Encapsulation {
            switch self {
            case .x25519: try DHKEM.encapsulate(to: publicKey, randomness: randomness)
            }
        }

        /// `Decap`.
        func decapsulate(_ kemOutput: [UInt8], privateKey: borrowing PrivateKey) throws(SodiumError) -> Secret {
            switch self {
            case .x25519: try DHKEM.decapsulate(kemOutput, privateKey: privateKey)
            }
        }
    }

    /// What encapsulation makes: `enc` in RFC 9180, for the recipient, and the secret that the recipient gets from it.
    struct Encapsulation: ~Copyable {
        let kemOutput: [UInt8]
        let sharedSecret: Secret
    }
}
