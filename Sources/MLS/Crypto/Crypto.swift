internal import HPKE
internal import Sodium
internal import TLSCodec

/// The algorithms of one cipher suite, under the labels that MLS puts on each use of them (RFC 9420, section 5).
struct Crypto: Sendable {
    let suite: CipherSuite
    private let kem: HPKE.KEM

    /// Nil for a suite that this library does not have.
    init?(_ suite: CipherSuite) {
        guard let kem = suite.kem else { return nil }
        self.suite = suite
        self.kem = kem
    }

    /// `KDF.Nh`, in bytes.
    var hashLength: Int { SHA256.byteCount }

    /// `AEAD.Nk`, in bytes.
    var keyLength: Int { ChaCha20Poly1305.keyLength }

    /// `AEAD.Nn`, in bytes.
    var nonceLength: Int { ChaCha20Poly1305.nonceLength }

    /// What every label of the protocol begins with.
    private static let prefix = Array("MLS 1.0 ".utf8)

    private func write(label: String, to writer: inout Writer) {
        let label = Self.prefix + Array(label.utf8)
        writer.writeVector(label)
    }

    // MARK: Hash

    func hash(_ bytes: [UInt8]) -> [UInt8] {
        SHA256.hash(bytes)
    }

    /// `RefHash` (section 5.2).
    func refHash(label: String, _ value: [UInt8]) -> [UInt8] {
        var writer = Writer(capacity: value.count + label.utf8.count + 8)
        writer.writeVector(Array(label.utf8))
        writer.writeVector(value)
        return hash(writer.bytes)
    }

    func reference(to keyPackage: KeyPackage) -> KeyPackageRef {
        KeyPackageRef(bytes: refHash(label: "MLS 1.0 KeyPackage Reference", keyPackage.encoded))
    }

    func reference(toProposalIn content: AuthenticatedContent) -> ProposalRef {
        ProposalRef(bytes: refHash(label: "MLS 1.0 Proposal Reference", content.encoded))
    }

    // MARK: Key derivation (section 8)

    func extract(salt: borrowing Secret, _ inputKeyMaterial: borrowing Secret) -> Secret {
        HKDFSHA256.extract(salt: salt, inputKeyMaterial: inputKeyMaterial)
    }

    /// `ExpandWithLabel`.
    func expand(_ secret: borrowing Secret, label: String, context: [UInt8], count: Int) -> Secret {
        var writer = Writer(capacity: context.count + label.utf8.count + 16)
        writer.write(UInt16(count))
        write(label: label, to: &writer)
        writer.writeVector(context)
        return HKDFSHA256.expand(pseudoRandomKey: secret, info: writer.bytes, count: count)
    }

    /// `DeriveSecret`.
    func derive(_ secret: borrowing Secret, label: String) -> Secret {
        expand(secret, label: label, context: [], count: hashLength)
    }

    /// `DeriveTreeSecret` (section 9).
    func deriveTree(_ secret: borrowing Secret, label: String, generation: UInt32, count: Int) -> Secret {
        var context = Writer(capacity: 4)
        context.write(generation)
        return expand(secret, label: label, context: context.bytes, count: count)
    }

    /// A secret of `KDF.Nh` zeros: what stands where there is no such input.
    var zeroSecret: Secret {
        Secret(count: hashLength) { _ in }
    }

    // MARK: Message authentication (sections 6.1 and 6.2)

    func mac(_ message: [UInt8], key: borrowing Secret) -> [UInt8] {
        HMACSHA256.authenticationCode(for: message, key: key)
    }

    func isValid(mac: [UInt8], for message: [UInt8], key: borrowing Secret) -> Bool {
        HMACSHA256.isValid(mac, for: message, key: key)
    }

    // MARK: AEAD (section 6.3)

    func seal(_ plaintext: [UInt8], key: borrowing Secret, nonce: [UInt8], authenticatedData: [UInt8]) -> [UInt8] {
        ChaCha20Poly1305.seal(plaintext, key: key, nonce: nonce, authenticatedData: authenticatedData)
    }

    /// Nil when the ciphertext is not authentic.
    func open(_ ciphertext: [UInt8], key: borrowing Secret, nonce: [UInt8], authenticatedData: [UInt8]) -> [UInt8]? {
        try? ChaCha20Poly1305.open(ciphertext, key: key, nonce: nonce, authenticatedData: authenticatedData)
    }

    // MARK: Signatures (section 5.1.2)

    private func signContent(label: String, _ content: [UInt8]) -> [UInt8] {
        var writer = Writer(capacity: content.count + label.utf8.count + 16)
        write(label: label, to: &writer)
        writer.writeVector(content)
        return writer.bytes
    }

    /// `SignWithLabel`.
    func sign(_ content: [UInt8], label: SignatureLabel, with key: borrowing SignaturePrivateKey) -> [UInt8] {
        key.sign(signContent(label: label.rawValue, content))
    }

    /// `VerifyWithLabel`.
    func verify(_ signature: [UInt8], of content: [UInt8], label: SignatureLabel, publicKey: [UInt8]) -> Bool {
        verify(signature, of: content, labelled: label.rawValue, publicKey: publicKey)
    }

    func verify(_ signature: [UInt8], of content: [UInt8], labelled label: String, publicKey: [UInt8]) -> Bool {
        Ed25519.isValid(signature: signature, for: signContent(label: label, content), publicKey: publicKey)
    }

    // MARK: Public-key encryption (section 5.1.3)

    /// Whether `publicKey` is one that members of a group of this suite can encrypt to.
    func isUsable(_ publicKey: [UInt8]) -> Bool {
        kem.isUsable(publicKey)
    }

    private func encryptContext(label: String, _ context: [UInt8]) -> [UInt8] {
        var writer = Writer(capacity: context.count + label.utf8.count + 16)
        write(label: label, to: &writer)
        writer.writeVector(context)
        return writer.bytes
    }

    /// `EncryptWithLabel` to any number of recipients: label and context are hashed once.
    func encryptor(label: String, context: [UInt8]) -> Encryptor {
        Encryptor(info: HPKE.Info(encryptContext(label: label, context), for: kem))
    }

    /// `DecryptWithLabel`. Nil when the ciphertext is not authentic.
    /// - Parameter publicKey: of the same key pair.
    func decrypt(
        _ sealed: HPKECiphertext,
        with key: borrowing Secret,
        publicKey: [UInt8],
        label: String,
        context: [UInt8]
    ) -> Secret? {
        guard let privateKey = try? HPKE.PrivateKey(kem: kem, raw: key.copy(), publicKey: publicKey) else { return nil }
        return try? HPKE.openSecret(
            sealed.ciphertext,
            kemOutput: sealed.kemOutput,
            privateKey: privateKey,
            info: encryptContext(label: label, context),
            authenticatedData: []
        )
    }

    /// A secret of `KDF.Nh` bytes that the holder of the private key gets too (`SetupBaseS` and `context.export`,
    /// section 8.3). Nil when `publicKey` is no key of this suite.
    func exportSecret(to publicKey: [UInt8], context: [UInt8]) -> (kemOutput: [UInt8], secret: HeldSecret)? {
        guard let sender = try? HPKE.SenderContext(to: publicKey, info: HPKE.Info([], for: kem)) else { return nil }
        return (sender.kemOutput, HeldSecret(sender.export(context: context, count: hashLength)))
    }

    /// The other side's. Nil when `kemOutput` is none of this suite's.
    func exportSecret(from kemOutput: [UInt8], with key: borrowing Secret, context: [UInt8]) -> HeldSecret? {
        guard let privateKey = try? HPKE.PrivateKey(kem: kem, raw: key.copy()),
            let recipient = try? HPKE.RecipientContext(kemOutput: kemOutput, privateKey: privateKey, info: [])
        else { return nil }
        return HeldSecret(recipient.export(context: context, count: hashLength))
    }

    /// `KEM.DeriveKeyPair`.
    func deriveKeyPair(_ inputKeyMaterial: borrowing Secret) throws(MLSError) -> EncryptionKeyPair {
        do {
            return EncryptionKeyPair(try kem.deriveKeyPair(inputKeyMaterial: inputKeyMaterial))
        } catch {
            throw .internalBug("the KEM derived no key pair")
        }
    }

    func generateKeyPair() throws(MLSError) -> EncryptionKeyPair {
        try deriveKeyPair(.random(count: hashLength))
    }

    /// The key pair that `raw` is the private half of.
    func keyPair(raw: consuming Secret) throws(MLSError) -> EncryptionKeyPair {
        do {
            return EncryptionKeyPair(try HPKE.PrivateKey(kem: kem, raw: raw))
        } catch {
            throw .misuse(.invalidPrivateKey)
        }
    }
}

/// `EncryptWithLabel` (RFC 9420, section 5.1.3) with one label and context.
struct Encryptor: Sendable {
    fileprivate let info: HPKE.Info

    /// Nil when `publicKey` is no key of this suite.
    func encrypt(_ plaintext: borrowing Secret, to publicKey: [UInt8]) -> HPKECiphertext? {
        guard let sealed = try? HPKE.seal(plaintext, to: publicKey, info: info, authenticatedData: []) else {
            return nil
        }
        return HPKECiphertext(kemOutput: sealed.kemOutput, ciphertext: sealed.ciphertext)
    }
}

/// What a signature is over (RFC 9420, section 17.6).
enum SignatureLabel: String {
    case framedContent = "FramedContentTBS"
    case leafNode = "LeafNodeTBS"
    case keyPackage = "KeyPackageTBS"
    case groupInfo = "GroupInfoTBS"
}

/// A key pair of a suite's KEM.
struct EncryptionKeyPair: Sendable {
    let publicKey: [UInt8]
    /// As the KEM serialises it.
    let privateKey: HeldSecret

    fileprivate init(_ key: borrowing HPKE.PrivateKey) {
        publicKey = key.publicKey
        privateKey = HeldSecret(key.raw.copy())
    }
}
