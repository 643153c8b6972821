public import Sodium

/// A client's signature key (RFC 9420, section 5.1). It belongs to the device rather than to a group: groups borrow
/// it for each step that signs.
public struct SignaturePrivateKey: ~Copyable, Sendable {
    private let key: Ed25519.PrivateKey

    public var publicKey: [UInt8] { key.publicKey }

    /// A new random key for groups of this suite.
    /// - Throws: `unsupportedCipherSuite`.
    public init(_ suite: CipherSuite) throws(MLSError) {
        guard suite.isSupported else { throw .misuse(.unsupportedCipherSuite) }
        key = Ed25519.PrivateKey()
    }

    /// - Parameter raw: what the `raw` of such a key was; for Ed25519 the 32-byte seed.
    /// - Throws: `unsupportedCipherSuite`, `invalidPrivateKey`.
    public init(_ suite: CipherSuite, raw: borrowing Secret) throws(MLSError) {
        guard suite.isSupported else { throw .misuse(.unsupportedCipherSuite) }
        do {
            key = try Ed25519.PrivateKey(seed: raw)
        } catch {
            throw .misuse(.invalidPrivateKey)
        }
    }

    public var raw: Secret { key.seed }

    borrowing func sign(_ content: [UInt8]) -> [UInt8] {
        key.sign(content)
    }
}
