internal import Crypto
internal import FoundationEssentials
internal import Sodium

/// X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 and X25519 in one, secret as long as either of them is. As a KEM
/// of HPKE it is that of draft-ietf-hpke-pq.
///
/// swift-crypto does the computing. A private key is a seed of 32 bytes, which stays in its `Secret`. What is expanded
/// from it swift-crypto keeps in ordinary memory that it does not zero; such a copy lives for one call, and nothing
/// here can do more about it. Its copy of a shared secret it zeroes.
enum XWing {
    static let privateKeyLength = 32
    static let publicKeyLength = mlkemPublicKeyLength + X25519.byteCount
    static let kemOutputLength = 1088 + X25519.byteCount

    private static let mlkemPublicKeyLength = 1184
    /// The part of an ML-KEM-768 public key that holds 768 coefficients of 12 bits, in bytes; a seed follows.
    private static let coefficientsLength = 1152
    /// ML-KEM's q.
    private static let modulus: UInt16 = 3329

    /// The private half of `DeriveKeyPair` (draft-ietf-hpke-pq): its `LabeledDerive`, with SHAKE256.
    static func derivePrivateKey(inputKeyMaterial: borrowing Secret) -> Secret {
        SHAKE256.hash(inputKeyMaterial, derivationSuffix, count: privateKeyLength)
    }

    /// Version, KEM, the label with its length, and the length of what is derived.
    private static let derivationSuffix: [UInt8] = {
        let label = Array("DeriveKeyPair".utf8)
        return Array("HPKE-v1KEM".utf8) + [0x64, 0x7a] + [0x00, UInt8(label.count)] + label
            + [0x00, UInt8(privateKeyLength)]
    }()

    static func publicKey(of privateKey: borrowing Secret) throws(SodiumError) -> [UInt8] {
        Array(try expand(privateKey).publicKey.rawRepresentation)
    }

    /// Whether every coefficient of ML-KEM's part is less than the modulus (FIPS 203, section 7.2), and X25519's part
    /// is not of low order.
    static func isUsable(_ publicKey: [UInt8]) -> Bool {
        guard publicKey.count == publicKeyLength, X25519.isUsable(Array(publicKey[mlkemPublicKeyLength...])) else {
            return false
        }
        return stride(from: 0, to: coefficientsLength, by: 3)
            .allSatisfy { index in
                let (low, middle, high) = (publicKey[index], publicKey[index + 1], publicKey[index + 2])
                return UInt16(low) | UInt16(middle & 0x0f) << 8 < modulus
                    && UInt16(middle >> 4) | UInt16(high) << 4 < modulus
            }
    }

    /// `Encap`.
    static func encapsulate(to publicKey: [UInt8]) throws(SodiumError) -> HPKE.Encapsulation {
        do {
            let result = try XWingMLKEM768X25519.PublicKey(rawRepresentation: publicKey).encapsulate()
            return HPKE.Encapsulation(
                kemOutput: Array(result.encapsulated),
                sharedSecret: secret(result.sharedSecret)
            )
        } catch {
            throw .invalidKey
        }
    }

    /// `Decap`. ML-KEM rejects without saying so: what comes of a changed `kemOutput` is another shared secret.
    static func decapsulate(_ kemOutput: [UInt8], privateKey: borrowing Secret) throws(SodiumError) -> Secret {
        let key = try expand(privateKey)
        do {
            return secret(try key.decapsulate(Data(kemOutput)))
        } catch {
            throw .invalidKey
        }
    }

    private static func expand(_ seed: borrowing Secret) throws(SodiumError) -> XWingMLKEM768X25519.PrivateKey {
        do {
            return try seed.withUnsafeBytes {
                try XWingMLKEM768X25519.PrivateKey(seedRepresentation: $0, publicKey: nil)
            }
        } catch {
            throw .invalidKey
        }
    }

    private static func secret(_ key: SymmetricKey) -> Secret {
        Secret(count: key.bitCount / 8) { secret in
            key.withUnsafeBytes { secret.copyMemory(from: $0) }
        }
    }
}
