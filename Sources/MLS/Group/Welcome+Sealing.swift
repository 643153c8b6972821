internal import Sodium
internal import TLSCodec

extension Welcome {
    /// The label of group secrets' encryption (RFC 9420, section 12.4.3.1).
    private static let label = "Welcome"

    /// One Welcome for all whom a Commit adds.
    init(
        to added: [CommitChanges.Added],
        _ groupInfo: GroupInfo,
        joinerSecret: borrowing Secret,
        welcomeSecret: borrowing Secret,
        preSharedKeys: [PreSharedKeyID],
        path: OwnPath?,
        _ crypto: Crypto
    ) throws(MLSError) {
        let key = WelcomeKey(welcomeSecret, crypto)
        let encryptedGroupInfo = crypto.seal(groupInfo.encoded, key: key.key, nonce: key.nonce, authenticatedData: [])
        let encryptor = crypto.encryptor(label: Self.label, context: encryptedGroupInfo)
        let joinerSecret = HeldSecret(joinerSecret.copy())
        let secrets = try Concurrently.map(added.indices) { position throws(MLSError) in
            let new = added[position]
            let groupSecrets = GroupSecrets(
                joinerSecret: joinerSecret.secret.copy(),
                pathSecret: path?.secret(for: new.index),
                preSharedKeys: preSharedKeys
            )
            guard let ciphertext = encryptor.encrypt(groupSecrets.encoded(), to: new.keyPackage.initKey) else {
                throw .invalid(.encryptionKeysUsable)
            }
            return EncryptedGroupSecrets(
                newMember: crypto.reference(to: new.keyPackage),
                encryptedGroupSecrets: ciphertext
            )
        }
        self.init(cipherSuite: crypto.suite, secrets: secrets, encryptedGroupInfo: encryptedGroupInfo)
    }

    /// - Throws: `welcomeNamesKeyPackage`, `groupSecretsDecrypt`, `malformed`.
    func groupSecrets(for bundle: borrowing KeyPackageBundle, _ crypto: Crypto) throws(MLSError) -> GroupSecrets {
        let reference = crypto.reference(to: bundle.keyPackage)
        guard cipherSuite == crypto.suite, let own = secrets.first(where: { $0.newMember == reference }) else {
            throw .invalid(.welcomeNamesKeyPackage)
        }
        let decrypted = crypto.decrypt(
            own.encryptedGroupSecrets,
            with: bundle.initKey.secret,
            publicKey: bundle.keyPackage.initKey,
            label: Self.label,
            context: encryptedGroupInfo
        )
        guard let decrypted else { throw .invalid(.groupSecretsDecrypt) }
        do throws(CodecError) {
            return try GroupSecrets(decoding: decrypted)
        } catch {
            throw .malformed(error)
        }
    }

    /// The GroupInfo, its signature still to be verified.
    /// - Throws: `groupInfoDecrypts`, `malformed`.
    func groupInfo(welcomeSecret: borrowing Secret, _ crypto: Crypto) throws(MLSError) -> GroupInfo {
        let key = WelcomeKey(welcomeSecret, crypto)
        guard let plaintext = crypto.open(encryptedGroupInfo, key: key.key, nonce: key.nonce, authenticatedData: [])
        else { throw .invalid(.groupInfoDecrypts) }
        return try wireForm { () throws(CodecError) in try GroupInfo(decoding: plaintext) }
    }
}

/// `welcome_key` and `welcome_nonce` (RFC 9420, section 12.4.3.1).
private struct WelcomeKey: ~Copyable {
    let key: Secret
    let nonce: [UInt8]

    init(_ secret: borrowing Secret, _ crypto: Crypto) {
        key = crypto.expand(secret, label: "key", context: [], count: crypto.keyLength)
        nonce = crypto.expand(secret, label: "nonce", context: [], count: crypto.nonceLength).exposed()
    }
}
