internal import CSodium

/// What ChaCha20-Poly1305 and XChaCha20-Poly1305 have in common: ciphertexts are followed by a 16-byte tag.
struct AEAD: Sendable {
    let keyLength: Int
    let nonceLength: Int
    let encrypt: Function
    let decrypt: Function

    static let tagLength = 16

    /// (output, input, input length, authenticated data, its length, nonce, key) to 0 or, for a failure, -1.
    typealias Function =
        @Sendable (
            UnsafeMutablePointer<UInt8>, UnsafePointer<UInt8>, UInt64, UnsafePointer<UInt8>, UInt64,
            UnsafePointer<UInt8>, UnsafePointer<UInt8>
        ) -> Int32

    static let chaCha20Poly1305 = AEAD(
        keyLength: Int(crypto_aead_chacha20poly1305_ietf_KEYBYTES),
        nonceLength: Int(crypto_aead_chacha20poly1305_ietf_NPUBBYTES),
        encrypt: { crypto_aead_chacha20poly1305_ietf_encrypt($0, nil, $1, $2, $3, $4, nil, $5, $6) },
        decrypt: { crypto_aead_chacha20poly1305_ietf_decrypt($0, nil, nil, $1, $2, $3, $4, $5, $6) }
    )

    static let xChaCha20Poly1305 = AEAD(
        keyLength: Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES),
        nonceLength: Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES),
        encrypt: { crypto_aead_xchacha20poly1305_ietf_encrypt($0, nil, $1, $2, $3, $4, nil, $5, $6) },
        decrypt: { crypto_aead_xchacha20poly1305_ietf_decrypt($0, nil, nil, $1, $2, $3, $4, $5, $6) }
    )

    func seal(
        _ plaintext: UnsafePointer<UInt8>,
        count: Int,
        key: borrowing Secret,
        nonce: [UInt8],
        authenticatedData: [UInt8]
    ) -> [UInt8] {
        precondition(key.count == keyLength, "an AEAD key of the wrong length")
        precondition(nonce.count == nonceLength, "an AEAD nonce of the wrong length")
        var ciphertext = [UInt8](repeating: 0, count: count + Self.tagLength)
        let status = key.withPointer { key in
            encrypt(
                &ciphertext,
                plaintext,
                UInt64(count),
                authenticatedData,
                UInt64(authenticatedData.count),
                nonce,
                key
            )
        }
        precondition(status == 0, "libsodium encrypts whatever has the right lengths")
        return ciphertext
    }

    func open(
        _ ciphertext: [UInt8],
        key: borrowing Secret,
        nonce: [UInt8],
        authenticatedData: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        var plaintext = [UInt8](repeating: 0, count: try plaintextLength(of: ciphertext))
        try open(ciphertext, into: &plaintext, key: key, nonce: nonce, authenticatedData: authenticatedData)
        return plaintext
    }

    func openSecret(
        _ ciphertext: [UInt8],
        key: borrowing Secret,
        nonce: [UInt8],
        authenticatedData: [UInt8]
    ) throws(SodiumError) -> Secret {
        let count = try plaintextLength(of: ciphertext)
        return try Secret.filling(count: count) { plaintext throws(SodiumError) in
            try open(ciphertext, into: plaintext, key: key, nonce: nonce, authenticatedData: authenticatedData)
        }
    }

    private func plaintextLength(of ciphertext: [UInt8]) throws(SodiumError) -> Int {
        guard ciphertext.count >= Self.tagLength else { throw .authenticationFailed }
        return ciphertext.count - Self.tagLength
    }

    private func open(
        _ ciphertext: [UInt8],
        into plaintext: UnsafeMutablePointer<UInt8>,
        key: borrowing Secret,
        nonce: [UInt8],
        authenticatedData: [UInt8]
    ) throws(SodiumError) {
        guard key.count == keyLength else { throw .invalidKey }
        guard nonce.count == nonceLength else { throw .invalidParameter }
        let status = key.withPointer { key in
            decrypt(
                plaintext,
                ciphertext,
                UInt64(ciphertext.count),
                authenticatedData,
                UInt64(authenticatedData.count),
                nonce,
                key
            )
        }
        guard status == 0 else { throw .authenticationFailed }
    }
}
