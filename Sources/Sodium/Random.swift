internal import CSodium

/// The system's cryptographic generator, for what is not secret: identifiers, nonces, padding. Secrets come from
/// `Secret.random(count:)`.
public enum Random {
    /// `count` unpredictable bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        Library.prepare()
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress {
                randombytes_buf(base, count)
            }
            initialized = count
        }
    }
}
