internal import Sodium

extension HPKE {
    /// What both sides derive from the shared secret (RFC 9180, section 5.1), for base mode.
    struct KeySchedule: ~Copyable {
        let key: Secret
        private let baseNonce: [UInt8]
        private let exporterSecret: Secret
        private let kdf: LabeledKDF

        /// The number of the next message. Counting past the last one stops the program, so no nonce comes twice.
        var sequence: UInt64 = 0

        init(kem: KEM, sharedSecret: borrowing Secret, info: [UInt8]) {
            kdf = LabeledKDF(suiteID: Self.suiteID(kem))
            let mode: [UInt8] = [0]
            let context = mode + kdf.hash(label: "psk_id_hash", []) + kdf.hash(label: "info_hash", info)
            let secret = kdf.extract(salt: sharedSecret, label: "secret")
            key = kdf.expand(
                pseudoRandomKey: secret,
                label: "key",
                info: context,
                count: ChaCha20Poly1305.keyLength
            )
            // Nonces are not secret, neither here nor where RFC 9180 relies on them.
            baseNonce =
                kdf.expand(
                    pseudoRandomKey: secret,
                    label: "base_nonce",
                    info: context,
                    count: ChaCha20Poly1305.nonceLength
                )
                .exposed()
            exporterSecret = kdf.expand(
                pseudoRandomKey: secret,
                label: "exp",
                info: context,
                count: HKDFSHA256.byteCount
            )
        }

        /// `ComputeNonce(sequence)` (section 5.2).
        var nonce: [UInt8] {
            var nonce = baseNonce
            for index in 0..<8 {
                nonce[nonce.count - 1 - index] ^= UInt8(truncatingIfNeeded: sequence >> (8 * index))
            }
            return nonce
        }

        func export(context: [UInt8], count: Int) -> Secret {
            kdf.expand(pseudoRandomKey: exporterSecret, label: "sec", info: context, count: count)
        }

        /// "HPKE" and the numbers of KEM, HKDF-SHA256 (0x0001) and ChaCha20-Poly1305 (0x0003).
        private static func suiteID(_ kem: KEM) -> [UInt8] {
            let number = [UInt8(truncatingIfNeeded: kem.rawValue >> 8), UInt8(truncatingIfNeeded: kem.rawValue)]
            return Array("HPKE".utf8) + number + [0x00, 0x01, 0x00, 0x03]
        }
    }
}
