public import Sodium

extension HPKE {
    /// The sender's side of an encryption context: seals messages in an order that the recipient keeps.
    public struct SenderContext: ~Copyable, Sendable {
        /// For the recipient to make its context from.
        public let kemOutput: [UInt8]
        private var schedule: KeySchedule

        /// `SetupBaseS` (section 5.1.1).
        /// - Throws: `invalidKey` for a public key that is none of this KEM's.
        public init(to publicKey: [UInt8], info: Info) throws(SodiumError) {
            self.init(try info.kem.encapsulate(to: publicKey), info: info)
        }

        init(_ encapsulation: borrowing Encapsulation, info: Info) {
            kemOutput = encapsulation.kemOutput
            schedule = KeySchedule(sharedSecret: encapsulation.sharedSecret, info: info)
        }

        public mutating func seal(_ plaintext: [UInt8], authenticatedData: [UInt8]) -> [UInt8] {
            let ciphertext = ChaCha20Poly1305.seal(
                plaintext,
                key: schedule.key,
                nonce: schedule.nonce,
                authenticatedData: authenticatedData
            )
            schedule.sequence += 1
            return ciphertext
        }

        /// The same for a plaintext that is a secret.
        public mutating func seal(_ plaintext: borrowing Secret, authenticatedData: [UInt8]) -> [UInt8] {
            let ciphertext = ChaCha20Poly1305.seal(
                plaintext,
                key: schedule.key,
                nonce: schedule.nonce,
                authenticatedData: authenticatedData
            )
            schedule.sequence += 1
            return ciphertext
        }

        /// A secret that the recipient's `export` gives too (section 5.3).
        public borrowing func export(context: [UInt8], count: Int) -> Secret {
            schedule.export(context: context, count: count)
        }
    }

    /// The recipient's side of an encryption context: opens messages in the order in which they were sealed.
    public struct RecipientContext: ~Copyable, Sendable {
        private var schedule: KeySchedule

        /// `SetupBaseR` (section 5.1.1).
        /// - Throws: `invalidKey` for a `kemOutput` that is none of this KEM's.
        public init(kemOutput: [UInt8], privateKey: borrowing PrivateKey, info: [UInt8]) throws(SodiumError) {
            let sharedSecret = try privateKey.kem.decapsulate(kemOutput, privateKey: privateKey)
            schedule = KeySchedule(sharedSecret: sharedSecret, info: Info(info, for: privateKey.kem))
        }

        /// The next message. One that is refused does not count as such.
        /// - Throws: `authenticationFailed`.
        public mutating func open(_ ciphertext: [UInt8], authenticatedData: [UInt8]) throws(SodiumError) -> [UInt8] {
            let plaintext = try ChaCha20Poly1305.open(
                ciphertext,
                key: schedule.key,
                nonce: schedule.nonce,
                authenticatedData: authenticatedData
            )
            schedule.sequence += 1
            return plaintext
        }

        /// The same for a plaintext that is a secret.
        public mutating func openSecret(
            _ ciphertext: [UInt8],
            authenticatedData: [UInt8]
        ) throws(SodiumError) -> Secret {
            let plaintext = try ChaCha20Poly1305.openSecret(
                ciphertext,
                key: schedule.key,
                nonce: schedule.nonce,
                authenticatedData: authenticatedData
            )
            schedule.sequence += 1
            return plaintext
        }

        /// A secret that the sender's `export` gives too (section 5.3).
        public borrowing func export(context: [UInt8], count: Int) -> Secret {
            schedule.export(context: context, count: count)
        }
    }
}
