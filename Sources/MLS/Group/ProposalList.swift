internal import TLSCodec

/// A Commit's proposals, judged and applied (RFC 9420, sections 12.2 and 12.3), alike by its sender and by every
/// receiver.
struct ProposalList {
    let proposals: [CommittedProposal]
    let committer: Committer
    /// What the Commit links its group to another by, where it begins a group that follows from one.
    var link: PreSharedKeyID.ResumptionUsage?

    enum Committer {
        case member(LeafIndex)
        /// One who joins by this very Commit (section 12.4.3.2).
        case newMember
    }

    /// What the proposals have done, and to which tree.
    struct Applied {
        var tree: RatchetTree
        /// A member's own leaf; a joiner's is blank still.
        var committer: LeafIndex
        var extensions: Extensions
        var groupContextExtensions: Extensions?
        var added: [CommitChanges.Added] = []
        var removed: [CommitChanges.Removed] = []
        var updated: [CommitChanges.Updated] = []
        /// In the order of their proposals.
        var preSharedKeys: [PreSharedKeyID] = []
        var reInit: ReInit?
        /// The joiner's KEM output.
        var externalInit: [UInt8]?

        var newLeaves: Set<LeafIndex> { Set(added.map(\.index)) }
    }

    /// Whether the Commit must hold a path (section 12.4).
    var needsPath: Bool {
        proposals.isEmpty
            || proposals.contains { committed in
                switch committed.proposal {
                case .update, .remove, .externalInit, .groupContextExtensions: true
                case .add, .preSharedKey, .reInit: false
                }
            }
    }

    /// - Parameter time: seconds since 1970, to judge KeyPackages by; nil not to.
    func apply(
        to tree: RatchetTree,
        _ context: GroupContext,
        at time: UInt64?,
        _ crypto: Crypto
    ) throws(MLSError) -> Applied {
        switch committer {
        case .member(let leaf): try validateKinds(from: leaf)
        case .newMember: try validateKindsFromNewMember()
        }
        var applied = Applied(tree: tree, committer: LeafIndex(0), extensions: context.extensions)
        try applied.tree.buildIndex()
        try applyContextExtensions(to: &applied)
        try makeRoom(in: &applied)
        for update in applied.updated {
            try update.new.validate(
                .update(LeafNode.Place(groupID: context.groupID, leaf: update.index)),
                crypto
            )
            try require(update.new.encryptionKey != update.old.encryptionKey, .leafEncryptionKeyFresh)
            try applied.tree.fill(update.index, with: update.new)
        }
        applied.tree.truncate()
        try applyAdds(to: &applied, at: time, crypto)
        try notePreSharedKeys(in: &applied, crypto)
        try noteReInit(in: &applied, context)
        for case .externalInit(let kemOutput) in proposals.map(\.proposal) { applied.externalInit = kemOutput }
        switch committer {
        case .member(let leaf): applied.committer = leaf
        case .newMember: applied.committer = try applied.tree.leftmostBlankLeaf()
        }
        return applied
    }

    // MARK: Which kinds may stand together

    private func validateKinds(from committer: LeafIndex) throws(MLSError) {
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

    private func validateKindsFromNewMember() throws(MLSError) {
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

    // MARK: What each kind does

    private func applyContextExtensions(to applied: inout Applied) throws(MLSError) {
        for case .groupContextExtensions(let extensions) in proposals.map(\.proposal) {
            try require(applied.groupContextExtensions == nil, .oneContextExtensions)
            applied.groupContextExtensions = extensions
            applied.extensions = extensions
        }
    }

    /// Takes out every leaf that is removed or replaced, before any new one is compared with those that stay: two
    /// members may exchange keys in one Commit.
    private func makeRoom(in applied: inout Applied) throws(MLSError) {
        var changed = Set<LeafIndex>()
        for committed in proposals {
            switch committed.proposal {
            case .update(let new):
                guard case .member(let sender) = committed.sender else {
                    throw .internalBug("an Update from outside the group")
                }
                try require(changed.insert(sender).inserted, .oneChangePerLeaf)
                guard let old = applied.tree[sender] else { throw .internalBug("an Update of no member's") }
                applied.tree.blank(sender)
                applied.updated.append(CommitChanges.Updated(index: sender, old: old, new: new))
            case .remove(let leaf):
                try require(!changed.contains(leaf), .oneChangePerLeaf)
                guard let old = applied.tree[leaf] else { throw .invalid(.removedMemberExists) }
                changed.insert(leaf)
                applied.tree.blank(leaf)
                applied.removed.append(CommitChanges.Removed(index: leaf, leaf: old, sender: committed.sender))
            default: break
            }
        }
    }

    private func applyAdds(to applied: inout Applied, at time: UInt64?, _ crypto: Crypto) throws(MLSError) {
        try Concurrently.forEach(in: proposals.indices) { range throws(MLSError) in
            for case .add(let keyPackage) in proposals[range].map(\.proposal) {
                try keyPackage.validate(at: time, crypto)
            }
        }
        for committed in proposals {
            guard case .add(let keyPackage) = committed.proposal else { continue }
            let index = try applied.tree.add(keyPackage.leafNode)
            applied.added.append(
                CommitChanges.Added(index: index, keyPackage: keyPackage, sender: committed.sender)
            )
        }
    }

    /// Sections 8.4 and 12.1.4.
    private func notePreSharedKeys(in applied: inout Applied, _ crypto: Crypto) throws(MLSError) {
        var known = Set<PreSharedKeyID>()
        for case .preSharedKey(let id) in proposals.map(\.proposal) {
            try id.validate(crypto)
            let usage = id.usage
            try require(usage == nil || usage == .application || usage == link, .resumptionUsage)
            try require(known.insert(id).inserted, .preSharedKeysUnique)
            applied.preSharedKeys.append(id)
        }
    }

    /// Section 12.1.5.
    private func noteReInit(in applied: inout Applied, _ context: GroupContext) throws(MLSError) {
        for case .reInit(let reInit) in proposals.map(\.proposal) {
            try require(reInit.version.rawValue >= context.version.rawValue, .reInitVersion)
            try require(!reInit.extensions.hasDuplicates, .extensionsUnique)
            applied.reInit = reInit
        }
    }
}
