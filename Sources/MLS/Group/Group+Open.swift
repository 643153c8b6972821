public import Sodium
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
    /// One that comes from outside the group, and that the application does not authorise, is to be discarded.
    public let sender: Sender
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
        switch message {
        case .publicMessage(let message):
            try requirePresent(message.content.groupID, message.content.epoch)
            return try open(message, at: time)
        case .privateMessage(let message):
            try requirePresent(message.groupID, message.epoch)
            return try open(message, at: time)
        case .welcome, .groupInfo, .keyPackage: throw .invalid(.expectedWireFormat)
        }
    }

    private func requirePresent(_ groupID: [UInt8], _ epoch: UInt64) throws(MLSError) {
        try require(groupID == context.groupID, .groupIDMatches)
        try require(epoch == context.epoch, .epochMatches)
        try require(reInit == nil, .groupContinues)
    }

    /// Forgets a proposal, which no Commit may name then: one from outside the group that the application does not
    /// authorise (RFC 9420, section 12.1.8). All members must decide alike.
    public mutating func discard(_ reference: ProposalRef) {
        epoch.pendingProposals.remove(reference)
    }

    private mutating func open(_ message: PublicMessage, at time: UInt64?) throws(MLSError) -> Opened {
        let content = message.authenticatedContent
        let signatureKey = try signatureKey(of: content.content)
        if case .member(let sender) = content.content.sender {
            try require(
                message.hasValidMembershipTag(
                    membershipKey: epoch.secrets.membershipKey.secret,
                    context: epoch.encodedContext,
                    crypto
                ),
                .membershipTag
            )
            guard sender != ownLeaf else { throw .misuse(.ownMessage) }
        }
        try verify(content, signedWith: signatureKey)
        switch content.content.content {
        case .application: throw .invalid(.applicationIsPrivate)
        case .proposal(let proposal): return .proposal(try receive(proposal, in: content))
        case .commit(let commit): return .commit(try verify(commit, in: content, at: time))
        }
    }

    private mutating func open(_ message: PrivateMessage, at time: UInt64?) throws(MLSError) -> Opened {
        let senderData = try message.senderData(epoch.secrets.senderData.secret, crypto)
        let sender = senderData.leaf
        guard sender != ownLeaf else { throw .misuse(.ownMessage) }
        // Before the secret tree is asked: it has no such leaf.
        let signatureKey = try member(at: sender).signatureKey
        let step = try receiving.step(sender, message.contentType.ratchet, senderData.generation, crypto)
        let content = try message.open(senderData, key: step.key, crypto)
        try verify(content, signedWith: signatureKey)
        let opened: Opened =
            switch content.content.content {
            case .application(let data):
                .application(
                    ApplicationMessage(
                        sender: sender,
                        generation: senderData.generation,
                        authenticatedData: content.content.authenticatedData,
                        data: data
                    )
                )
            case .proposal(let proposal): .proposal(try receive(proposal, in: content))
            case .commit(let commit): .commit(try verify(commit, in: content, at: time))
            }
        receiving.take(step)
        return opened
    }

    /// Opens a Commit of this member's own as all others open it. Whoever can read it can encrypt it anew, so that its bytes
    /// alone do not tell it: whether it is a certain one says `StagedCommit.follows`. Nothing changes.
    /// - Parameter handshakes: `Epoch.serializedHandshakes()`, from before this member's first Commit of the epoch.
    /// - Returns: nil for what is no Commit of this member's.
    /// - Throws: `invalid` with the rule that the message breaks.
    public borrowing func openOwnCommit(
        _ message: MLSMessage,
        handshakes: borrowing Secret
    ) throws(MLSError) -> VerifiedCommit? {
        guard case .privateMessage(let message) = message, message.isCommit else { return nil }
        try requirePresent(message.groupID, message.epoch)
        let senderData = try message.senderData(epoch.secrets.senderData.secret, crypto)
        guard senderData.leaf == ownLeaf else { return nil }
        let signatureKey = try member(at: ownLeaf).signatureKey
        var ratchet = try epoch.handshakes(handshakes)
        let content = try message.open(senderData, key: ratchet.take(senderData.generation, crypto), crypto)
        try verify(content, signedWith: signatureKey)
        guard case .commit(let commit) = content.content.content else { throw .internalBug("a Commit of another type") }
        return try verify(commit, in: content, at: nil)
    }

    private mutating func receive(
        _ proposal: Proposal,
        in content: AuthenticatedContent
    ) throws(MLSError) -> ReceivedProposal {
        let reference = try keep(proposal, in: content)
        return ReceivedProposal(
            reference: reference,
            proposal: proposal,
            sender: content.content.sender,
            authenticatedData: content.content.authenticatedData
        )
    }

    /// Keeps a proposal of this epoch for a Commit to name.
    /// - Throws: `pendingProposalsBounded`.
    mutating func keep(_ proposal: Proposal, in content: AuthenticatedContent) throws(MLSError) -> ProposalRef {
        let reference = crypto.reference(toProposalIn: content)
        // For all proposals of the epoch.
        try tree.buildIndex()
        try epoch.pendingProposals.insert(
            PendingProposals.Entry(
                reference: reference,
                proposal: proposal,
                sender: content.content.sender,
                standsAlone: standsAlone(proposal, from: content.content.sender)
            )
        )
        return reference
    }

    /// Whether a Commit of some member other than those whom it concerns could hold this proposal and nothing else.
    private func standsAlone(_ proposal: Proposal, from sender: Sender) -> Bool {
        guard proposal.type != .externalInit else { return false }
        let committed = CommittedProposal(proposal: proposal, sender: sender, isByReference: true)
        do throws(MLSError) {
            let sound = try SoundProposal(committed, in: context, at: nil, crypto)
            var applied = try AppliedProposals(to: tree, context.extensions)
            try applied.apply([sound])
            try applied.tree.validateSupport(for: applied.extensions)
            return true
        } catch {
            return false
        }
    }

    // MARK: Who signed (section 6.1)

    private func verify(_ content: AuthenticatedContent, signedWith publicKey: [UInt8]) throws(MLSError) {
        try require(
            content.hasValidSignature(context: epoch.encodedContext, publicKey: publicKey, crypto),
            .messageSignature
        )
    }

    private func member(at leaf: LeafIndex) throws(MLSError) -> LeafNode {
        guard let member = tree[leaf] else { throw .invalid(.senderIsMember) }
        return member
    }

    /// The key that the sender must have signed with. Of those outside the group, each may send one kind of content.
    private func signatureKey(of content: FramedContent) throws(MLSError) -> [UInt8] {
        switch (content.sender, content.content) {
        case (.member(let leaf), _):
            return try member(at: leaf).signatureKey
        case (.external(let index), .proposal(let proposal)):
            try require(proposal.isAllowedFromExternalSender, .externalProposalType)
            let senders = try context.extensions.externalSenders()
            guard index < senders.count else { throw .invalid(.externalSenderListed) }
            return senders[Int(index)].signatureKey
        case (.newMemberProposal, .proposal(.add(let keyPackage))):
            return keyPackage.leafNode.signatureKey
        case (.newMemberProposal, .proposal):
            throw .invalid(.newMemberProposesAdd)
        case (.newMemberCommit, .commit(let commit)):
            guard let path = commit.path else { throw .invalid(.externalCommitPath) }
            return path.leafNode.signatureKey
        case (.external, _), (.newMemberProposal, _), (.newMemberCommit, _):
            throw .invalid(.contentAllowedForSender)
        }
    }
}
