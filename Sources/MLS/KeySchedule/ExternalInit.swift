internal import Sodium

/// The init secret that one who joins by an external Commit brings (RFC 9420, section 8.3).
struct ExternalInit {
    let kemOutput: [UInt8]
    let initSecret: HeldSecret

    private static let label = Array("MLS 1.0 external init secret".utf8)

    /// A new one, for a group with this external public key. Nil when it is no key of the suite.
    init?(to externalKey: [UInt8], _ crypto: Crypto) {
        guard let exported = crypto.exportSecret(to: externalKey, context: Self.label) else { return nil }
        (kemOutput, initSecret) = exported
    }

    /// The one that a member gets from the joiner's output. Nil when it is none of the suite's KEM.
    init?(from kemOutput: [UInt8], externalSecret: borrowing Secret, _ crypto: Crypto) throws(MLSError) {
        let key = try crypto.deriveKeyPair(externalSecret)
        guard let secret = crypto.exportSecret(from: kemOutput, with: key.privateKey.secret, context: Self.label) else {
            return nil
        }
        self.kemOutput = kemOutput
        initSecret = secret
    }
}
