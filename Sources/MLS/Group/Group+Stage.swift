internal import Sodium
internal import TLSCodec

extension Group {
    /// The part of processing a Commit (RFC 9420, section 12.4.2) that needs this member's secrets: its path secret
    /// and the confirmation tag. The group does not change.
    ///
    /// An error of a rule that `failsOnlyForMe` says nothing about the Commit's validity for others.
    /// - Parameter preSharedKeys: of which the Commit may name some; this epoch's own need not be among them.
    /// - Throws: `preSharedKeyKnown`, `pathSecretDecrypts`, `pathSecretMatchesKey`, `confirmationTag`; `staleCommit`,
    ///   `removedFromGroup`.
    public borrowing func stage(
        _ verified: VerifiedCommit,
        preSharedKeys: PreSharedKeys = PreSharedKeys()
    ) throws(MLSError) -> StagedCommit {
        let changes = verified.changes
        guard changes.previousContext == context else { throw .misuse(.staleCommit) }
        guard !changes.removes(ownLeaf) else { throw .misuse(.removedFromGroup) }
        let pskSecret = try epoch.with(preSharedKeys).secret(for: changes.preSharedKeys, crypto)
        var keys = epoch.privateKeys
        if let update = changes.updated.first(where: { $0.index == ownLeaf }) {
            guard let key = epoch.pendingProposals.updateKey(for: update.new.encryptionKey) else {
                throw .internalBug("an Update of this member's without its private key")
            }
            keys.setLeafKey(key)
        }
        keys.removeBlank(in: changes.tree)
        let commitSecret =
            if let path = verified.path {
                try changes.tree.decrypt(
                    path.nodes,
                    along: changes.tree.filteredDirectPath(of: changes.committer),
                    excluding: Set(changes.added.map(\.index)),
                    with: &keys,
                    context: verified.provisionalContext,
                    crypto
                )
            } else {
                HeldSecret(crypto.zeroSecret)
            }
        let encodedContext = changes.context.encoded
        let secrets = KeySchedule.epochSecrets(
            joinerSecret: KeySchedule.joinerSecret(
                initSecret: (verified.externalInitSecret ?? epoch.secrets.initSecret).secret,
                commitSecret: commitSecret.secret,
                context: encodedContext,
                crypto
            ),
            pskSecret: pskSecret,
            context: encodedContext,
            crypto
        )
        try require(
            crypto.isValid(
                mac: verified.confirmationTag,
                for: changes.context.confirmedTranscriptHash,
                key: secrets.confirmationKey
            ),
            .confirmationTag
        )
        return StagedCommit(
            after: epochAuthenticator,
            next: try Group(
                crypto,
                context: changes.context,
                tree: changes.tree,
                secrets: secrets,
                confirmationTag: verified.confirmationTag,
                reInit: changes.reInit,
                privateKeys: keys
            )
        )
    }
}
