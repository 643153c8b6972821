internal import Sodium

/// `LabeledExtract` and `LabeledExpand` (RFC 9180, section 4) on HKDF-SHA256: every derivation is bound to HPKE, to
/// the algorithms in use, and to its purpose.
struct LabeledKDF: Sendable {
    let suiteID: [UInt8]

    /// Of the key schedule: "HPKE" and the numbers of KEM, HKDF-SHA256 (0x0001) and ChaCha20-Poly1305 (0x0003).
    init(_ kem: HPKE.KEM) {
        let number = [UInt8(truncatingIfNeeded: kem.rawValue >> 8), UInt8(truncatingIfNeeded: kem.rawValue)]
        suiteID = Array("HPKE".utf8) + number + [0x00, 0x01, 0x00, 0x03]
    }

    /// Of a KEM.
    init(suiteID: [UInt8]) {
        self.suiteID = suiteID
    }

    private static let version = Array("HPKE-v1".utf8)

    /// `LabeledExtract("", label, inputKeyMaterial)`.
    func extract(label: String, inputKeyMaterial: borrowing Secret) -> Secret {
        var authentication = HMACSHA256.Authentication(key: [])
        authentication.update(prefix(label))
        authentication.update(inputKeyMaterial)
        return authentication.finalizeAsSecret()
    }

    /// `LabeledExtract(salt, label, "")`.
    func extract(salt: borrowing Secret, label: String) -> Secret {
        var authentication = HMACSHA256.Authentication(key: salt)
        authentication.update(prefix(label))
        return authentication.finalizeAsSecret()
    }

    /// `LabeledExtract("", label, value)` of a value that is no secret.
    func hash(label: String, _ value: [UInt8]) -> [UInt8] {
        var authentication = HMACSHA256.Authentication(key: [])
        authentication.update(prefix(label))
        authentication.update(value)
        return authentication.finalize()
    }

    /// `LabeledExpand(pseudoRandomKey, label, info, count)`.
    func expand(pseudoRandomKey: borrowing Secret, label: String, info: [UInt8], count: Int) -> Secret {
        HKDFSHA256.expand(
            pseudoRandomKey: pseudoRandomKey,
            info: [UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)] + prefix(label) + info,
            count: count
        )
    }

    private func prefix(_ label: String) -> [UInt8] {
        Self.version + suiteID + Array(label.utf8)
    }
}
