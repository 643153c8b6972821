internal import CSodium

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// Length of an authentication code, in bytes.
    public static let byteCount = Int(crypto_auth_hmacsha256_BYTES)

    public static func authenticationCode(for message: [UInt8], key: borrowing Secret) -> [UInt8] {
        var authentication = Authentication(key: key)
        authentication.update(message)
        return authentication.finalize()
    }

    /// With a key that is no secret.
    public static func authenticationCode(for message: [UInt8], key: [UInt8]) -> [UInt8] {
        var authentication = Authentication(key: key)
        authentication.update(message)
        return authentication.finalize()
    }

    /// Whether `code` is the authentication code for `message`, compared in constant time. A code of the wrong
    /// length is not.
    public static func isValid(_ code: [UInt8], for message: [UInt8], key: borrowing Secret) -> Bool {
        ConstantTime.equal(code, authenticationCode(for: message, key: key))
    }

    /// An authentication code under way. libsodium zeroes its state, from which codes could be forged, when it is
    /// finalized: everything that begins one finishes it.
    package struct Authentication: ~Copyable {
        private var state = crypto_auth_hmacsha256_state()

        package init(key: borrowing Secret) {
            let count = key.count
            key.withPointer { _ = crypto_auth_hmacsha256_init(&state, $0, count) }
        }

        package init(key: [UInt8]) {
            crypto_auth_hmacsha256_init(&state, key, key.count)
        }

        package mutating func update(_ bytes: [UInt8]) {
            crypto_auth_hmacsha256_update(&state, bytes, UInt64(bytes.count))
        }

        package mutating func update(_ secret: borrowing Secret) {
            let count = secret.count
            secret.withPointer { update($0, count: count) }
        }

        mutating func update(_ bytes: UnsafePointer<UInt8>, count: Int) {
            crypto_auth_hmacsha256_update(&state, bytes, UInt64(count))
        }

        /// Writes `HMACSHA256.byteCount` bytes.
        mutating func finalize(into code: UnsafeMutablePointer<UInt8>) {
            crypto_auth_hmacsha256_final(&state, code)
        }

        package mutating func finalize() -> [UInt8] {
            var code = [UInt8](repeating: 0, count: HMACSHA256.byteCount)
            finalize(into: &code)
            return code
        }

        package mutating func finalizeAsSecret() -> Secret {
            Secret.filling(count: HMACSHA256.byteCount) { code in
                finalize(into: code)
            }
        }
    }
}
