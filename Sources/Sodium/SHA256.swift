internal import CSodium

/// SHA-256 (FIPS 180-4), at once or piece by piece. For what is not secret: its state is in ordinary memory.
public struct SHA256: Sendable {
    /// Length of a digest, in bytes.
    public static let byteCount = Int(crypto_hash_sha256_BYTES)

    private var state = crypto_hash_sha256_state()

    public init() {
        crypto_hash_sha256_init(&state)
    }

    public mutating func update(_ bytes: [UInt8]) {
        crypto_hash_sha256_update(&state, bytes, UInt64(bytes.count))
    }

    /// The digest of everything so far; more may follow.
    public func finalize() -> [UInt8] {
        var last = state
        var digest = [UInt8](repeating: 0, count: Self.byteCount)
        crypto_hash_sha256_final(&last, &digest)
        return digest
    }

    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
        return digest
    }
}
