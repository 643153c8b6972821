internal import TLSCodec

extension Group {
    /// The part of processing a Commit (RFC 9420, section 12.4.2) that needs no secret of this member's.
    func verify(
        _ commit: Commit,
        in content: AuthenticatedContent,
        at time: UInt64?
    ) throws(MLSError) -> VerifiedCommit {
        guard let confirmationTag = content.auth.confirmationTag else { throw .internalBug("a Commit without a tag") }
        let list = try proposalList(of: commit, from: content.content.sender, at: time)
        var applied = try list.apply(to: tree, context)
        try require(commit.path != nil || !list.needsPath, .pathPresent)
        if let path = commit.path {
            try applied.tree.merge(
                path,
                from: LeafNode.Place(groupID: context.groupID, leaf: applied.committer),
                // The leaf of one who joins replaces the one that it removes, if any (section 12.2).
                replacing: applied.tree[applied.committer] ?? applied.removed.first?.leaf,
                excluding: applied.newLeaves,
                crypto
            )
        }
        try applied.tree.validateSupport(for: applied.extensions)
        var next = context
        try next.advance()
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
                list,
                applied,
                pathLeaf: commit.path?.leafNode,
                authenticatedData: content.content.authenticatedData,
                from: (context, tree),
                to: next
            ),
            path: commit.path,
            confirmationTag: confirmationTag,
            externalInitSecret: try externalInitSecret(applied.externalInit),
            provisionalContext: provisionalContext
        )
    }

    private func proposalList(
        of commit: Commit,
        from sender: Sender,
        at time: UInt64?
    ) throws(MLSError) -> ProposalList {
        let committer: ProposalList.Committer
        switch sender {
        case .member(let leaf):
            committer = .member(leaf)
        case .newMemberCommit:
            let isByValue = commit.proposals.allSatisfy { if case .proposal = $0 { true } else { false } }
            try require(isByValue, .externalCommitByValue)
            committer = .newMember
        case .external, .newMemberProposal:
            throw .internalBug("a Commit of one who may not commit")
        }
        let proposals = try resolve(commit.proposals, from: sender)
        return try ProposalList(judging: proposals, by: committer, in: context, at: time, crypto)
    }

    private func resolve(_ proposals: [ProposalOrRef], from committer: Sender) throws(MLSError) -> [CommittedProposal] {
        var resolved: [CommittedProposal] = []
        for proposal in proposals {
            switch proposal {
            case .proposal(let proposal):
                resolved.append(CommittedProposal(proposal: proposal, sender: committer, isByReference: false))
            case .reference(let reference):
                guard let entry = epoch.pendingProposals[reference] else {
                    throw .invalid(.referencedProposalKnown)
                }
                resolved.append(entry.committed)
            }
        }
        return resolved
    }

    /// Section 8.3. All members hold the external key, and so decide alike.
    private func externalInitSecret(_ kemOutput: [UInt8]?) throws(MLSError) -> HeldSecret? {
        guard let kemOutput else { return nil }
        let external = epoch.secrets.external
        guard let new = try ExternalInit(from: kemOutput, externalSecret: external.secret, crypto) else {
            throw .invalid(.externalInitUsable)
        }
        return new.initSecret
    }
}
