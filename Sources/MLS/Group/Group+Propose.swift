internal import Sodium
internal import TLSCodec

extension Group {
    /// Sends a proposal for someone else, or this member, to commit (RFC 9420, section 12.1).
    /// - Throws: `unsupportedProposal` for an Update, which `proposeUpdate` makes, and for an ExternalInit, which no
    ///   member sends; `signatureKeyMismatch`, `groupReinitialized`, `ratchetExhausted`, `pendingProposalsBounded`.
    public mutating func propose(
        _ proposal: Proposal,
        signatureKey: borrowing SignaturePrivateKey,
        authenticatedData: [UInt8] = [],
        framing: HandshakeFraming = .privateMessage(.none)
    ) throws(MLSError) -> MLSMessage {
        switch proposal {
        case .add, .remove, .preSharedKey, .reInit, .groupContextExtensions: break
        case .update, .externalInit: throw .misuse(.unsupportedProposal)
        }
        return try send(proposal, signatureKey, authenticatedData, framing)
    }

    /// Proposes a new key for this member's leaf (RFC 9420, section 12.1.2).
    /// - Throws: as `propose`.
    public mutating func proposeUpdate(
        _ changes: LeafChanges = LeafChanges(),
        signatureKey: borrowing SignaturePrivateKey,
        authenticatedData: [UInt8] = [],
        framing: HandshakeFraming = .privateMessage(.none)
    ) throws(MLSError) -> MLSMessage {
        guard let old = tree[ownLeaf] else { throw .internalBug("a group without this member") }
        try epoch.requireOwn(signatureKey)
        let pair = try crypto.generateKeyPair()
        let place = LeafNode.Place(groupID: context.groupID, leaf: ownLeaf)
        var leaf = changes.apply(to: old, encryptionKey: pair.publicKey, source: .update)
        try leaf.validateContents(.update(place), crypto)
        leaf.sign(at: place, with: signatureKey, crypto)
        let message = try send(.update(leaf), signatureKey, authenticatedData, framing)
        epoch.pendingProposals.insert(updateKey: pair)
        return message
    }

    private mutating func send(
        _ proposal: Proposal,
        _ signatureKey: borrowing SignaturePrivateKey,
        _ authenticatedData: [UInt8],
        _ framing: HandshakeFraming
    ) throws(MLSError) -> MLSMessage {
        try epoch.requireActive()
        let content = try epoch.sign(
            epoch.framed(.proposal(proposal), authenticatedData: authenticatedData),
            framing == .publicMessage ? .publicMessage : .privateMessage,
            with: signatureKey
        )
        _ = try keep(proposal, in: content)
        return try epoch.frame(content, framing)
    }
}
