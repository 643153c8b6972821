public import Sodium
public import TLSCodec

/// `LabelledSign(key, name, content)` of Protocol/README.md: an Ed25519 signature.
public func labelledSign(key: borrowing Ed25519.PrivateKey, _ label: Label, _ content: some WireEncodable) -> [UInt8] {
    key.sign(Labelled(label, content).encoded)
}

/// Whether `signature` is a `LabelledSign` of these contents by the holder of `publicKey`.
public func isValidLabelledSignature(
    _ signature: [UInt8],
    publicKey: [UInt8],
    _ label: Label,
    _ content: some WireEncodable
) -> Bool {
    Ed25519.isValid(signature: signature, for: Labelled(label, content).encoded, publicKey: publicKey)
}

/// `Derive(secret, name, context, length)` of Protocol/README.md.
/// - Parameter context: the encoded structure that stands in the derivation; empty where there is none.
/// - Parameter count: bytes to derive, at most 255 times 32.
public func labelledDerive(secret: borrowing Secret, _ label: Label, context: [UInt8], count: Int) -> Secret {
    let pseudoRandomKey = HKDFSHA256.extract(salt: [], inputKeyMaterial: secret)
    return HKDFSHA256.expand(
        pseudoRandomKey: pseudoRandomKey,
        info: Labelled(label, context).encoded,
        count: count
    )
}
