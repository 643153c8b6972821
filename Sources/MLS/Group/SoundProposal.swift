/// A proposal that has been judged by itself, signatures included. What is left to judge is which proposals can stand
/// together, and where: that takes a hundredth of the time, so that it can be tried again and again.
struct SoundProposal: Sendable {
    let committed: CommittedProposal

    var proposal: Proposal { committed.proposal }
    var sender: Sender { committed.sender }

    /// - Parameters:
    ///   - context: of the epoch in which it was sent.
    ///   - time: seconds since 1970, to judge a KeyPackage by; nil not to.
    /// - Throws: `invalid` with the rule that it breaks whatever it stands beside.
    init(
        _ committed: CommittedProposal,
        in context: GroupContext,
        at time: UInt64?,
        _ crypto: Crypto
    ) throws(MLSError) {
        switch committed.proposal {
        case .add(let keyPackage): try keyPackage.validate(at: time, crypto)
        case .update(let new):
            let place = LeafNode.Place(groupID: context.groupID, leaf: try committed.updatedLeaf)
            try new.validate(.update(place), crypto)
        case .preSharedKey(let id): try id.validate(crypto)
        case .reInit(let reInit): try reInit.validate(in: context)
        case .remove, .externalInit, .groupContextExtensions: break
        }
        self.committed = committed
    }
}

extension CommittedProposal {
    /// The leaf that an Update replaces: its sender's.
    var updatedLeaf: LeafIndex {
        get throws(MLSError) {
            guard case .member(let leaf) = sender else { throw .internalBug("an Update from outside the group") }
            return leaf
        }
    }
}

extension ReInit {
    /// Section 12.1.5.
    fileprivate func validate(in context: GroupContext) throws(MLSError) {
        try require(version.rawValue >= context.version.rawValue, .reInitVersion)
        try require(!extensions.hasDuplicates, .extensionsUnique)
    }
}
