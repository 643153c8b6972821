internal import Sodium

extension RatchetTree {
    /// The label of path secrets' encryption (RFC 9420, section 7.6).
    private static var label: String { "UpdatePathNode" }

    /// Encrypts each path secret to those below the node's copath child (section 7.5).
    /// - Parameters:
    ///   - added: members added by the same Commit, who learn theirs from the Welcome.
    ///   - context: the encoded provisional GroupContext.
    func encrypt(
        _ secrets: PathSecrets,
        along path: [PathStep],
        excluding added: Set<LeafIndex>,
        context: [UInt8],
        _ crypto: Crypto
    ) throws(MLSError) -> [UpdatePathNode] {
        let encryptor = crypto.encryptor(label: Self.label, context: context)
        var nodes: [UpdatePathNode] = []
        for (position, step) in path.enumerated() {
            let receivers = resolution(of: step.copathChild, excluding: added)
            let secret = secrets.secrets[position]
            nodes.append(
                UpdatePathNode(
                    encryptionKey: secrets.keyPairs[position].publicKey,
                    encryptedPathSecret: try Concurrently.map(receivers.indices) { receiver throws(MLSError) in
                        guard let key = self[receivers[receiver]]?.encryptionKey,
                            let ciphertext = encryptor.encrypt(secret.secret, to: key)
                        else { throw .invalid(.encryptionKeysUsable) }
                        return ciphertext
                    }
                )
            )
        }
        return nodes
    }

    /// Decrypts what a path holds for this member (section 7.5), in the tree into which the path is merged.
    /// - Parameters:
    ///   - keys: become those of the new tree.
    ///   - context: the encoded provisional GroupContext.
    /// - Returns: the commit secret.
    /// - Throws: `pathSecretDecrypts`, `pathSecretMatchesKey`.
    func decrypt(
        _ nodes: [UpdatePathNode],
        along path: [PathStep],
        excluding added: Set<LeafIndex>,
        with keys: inout PrivateKeys,
        context: [UInt8],
        _ crypto: Crypto
    ) throws(MLSError) -> HeldSecret {
        let own = keys.leaf
        guard let position = path.firstIndex(where: { $0.copathChild.isAncestor(of: own) }) else {
            throw .internalBug("a path that leads past this member")
        }
        // A member that is unmerged below a filled parent has no key of that parent: what it can open stands further
        // on in the resolution, under its own leaf.
        let receivers = resolution(of: path[position].copathChild, excluding: added)
        guard let receiver = receivers.firstIndex(where: { keys[$0] != nil }),
            receiver < nodes[position].encryptedPathSecret.count,
            let key = keys[receivers[receiver]],
            let publicKey = self[receivers[receiver]]?.encryptionKey,
            let first = crypto.decrypt(
                nodes[position].encryptedPathSecret[receiver],
                with: key.secret,
                publicKey: publicKey,
                label: Self.label,
                context: context
            )
        else { throw .invalid(.pathSecretDecrypts) }
        let secrets = try PathSecrets(from: HeldSecret(first), count: path.count - position, crypto)
        try require(
            zip(secrets.keyPairs, nodes[position...]).allSatisfy { $0.publicKey == $1.encryptionKey },
            .pathSecretMatchesKey
        )
        keys.set(secrets, along: path[position...].map(\.node))
        return secrets.commitSecret
    }
}
