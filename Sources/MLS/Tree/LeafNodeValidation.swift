internal import TLSCodec

/// What a leaf must be to enter a tree (RFC 9420, section 7.3), as far as the leaf alone tells.
enum LeafOrigin {
    /// In a KeyPackage, for no place yet.
    case keyPackage
    case update(LeafNode.Place)
    case commit(LeafNode.Place)
    /// In a tree that is being joined: however it came there.
    case tree(LeafNode.Place)
}

extension LeafNode {
    /// - Throws: `leafSource`, `leafExtensionsListed`, `leafCredentialListed`, `leafSupportsGroup`, `extensionsUnique`,
    ///   `encryptionKeysUsable`, `leafSignature`.
    func validate(_ origin: LeafOrigin, _ crypto: Crypto) throws(MLSError) {
        try validateContents(origin, crypto)
        try require(hasValidSignature(origin, crypto), .leafSignature)
    }

    /// All but the signature, which costs a thousand times as much as the rest.
    func validateContents(_ origin: LeafOrigin, _ crypto: Crypto) throws(MLSError) {
        switch (origin, source) {
        case (.keyPackage, .keyPackage), (.update, .update), (.commit, .commit), (.tree, _): break
        default: throw .invalid(.leafSource)
        }
        // Both lists are as long as their author likes: they are not searched one for each entry of the other.
        let listed = Set(capabilities.extensions)
        try require(
            extensions.elements.allSatisfy { $0.type.isDefault || listed.contains($0.type) },
            .leafExtensionsListed
        )
        try require(capabilities.credentials.contains(credential.type), .leafCredentialListed)
        try require(
            capabilities.versions.contains(.mls10) && capabilities.cipherSuites.contains(crypto.suite),
            .leafSupportsGroup
        )
        try require(!extensions.hasDuplicates, .extensionsUnique)
        try require(crypto.isUsable(encryptionKey), .encryptionKeysUsable)
    }

    func hasValidSignature(_ origin: LeafOrigin, _ crypto: Crypto) -> Bool {
        let signed =
            switch origin {
            case .keyPackage: toBeSignedInKeyPackage()
            case .update(let place), .commit(let place), .tree(let place): toBeSigned(at: place)
            }
        return crypto.verify(signature, of: signed, label: .leafNode, publicKey: signatureKey)
    }

    mutating func sign(at place: Place, with key: borrowing SignaturePrivateKey, _ crypto: Crypto) {
        signature = crypto.sign(toBeSigned(at: place), label: .leafNode, with: key)
    }
}

extension KeyPackage {
    /// Everything about a KeyPackage that can be checked outside a group (RFC 9420, section 10.1).
    /// - Parameter time: seconds since 1970, to judge the lifetime by; nil to leave that to the caller.
    /// - Throws: `invalid`.
    public func validate(at time: UInt64?) throws(MLSError) {
        guard let crypto = Crypto(cipherSuite) else { throw .invalid(.supportedCipherSuite) }
        try validate(at: time, crypto)
    }

    func validate(at time: UInt64?, _ crypto: Crypto) throws(MLSError) {
        try require(version == .mls10, .keyPackageVersion)
        try require(cipherSuite == crypto.suite, .keyPackageCipherSuite)
        try require(initKey != leafNode.encryptionKey, .keyPackageInitKeyDiffers)
        try require(crypto.isUsable(initKey), .encryptionKeysUsable)
        try require(!extensions.hasDuplicates, .extensionsUnique)
        try leafNode.validate(.keyPackage, crypto)
        if let time, case .keyPackage(let lifetime) = leafNode.source {
            try require(lifetime.contains(time), .leafLifetime)
        }
        try require(
            crypto.verify(signature, of: toBeSigned(), label: .keyPackage, publicKey: leafNode.signatureKey),
            .keyPackageSignature
        )
    }
}
