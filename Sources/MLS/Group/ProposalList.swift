/// A Commit's proposals, judged and applied (RFC 9420, sections 12.2 and 12.3), alike by its sender and by every
/// receiver.
struct ProposalList {
    let proposals: [SoundProposal]
    let committer: Committer
    /// What the Commit links its group to another by, where it begins a group that follows from one.
    let link: PreSharedKeyID.ResumptionUsage?

    enum Committer {
        case member(LeafIndex)
        /// One who joins by this very Commit (section 12.4.3.2).
        case newMember
    }

    /// - Throws: `invalid` when their kinds cannot stand together.
    init(
        _ proposals: [SoundProposal],
        by committer: Committer,
        linkedBy link: PreSharedKeyID.ResumptionUsage? = nil
    ) throws(MLSError) {
        try committer.validateKinds(of: proposals.map(\.committed))
        self.proposals = proposals
        self.committer = committer
        self.link = link
    }

    /// Judges each proposal by itself too.
    /// - Parameter time: seconds since 1970, to judge KeyPackages by; nil not to.
    init(
        judging proposals: [CommittedProposal],
        by committer: Committer,
        linkedBy link: PreSharedKeyID.ResumptionUsage? = nil,
        in context: GroupContext,
        at time: UInt64?,
        _ crypto: Crypto
    ) throws(MLSError) {
        try committer.validateKinds(of: proposals)
        self.proposals = try Concurrently.map(proposals.indices) { index throws(MLSError) in
            try SoundProposal(proposals[index], in: context, at: time, crypto)
        }
        self.committer = committer
        self.link = link
    }

    /// Whether the Commit must hold a path (section 12.4).
    var needsPath: Bool {
        proposals.isEmpty
            || proposals.contains { sound in
                switch sound.proposal {
                case .update, .remove, .externalInit, .groupContextExtensions: true
                case .add, .preSharedKey, .reInit: false
                }
            }
    }

    func apply(to tree: RatchetTree, _ context: GroupContext) throws(MLSError) -> AppliedProposals {
        var applied = try AppliedProposals(to: tree, context.extensions, linkedBy: link)
        try applied.apply(proposals)
        switch committer {
        case .member(let leaf): applied.committer = leaf
        case .newMember: applied.committer = try applied.tree.leftmostBlankLeaf()
        }
        return applied
    }
}

// MARK: - Which kinds may stand together

extension ProposalList.Committer {
    func validateKinds(of proposals: [CommittedProposal]) throws(MLSError) {
        switch self {
        case .member(let leaf): try validateKinds(of: proposals, from: leaf)
        case .newMember: try validateKindsFromNewMember(of: proposals)
        }
    }

    private func validateKinds(of proposals: [CommittedProposal], from committer: LeafIndex) throws(MLSError) {
        for committed in proposals {
            switch committed.proposal {
            case .add, .groupContextExtensions, .preSharedKey: break
            case .update: try require(committed.sender != .member(committer), .noUpdateByCommitter)
            case .remove(let leaf): try require(leaf != committer, .noRemovalOfCommitter)
            case .reInit: try require(proposals.count == 1, .reInitAlone)
            case .externalInit: throw .invalid(.noExternalInit)
            }
        }
    }

    private func validateKindsFromNewMember(of proposals: [CommittedProposal]) throws(MLSError) {
        var inits = 0
        var removals = 0
        for committed in proposals {
            switch committed.proposal {
            case .externalInit: inits += 1
            case .remove: removals += 1
            case .preSharedKey: break
            case .add, .update, .reInit, .groupContextExtensions: throw .invalid(.externalCommitProposals)
            }
        }
        try require(inits == 1, .oneExternalInit)
        try require(removals <= 1, .oneRemovalByNewMember)
    }
}
