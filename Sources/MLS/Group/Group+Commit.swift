internal import Sodium
internal import TLSCodec

/// A Commit of this member's: what to send, and the epoch that it leads to if it wins.
public struct PendingCommit: ~Copyable, Sendable {
    public let message: MLSMessage
    /// For those whom the Commit adds; to be sent when the Commit has won, not before (RFC 9420, section 14).
    public let welcome: Welcome?
    public let changes: CommitChanges
    public let staged: StagedCommit

    public consuming func takeStaged() -> StagedCommit { staged }
}

extension Group {
    /// Makes a Commit (RFC 9420, section 12.4.1). The group does not change, but for the key that a PrivateMessage
    /// uses up: keep `serializedSending()` before the message leaves, and `PendingCommit.staged` to merge it later.
    /// - Parameters:
    ///   - proposals: this member's own, by value.
    ///   - signatureKey: of this member's leaf.
    /// - Throws: `invalid` with the rule that the proposals break; `signatureKeyMismatch`, `removeSelf`,
    ///   `unsupportedProposal`, `ratchetExhausted`.
    public mutating func commit(
        _ proposals: [Proposal] = [],
        signatureKey: borrowing SignaturePrivateKey,
        options: CommitOptions = CommitOptions()
    ) throws(MLSError) -> PendingCommit {
        try epoch.requireOwn(signatureKey)
        guard !proposals.contains(.remove(ownLeaf)) else { throw .misuse(.removeSelf) }
        guard let ownLeafNode = tree[ownLeaf] else { throw .internalBug("a group without this member") }
        let references = try references(for: options, beside: proposals)
        let list = ProposalList(
            proposals: references.map {
                CommittedProposal(proposal: $0.proposal, sender: $0.sender, isByReference: true)
            } + proposals.map { CommittedProposal(proposal: $0, sender: ownLeaf, isByReference: false) },
            committer: ownLeaf
        )
        var applied = try list.apply(to: tree, context, at: options.time, crypto)
        var path: OwnPath?
        if list.needsPath || options.alwaysHasPath {
            path = try OwnPath(
                in: &applied.tree,
                place: LeafNode.Place(groupID: context.groupID, leaf: ownLeaf),
                old: ownLeafNode,
                options.leafChanges,
                signatureKey,
                crypto
            )
        }
        try applied.tree.validateSupport(for: applied.extensions)

        var next = context
        next.epoch += 1
        next.treeHash = applied.tree.treeHash(crypto)
        next.extensions = applied.extensions
        let updatePath = try path?
            .updatePath(
                in: applied.tree,
                excluding: applied.newLeaves,
                context: next.encoded,
                crypto
            )
        let commit = Commit(
            proposals: references.map { .reference($0.reference) } + proposals.map { .proposal($0) },
            path: updatePath
        )
        let wireFormat: WireFormat = options.framing == .publicMessage ? .publicMessage : .privateMessage
        let content = epoch.framed(.commit(commit), authenticatedData: options.authenticatedData)
        let signature = try epoch.sign(content, wireFormat, with: signatureKey).auth.signature
        next.confirmedTranscriptHash = TranscriptHash.confirmed(
            interim: epoch.interimTranscriptHash,
            wireFormat,
            content,
            signature: signature,
            crypto
        )

        let encodedContext = next.encoded
        let commitSecret = path?.secrets.commitSecret ?? HeldSecret(crypto.zeroSecret)
        let joinerSecret = KeySchedule.joinerSecret(
            initSecret: epoch.secrets.initSecret.secret,
            commitSecret: commitSecret.secret,
            context: encodedContext,
            crypto
        )
        let pskSecret = crypto.zeroSecret
        let secrets = KeySchedule.epochSecrets(
            joinerSecret: joinerSecret,
            pskSecret: pskSecret,
            context: encodedContext,
            crypto
        )
        let confirmationTag = secrets.confirmationTag(next.confirmedTranscriptHash, crypto)
        let welcome =
            applied.added.isEmpty
            ? nil
            : try Welcome(
                to: applied.added,
                in: applied.tree,
                context: next,
                confirmationTag: confirmationTag,
                joinerSecret: joinerSecret,
                welcomeSecret: KeySchedule.welcomeSecret(
                    joinerSecret: joinerSecret,
                    pskSecret: pskSecret,
                    crypto
                ),
                path: path,
                signer: ownLeaf,
                signatureKey,
                options,
                crypto
            )

        var keys = epoch.privateKeys
        path?.install(in: &keys)
        keys.removeBlank(in: applied.tree)
        let staged = StagedCommit(
            after: epochAuthenticator,
            next: try Group(
                crypto,
                context: next,
                tree: applied.tree,
                secrets: secrets,
                confirmationTag: confirmationTag,
                privateKeys: keys
            )
        )
        let message = try epoch.frame(
            AuthenticatedContent(
                wireFormat: wireFormat,
                content: content,
                auth: FramedContentAuthData(signature: signature, confirmationTag: confirmationTag)
            ),
            options.framing
        )
        let changes = CommitChanges(
            committer: ownLeaf,
            committerLeaf: ownLeafNode,
            pathLeaf: updatePath?.leafNode,
            authenticatedData: options.authenticatedData,
            proposals: list.proposals,
            added: applied.added,
            removed: applied.removed,
            updated: applied.updated,
            groupContextExtensions: applied.groupContextExtensions,
            previousContext: context,
            previousTree: tree,
            context: next,
            tree: applied.tree
        )
        return PendingCommit(message: message, welcome: welcome, changes: changes, staged: staged)
    }

    /// The pending proposals to commit: those asked for, or all that can stand together. A Remove goes before
    /// Updates of the same leaf, and the latest Update before earlier ones (section 12.2).
    private func references(
        for options: CommitOptions,
        beside proposals: [Proposal]
    ) throws(MLSError) -> [PendingProposals.Entry] {
        if let references = options.references {
            var entries: [PendingProposals.Entry] = []
            for reference in references {
                guard let entry = epoch.pendingProposals[reference] else {
                    throw .invalid(.referencedProposalKnown)
                }
                entries.append(entry)
            }
            return entries
        }
        var changed = Set<LeafIndex>([ownLeaf])
        var hasExtensions = false
        for proposal in proposals {
            if case .remove(let leaf) = proposal { changed.insert(leaf) }
            if case .groupContextExtensions = proposal { hasExtensions = true }
        }
        var chosen = Set<ProposalRef>()
        for entry in epoch.pendingProposals.entries {
            guard case .remove(let leaf) = entry.proposal, tree[leaf] != nil else { continue }
            if changed.insert(leaf).inserted { chosen.insert(entry.reference) }
        }
        for entry in epoch.pendingProposals.entries.reversed() {
            switch entry.proposal {
            case .add: chosen.insert(entry.reference)
            case .update:
                if changed.insert(entry.sender).inserted { chosen.insert(entry.reference) }
            case .groupContextExtensions:
                if !hasExtensions { chosen.insert(entry.reference) }
                hasExtensions = true
            case .remove, .preSharedKey, .reInit, .externalInit: break
            }
        }
        return epoch.pendingProposals.entries.filter { chosen.contains($0.reference) }
    }
}

/// The path of a Commit under way: its secrets, and the leaf that carries it.
struct OwnPath {
    let secrets: PathSecrets
    let steps: [RatchetTree.PathStep]
    private let leafKey: EncryptionKeyPair
    private let leaf: LeafNode

    /// Renews the keys from the committer's leaf to the root (RFC 9420, section 7.5).
    init(
        in tree: inout RatchetTree,
        place: LeafNode.Place,
        old: LeafNode,
        _ changes: LeafChanges,
        _ signatureKey: borrowing SignaturePrivateKey,
        _ crypto: Crypto
    ) throws(MLSError) {
        steps = tree.filteredDirectPath(of: place.leaf)
        secrets = try PathSecrets.generate(count: steps.count, crypto)
        leafKey = try crypto.generateKeyPair()
        let parentHash = try tree.mergeKeys(
            secrets.keyPairs.map(\.publicKey),
            along: steps,
            of: place.leaf,
            crypto
        )
        var leaf = changes.apply(
            to: old,
            encryptionKey: leafKey.publicKey,
            source: .commit(parentHash: parentHash)
        )
        try leaf.validateContents(.commit(place), crypto)
        leaf.sign(at: place, with: signatureKey, crypto)
        try tree.replaceLeaf(at: place.leaf, with: leaf)
        self.leaf = leaf
    }

    func updatePath(
        in tree: RatchetTree,
        excluding added: Set<LeafIndex>,
        context: [UInt8],
        _ crypto: Crypto
    ) throws(MLSError) -> UpdatePath {
        UpdatePath(
            leafNode: leaf,
            nodes: try tree.encrypt(secrets, along: steps, excluding: added, context: context, crypto)
        )
    }

    func install(in keys: inout PrivateKeys) {
        keys.setLeafKey(leafKey.privateKey)
        keys.set(secrets, along: steps.map(\.node))
    }

    /// What a member that the Commit adds must know of the path: the secret of the lowest node above both.
    func secret(for added: LeafIndex) -> HeldSecret? {
        steps.firstIndex { $0.copathChild.isAncestor(of: added) }.map { secrets.secrets[$0] }
    }
}
