public import Sodium

/// Hybrid Public Key Encryption (RFC 9180) in base mode, with HKDF-SHA256 and ChaCha20-Poly1305. The KEM is chosen
/// at run time.
///
///     randomness, recipient's public key            kemOutput, recipient's private key
///                    │ KEM.encapsulate                          │ KEM.decapsulate
///           kemOutput, shared secret                      shared secret
///                    │ key schedule with `info`                 │ key schedule with `info`
///              SenderContext ── ciphertexts ──────────▶ RecipientContext
public enum HPKE {
    /// A key pair of one of the KEMs.
    public struct PrivateKey: ~Copyable, Sendable {
        public let kem: KEM
        /// As `SerializePrivateKey` writes it: `kem.privateKeyLength` bytes.
        public let raw: Secret
        /// As `SerializePublicKey` writes it: `kem.publicKeyLength` bytes.
        public let publicKey: [UInt8]

        /// - Throws: `invalidKey` for a key of the wrong length.
        public init(kem: KEM, raw: consuming Secret) throws(SodiumError) {
            guard raw.count == kem.privateKeyLength else { throw .invalidKey }
            let publicKey = try kem.publicKey(of: raw)
            self.kem = kem
            self.raw = raw
            self.publicKey = publicKey
        }

        /// The same without computing the public key, for a key pair that was made before. With a public key that
        /// is not this private key's, nothing opens.
        /// - Throws: `invalidKey` for a key of the wrong length.
        public init(kem: KEM, raw: consuming Secret, publicKey: [UInt8]) throws(SodiumError) {
            guard raw.count == kem.privateKeyLength, publicKey.count == kem.publicKeyLength else { throw .invalidKey }
            self.kem = kem
            self.raw = raw
            self.publicKey = publicKey
        }
    }

    /// Encrypts one message to the holder of a private key (section 6.1).
    /// - Throws: `invalidKey` for a public key that is none of this KEM's.
    public static func seal(
        _ plaintext: [UInt8],
        to publicKey: [UInt8],
        info: Info,
        authenticatedData: [UInt8]
    ) throws(SodiumError) -> (kemOutput: [UInt8], ciphertext: [UInt8]) {
        var context = try SenderContext(to: publicKey, info: info)
        return (context.kemOutput, context.seal(plaintext, authenticatedData: authenticatedData))
    }

    /// The same for a plaintext that is a secret.
    public static func seal(
        _ plaintext: borrowing Secret,
        to publicKey: [UInt8],
        info: Info,
        authenticatedData: [UInt8]
    ) throws(SodiumError) -> (kemOutput: [UInt8], ciphertext: [UInt8]) {
        var context = try SenderContext(to: publicKey, info: info)
        return (context.kemOutput, context.seal(plaintext, authenticatedData: authenticatedData))
    }

    /// The plaintext of what `seal` returned.
    /// - Throws: `invalidKey` for a `kemOutput` that is none of this KEM's, or `authenticationFailed`.
    public static func open(
        _ ciphertext: [UInt8],
        kemOutput: [UInt8],
        privateKey: borrowing PrivateKey,
        info: [UInt8],
        authenticatedData: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        var context = try RecipientContext(kemOutput: kemOutput, privateKey: privateKey, info: info)
        return try context.open(ciphertext, authenticatedData: authenticatedData)
    }

    /// The same for a plaintext that is a secret.
    public static func openSecret(
        _ ciphertext: [UInt8],
        kemOutput: [UInt8],
        privateKey: borrowing PrivateKey,
        info: [UInt8],
        authenticatedData: [UInt8]
    ) throws(SodiumError) -> Secret {
        var context = try RecipientContext(kemOutput: kemOutput, privateKey: privateKey, info: info)
        return try context.openSecret(ciphertext, authenticatedData: authenticatedData)
    }
}
