/// ChaCha20-Poly1305 (RFC 8439).
///
/// A ciphertext is as long as its plaintext and a tag of 16 bytes.
public enum ChaCha20Poly1305 {
    /// In bytes.
    public static let keyLength = AEAD.chaCha20Poly1305.keyLength
    /// In bytes.
    public static let nonceLength = AEAD.chaCha20Poly1305.nonceLength
    /// In bytes.
    public static let tagLength = AEAD.tagLength

    /// The ciphertext and its tag. A key or nonce of another length is the caller's error, and stops the program.
    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - nonce: 12 bytes, never twice with one key; too short to be drawn at random.
    public static func seal(
        _ plaintext: [UInt8],
        key: borrowing Secret,
        nonce: [UInt8],
        authenticatedData: [UInt8]
    ) -> [UInt8] {
        AEAD.chaCha20Poly1305.seal(
            plaintext,
            count: plaintext.count,
            key: key,
            nonce: nonce,
            authenticatedData: authenticatedData
        )
    }

    /// The same for a plaintext that is a secret.
    public static func seal(
        _ plaintext: borrowing Secret,
        key: borrowing Secret,
        nonce: [UInt8],
        authenticatedData: [UInt8]
    ) -> [UInt8] {
        let count = plaintext.count
        return plaintext.withPointer { plaintext in
            AEAD.chaCha20Poly1305.seal(
                plaintext,
                count: count,
                key: key,
                nonce: nonce,
                authenticatedData: authenticatedData
            )
        }
    }

    /// The plaintext of what `seal` returned.
    /// - Throws: `authenticationFailed`, or `invalidKey` or `invalidParameter` for a key or nonce of another length.
    public static func open(
        _ ciphertext: [UInt8],
        key: borrowing Secret,
        nonce: [UInt8],
        authenticatedData: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try AEAD.chaCha20Poly1305.open(ciphertext, key: key, nonce: nonce, authenticatedData: authenticatedData)
    }

    /// The same for a plaintext that is a secret.
    public static func openSecret(
        _ ciphertext: [UInt8],
        key: borrowing Secret,
        nonce: [UInt8],
        authenticatedData: [UInt8]
    ) throws(SodiumError) -> Secret {
        try AEAD.chaCha20Poly1305.openSecret(ciphertext, key: key, nonce: nonce, authenticatedData: authenticatedData)
    }
}
