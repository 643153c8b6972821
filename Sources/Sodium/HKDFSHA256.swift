/// HKDF with SHA-256 (RFC 5869), built on HMAC: Debian 12's libsodium has none of its own.
public enum HKDFSHA256 {
    /// Length of a pseudorandom key, in bytes.
    public static let byteCount = HMACSHA256.byteCount

    /// HKDF-Extract (section 2.2).
    public static func extract(salt: borrowing Secret, inputKeyMaterial: borrowing Secret) -> Secret {
        var authentication = HMACSHA256.Authentication(key: salt)
        authentication.update(inputKeyMaterial)
        return authentication.finalizeAsSecret()
    }

    /// HKDF-Extract with a salt that is no secret; an empty one is a salt of zeros.
    public static func extract(salt: [UInt8], inputKeyMaterial: borrowing Secret) -> Secret {
        var authentication = HMACSHA256.Authentication(key: salt)
        authentication.update(inputKeyMaterial)
        return authentication.finalizeAsSecret()
    }

    /// HKDF-Expand (section 2.3).
    /// - Parameter count: bytes to derive, at most 255 times `byteCount`.
    public static func expand(pseudoRandomKey: borrowing Secret, info: [UInt8], count: Int) -> Secret {
        precondition(count <= 255 * byteCount, "HKDF-Expand gives at most 255 blocks")
        return Secret.filling(count: count) { output in
            // T(i) = HMAC(PRK, T(i - 1) | info | i), each written in its place, the last one cut short.
            for (index, start) in stride(from: 0, to: count, by: byteCount).enumerated() {
                var authentication = HMACSHA256.Authentication(key: pseudoRandomKey)
                if start > 0 {
                    authentication.update(output + (start - byteCount), count: byteCount)
                }
                authentication.update(info)
                var number = UInt8(index + 1)
                authentication.update(&number, count: 1)
                if start + byteCount <= count {
                    authentication.finalize(into: output + start)
                } else {
                    let block = authentication.finalizeAsSecret()
                    block.withPointer { (output + start).update(from: $0, count: count - start) }
                }
            }
        }
    }
}
