internal import Sodium

/// DHKEM(X25519, HKDF-SHA256) (RFC 9180, section 4.1).
enum DHKEM {
    /// "KEM" and the KEM's number.
    private static let kdf = LabeledKDF(suiteID: Array("KEM".utf8) + [0x00, 0x20])

    /// The private half of `DeriveKeyPair` (section 7.1.3).
    static func derivePrivateKey(inputKeyMaterial: borrowing Secret) -> Secret {
        let key = kdf.extract(label: "dkp_prk", inputKeyMaterial: inputKeyMaterial)
        return kdf.expand(pseudoRandomKey: key, label: "sk", info: [], count: X25519.byteCount)
    }

    /// `Encap`, its ephemeral key pair derived from `randomness`.
    static func encapsulate(
        to publicKey: [UInt8],
        randomness: borrowing Secret
    ) throws(SodiumError) -> HPKE.Encapsulation {
        let ephemeral = try X25519.PrivateKey(raw: derivePrivateKey(inputKeyMaterial: randomness))
        let dh = try ephemeral.sharedSecret(with: publicKey)
        return HPKE.Encapsulation(
            kemOutput: ephemeral.publicKey,
            sharedSecret: extractAndExpand(dh, context: ephemeral.publicKey + publicKey)
        )
    }

    /// `Decap`.
    static func decapsulate(
        _ kemOutput: [UInt8],
        privateKey: borrowing HPKE.PrivateKey
    ) throws(SodiumError) -> Secret {
        let dh = try X25519.sharedSecret(of: privateKey.raw, with: kemOutput)
        return extractAndExpand(dh, context: kemOutput + privateKey.publicKey)
    }

    private static func extractAndExpand(_ dh: borrowing Secret, context: [UInt8]) -> Secret {
        let key = kdf.extract(label: "eae_prk", inputKeyMaterial: dh)
        return kdf.expand(
            pseudoRandomKey: key,
            label: "shared_secret",
            info: context,
            count: HKDFSHA256.byteCount
        )
    }
}
