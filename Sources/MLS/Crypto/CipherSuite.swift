internal import Sodium

/// The number of a cipher suite (RFC 9420, section 17.1). Which algorithms a supported one stands for, only `Crypto`
/// knows.
public struct CipherSuite: CodePoint {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.
    public static let x25519ChaCha20SHA256Ed25519 = CipherSuite(rawValue: 0x0003)

    /// Whether this library can take part in groups that use it.
    public var isSupported: Bool { Crypto(self) != nil }
}
