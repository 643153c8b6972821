internal import Sodium
internal import TLSCodec

/// An application message, authenticated as its sender's.
public struct ApplicationMessage: Hashable, Sendable {
    public let sender: LeafIndex
    /// How many application messages this sender had sent in this epoch before.
    public let generation: UInt32
    public let authenticatedData: [UInt8]
    public let data: [UInt8]
}

/// A proposal that a later Commit may name.
public struct ReceivedProposal: Hashable, Sendable {
    public let reference: ProposalRef
    public let proposal: Proposal
    public let sender: LeafIndex
    public let authenticatedData: [UInt8]
}

/// What a message turned out to be.
public enum Opened: Sendable {
    case application(ApplicationMessage)
    case proposal(ReceivedProposal)
    case commit(VerifiedCommit)
}

extension Group {
    /// Opens a message of this epoch: decrypts it, and checks everything that all members compute alike.
    ///
    /// A message that fails changes nothing. A message that opens uses its key up: keep `serializedReceiving()`.
    /// - Parameter time: seconds since 1970, to judge the lifetimes of KeyPackages in a Commit by; nil not to. All
    ///   members decide alike only if they take the same time, such as one that the Commit itself carries.
    /// - Throws: `invalid` with the rule that the message breaks; `ownMessage`.
    public mutating func open(_ message: MLSMessage, at time: UInt64? = nil) throws(MLSError) -> Opened {
        guard let (groupID, number) = message.destination else { throw .invalid(.expectedWireFormat) }
        try require(groupID == context.groupID, .groupIDMatches)
        try require(number == context.epoch, .epochMatches)
        switch message {
        case .publicMessage(let message): return try open(message, at: time)
        case .privateMessage(let message): return try open(message, at: time)
        case .welcome, .groupInfo, .keyPackage: throw .invalid(.expectedWireFormat)
        }
    }

    private mutating func open(_ message: PublicMessage, at time: UInt64?) throws(MLSError) -> Opened {
        try require(message.content.content.type != .application, .applicationIsPrivate)
        guard case .member(let sender) = message.content.sender else { throw .invalid(.supportedSender) }
        try require(
            message.hasValidMembershipTag(
                membershipKey: epoch.secrets.membershipKey.secret,
                context: epoch.encodedContext,
                crypto
            ),
            .membershipTag
        )
        guard sender != ownLeaf else { throw .misuse(.ownMessage) }
        let content = message.authenticatedContent
        try verify(content, from: sender)
        return try interpret(content, from: sender, generation: 0, at: time)
    }

    private mutating func open(_ message: PrivateMessage, at time: UInt64?) throws(MLSError) -> Opened {
        let senderData = try message.senderData(epoch.secrets.senderData.secret, crypto)
        let sender = senderData.leaf
        guard sender != ownLeaf else { throw .misuse(.ownMessage) }
        // Before the secret tree is asked: it has no such leaf.
        try require(tree[sender] != nil, .senderIsMember)
        let step = try receiving.step(sender, message.contentType.ratchet, senderData.generation, crypto)
        let content = try message.open(senderData, key: step.key, crypto)
        try verify(content, from: sender)
        let opened = try interpret(content, from: sender, generation: senderData.generation, at: time)
        receiving.take(step)
        return opened
    }

    /// Section 6.1.
    private func verify(_ content: AuthenticatedContent, from sender: LeafIndex) throws(MLSError) {
        guard let leaf = tree[sender] else { throw .invalid(.senderIsMember) }
        try require(
            content.hasValidSignature(context: epoch.encodedContext, publicKey: leaf.signatureKey, crypto),
            .messageSignature
        )
    }

    private mutating func interpret(
        _ content: AuthenticatedContent,
        from sender: LeafIndex,
        generation: UInt32,
        at time: UInt64?
    ) throws(MLSError) -> Opened {
        let authenticatedData = content.content.authenticatedData
        switch content.content.content {
        case .application(let data):
            return .application(
                ApplicationMessage(
                    sender: sender,
                    generation: generation,
                    authenticatedData: authenticatedData,
                    data: data
                )
            )
        case .proposal(let proposal):
            let reference = crypto.reference(toProposalIn: content)
            try epoch.pendingProposals.insert(
                PendingProposals.Entry(reference: reference, proposal: proposal, sender: sender)
            )
            return .proposal(
                ReceivedProposal(
                    reference: reference,
                    proposal: proposal,
                    sender: sender,
                    authenticatedData: authenticatedData
                )
            )
        case .commit(let commit):
            return .commit(try verify(commit, in: content, from: sender, at: time))
        }
    }

    /// The part of processing a Commit (section 12.4.2) that needs no secret of this member's.
    private func verify(
        _ commit: Commit,
        in content: AuthenticatedContent,
        from committer: LeafIndex,
        at time: UInt64?
    ) throws(MLSError) -> VerifiedCommit {
        guard let confirmationTag = content.auth.confirmationTag, let committerLeaf = tree[committer] else {
            throw .internalBug("a Commit without a tag or a committer")
        }
        let list = ProposalList(proposals: try resolve(commit.proposals, from: committer), committer: committer)
        var applied = try list.apply(to: tree, context, at: time, crypto)
        try require(commit.path != nil || !list.needsPath, .pathPresent)
        if let path = commit.path {
            try applied.tree.merge(
                path,
                from: LeafNode.Place(groupID: context.groupID, leaf: committer),
                excluding: applied.newLeaves,
                crypto
            )
        }
        try applied.tree.validateSupport(for: applied.extensions)
        var next = context
        next.epoch += 1
        next.treeHash = applied.tree.treeHash(crypto)
        next.extensions = applied.extensions
        let provisionalContext = next.encoded
        next.confirmedTranscriptHash = TranscriptHash.confirmed(
            interim: epoch.interimTranscriptHash,
            content.wireFormat,
            content.content,
            signature: content.auth.signature,
            crypto
        )
        return VerifiedCommit(
            changes: CommitChanges(
                committer: committer,
                committerLeaf: committerLeaf,
                pathLeaf: commit.path?.leafNode,
                authenticatedData: content.content.authenticatedData,
                proposals: list.proposals,
                added: applied.added,
                removed: applied.removed,
                updated: applied.updated,
                groupContextExtensions: applied.groupContextExtensions,
                previousContext: context,
                previousTree: tree,
                context: next,
                tree: applied.tree
            ),
            path: commit.path,
            confirmationTag: confirmationTag,
            provisionalContext: provisionalContext
        )
    }

    private func resolve(
        _ proposals: [ProposalOrRef],
        from committer: LeafIndex
    ) throws(MLSError) -> [CommittedProposal] {
        var resolved: [CommittedProposal] = []
        for proposal in proposals {
            switch proposal {
            case .proposal(let proposal):
                resolved.append(CommittedProposal(proposal: proposal, sender: committer, isByReference: false))
            case .reference(let reference):
                guard let entry = epoch.pendingProposals[reference] else {
                    throw .invalid(.referencedProposalKnown)
                }
                resolved.append(
                    CommittedProposal(proposal: entry.proposal, sender: entry.sender, isByReference: true)
                )
            }
        }
        return resolved
    }
}

extension RatchetTree {
    /// Judges a path and puts it into the tree (RFC 9420, sections 7.5 and 12.4.2).
    mutating func merge(
        _ path: UpdatePath,
        from place: LeafNode.Place,
        excluding added: Set<LeafIndex>,
        _ crypto: Crypto
    ) throws(MLSError) {
        guard let old = self[place.leaf] else { throw .internalBug("a path without a committer") }
        let steps = filteredDirectPath(of: place.leaf)
        try require(path.nodes.count == steps.count, .pathLength)
        for (node, step) in zip(path.nodes, steps) {
            let receivers = resolution(of: step.copathChild, excluding: added)
            try require(node.encryptedPathSecret.count == receivers.count, .pathCiphertextCount)
            try require(crypto.isUsable(node.encryptionKey), .encryptionKeysUsable)
        }
        try path.leafNode.validate(.commit(place), crypto)
        try require(path.leafNode.encryptionKey != old.encryptionKey, .leafEncryptionKeyFresh)
        let known = memberIndex.encryptionKeys
        try require(
            path.nodes.allSatisfy { !known.contains($0.encryptionKey) }
                && !known.contains(path.leafNode.encryptionKey),
            .pathKeysNew
        )
        let parentHash = try mergeKeys(path.nodes.map(\.encryptionKey), along: steps, of: place.leaf, crypto)
        try require(path.leafNode.source == .commit(parentHash: parentHash), .pathParentHash)
        try replaceLeaf(at: place.leaf, with: path.leafNode)
    }
}
