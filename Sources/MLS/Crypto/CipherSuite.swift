public import HPKE

/// The number of a cipher suite (RFC 9420, section 17.1). Which algorithms a supported one stands for, only `Crypto`
/// knows.
public struct CipherSuite: CodePoint {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.
    public static let x25519ChaCha20SHA256Ed25519 = CipherSuite(rawValue: 0x0003)

    /// The same with X-Wing in place of X25519, so that what is recorded today withstands a quantum computer. Its number
    /// is one for private use.
    public static let xwingChaCha20SHA256Ed25519 = CipherSuite(rawValue: 0xf04d)

    /// What public keys of its groups belong to. Nil for a suite that this library does not have.
    public var kem: HPKE.KEM? {
        switch self {
        case .x25519ChaCha20SHA256Ed25519: .x25519
        case .xwingChaCha20SHA256Ed25519: .xwing
        default: nil
        }
    }

    /// Whether this library can take part in groups that use it.
    public var isSupported: Bool { kem != nil }
}
