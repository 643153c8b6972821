public import Sodium
internal import TLSCodec

/// A KeyPackage with its private keys: what a client keeps until a Welcome names the KeyPackage. Joining uses it up.
public struct KeyPackageBundle: ~Copyable, Sendable {
    public let keyPackage: KeyPackage
    let initKey: HeldSecret
    let encryptionKey: HeldSecret

    /// A new KeyPackage, signed.
    /// - Parameters:
    ///   - lifetime: when it may be used to add its client to a group.
    ///   - extensions: of the KeyPackage; nobody sees them once it is used.
    ///   - leafExtensions: of the leaf, which stands in the group's tree. Their types belong in `capabilities`.
    /// - Throws: `unsupportedCipherSuite`, or `invalid` for contents that no receiver would take.
    public init(
        _ suite: CipherSuite,
        credential: Credential,
        signatureKey: borrowing SignaturePrivateKey,
        capabilities: Capabilities,
        lifetime: Lifetime,
        extensions: Extensions = [],
        leafExtensions: Extensions = []
    ) throws(MLSError) {
        guard let crypto = Crypto(suite) else { throw .misuse(.unsupportedCipherSuite) }
        let initPair = try crypto.generateKeyPair()
        let leafPair = try crypto.generateKeyPair()
        var leaf = LeafNode(
            encryptionKey: leafPair.publicKey,
            signatureKey: signatureKey.publicKey,
            credential: credential,
            capabilities: capabilities,
            source: .keyPackage(lifetime),
            extensions: leafExtensions
        )
        leaf.signature = crypto.sign(leaf.toBeSignedInKeyPackage(), label: .leafNode, with: signatureKey)
        var keyPackage = KeyPackage(
            cipherSuite: suite,
            initKey: initPair.publicKey,
            leafNode: leaf,
            extensions: extensions
        )
        keyPackage.signature = crypto.sign(keyPackage.toBeSigned(), label: .keyPackage, with: signatureKey)
        try keyPackage.validate(at: nil, crypto)
        self.init(keyPackage, initKey: initPair.privateKey, encryptionKey: leafPair.privateKey)
    }

    private init(_ keyPackage: KeyPackage, initKey: HeldSecret, encryptionKey: HeldSecret) {
        self.keyPackage = keyPackage
        self.initKey = initKey
        self.encryptionKey = encryptionKey
    }

    /// A KeyPackage whose private keys come from elsewhere, as the suite's KEM serialises them.
    /// - Throws: `keyPackageMismatch` for private keys of other public keys.
    public init(
        keyPackage: KeyPackage,
        initKey: consuming Secret,
        encryptionKey: consuming Secret
    ) throws(MLSError) {
        guard let crypto = Crypto(keyPackage.cipherSuite) else { throw .misuse(.unsupportedCipherSuite) }
        let initPair = try crypto.keyPair(raw: initKey)
        let leafPair = try crypto.keyPair(raw: encryptionKey)
        guard initPair.publicKey == keyPackage.initKey, leafPair.publicKey == keyPackage.leafNode.encryptionKey else {
            throw .misuse(.keyPackageMismatch)
        }
        self.init(keyPackage, initKey: initPair.privateKey, encryptionKey: leafPair.privateKey)
    }

    /// The name that a Welcome calls the KeyPackage by. Nil for a suite that this library does not have.
    public var reference: KeyPackageRef? {
        Crypto(keyPackage.cipherSuite)?.reference(to: keyPackage)
    }

    /// For keeping, sealed.
    public func serialized() -> Secret {
        var writer = SecretWriter()
        writer.write(SerializedPart.keyPackage)
        writer.writeValue(keyPackage)
        writer.writeSecret(initKey)
        writer.writeSecret(encryptionKey)
        return writer.finish()
    }

    /// - Throws: `malformed` for anything but what `serialized()` gave.
    public init(serialized: borrowing Secret) throws(MLSError) {
        let bundle = try wireForm { () throws(CodecError) in
            var reader = try SecretReader(serialized.copy(), of: .keyPackage)
            let keyPackage: KeyPackage = try reader.readValue()
            let initKey = HeldSecret(try reader.readSecret())
            let encryptionKey = HeldSecret(try reader.readSecret())
            try reader.finish()
            return (keyPackage, initKey, encryptionKey)
        }
        self.init(bundle.0, initKey: bundle.1, encryptionKey: bundle.2)
    }
}
