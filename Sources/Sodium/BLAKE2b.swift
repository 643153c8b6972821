internal import CSodium

/// BLAKE2b (RFC 7693).
public enum BLAKE2b {
    /// - Parameter length: of the digest, 16 to 64 bytes.
    public static func hash(_ bytes: [UInt8], length: Int = 32) -> [UInt8] {
        digest(of: bytes, length: length, key: nil, keyLength: 0)
    }

    /// - Parameters:
    ///   - length: of the digest, 16 to 64 bytes.
    ///   - key: 16 to 64 bytes.
    public static func hash(_ bytes: [UInt8], length: Int = 32, key: borrowing Secret) -> [UInt8] {
        precondition((16...64).contains(key.count), "a BLAKE2b key has 16 to 64 bytes")
        let keyLength = key.count
        return key.withPointer { digest(of: bytes, length: length, key: $0, keyLength: keyLength) }
    }

    private static func digest(
        of bytes: [UInt8],
        length: Int,
        key: UnsafePointer<UInt8>?,
        keyLength: Int
    ) -> [UInt8] {
        precondition((16...64).contains(length), "a BLAKE2b digest has 16 to 64 bytes")
        Library.prepare()
        var digest = [UInt8](repeating: 0, count: length)
        crypto_generichash_blake2b(&digest, length, bytes, UInt64(bytes.count), key, keyLength)
        return digest
    }
}
