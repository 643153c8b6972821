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

        init(sharedSecret: borrowing Secret, info: Info) {
            kdf = LabeledKDF(info.kem)
            let mode: [UInt8] = [0]
            let context = mode + kdf.hash(label: "psk_id_hash", []) + info.hash
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
    }
}
