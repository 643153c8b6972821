internal import Sodium

extension HPKE {
    /// What an encryption is bound to: `info` (RFC 9180, section 5.1). It enters the key schedule as a hash, so that one
    /// value serves for as many recipients as one likes at the price of hashing it once.
    public struct Info: Sendable {
        let kem: KEM
        let hash: [UInt8]

        public init(_ bytes: [UInt8], for kem: KEM) {
            self.kem = kem
            hash = LabeledKDF(kem).hash(label: "info_hash", bytes)
        }
    }
}
