internal import TLSCodec

/// A Commit's proposals, judged and applied (RFC 9420, sections 12.2 and 12.3), alike by its sender and by every
/// receiver.
struct ProposalList {
    let proposals: [CommittedProposal]
    let committer: LeafIndex

    /// What the proposals have done, and to which tree.
    struct Applied {
        var tree: RatchetTree
        var extensions: Extensions
        var groupContextExtensions: Extensions?
        var added: [CommitChanges.Added] = []
        var removed: [CommitChanges.Removed] = []
        var updated: [CommitChanges.Updated] = []

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
        try validateKinds()
        var applied = Applied(tree: tree, extensions: context.extensions)
        try applied.tree.buildIndex()
        for case .groupContextExtensions(let extensions) in proposals.map(\.proposal) {
            try require(applied.groupContextExtensions == nil, .oneContextExtensions)
            applied.groupContextExtensions = extensions
            applied.extensions = extensions
        }
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
        for committed in proposals {
            guard case .add(let keyPackage) = committed.proposal else { continue }
            try keyPackage.validate(at: time, crypto)
            let index = try applied.tree.add(keyPackage.leafNode)
            applied.added.append(
                CommitChanges.Added(index: index, keyPackage: keyPackage, sender: committed.sender)
            )
        }
        return applied
    }

    private func validateKinds() throws(MLSError) {
        for committed in proposals {
            switch committed.proposal {
            case .add, .groupContextExtensions: break
            case .update: try require(committed.sender != committer, .noUpdateByCommitter)
            case .remove(let leaf): try require(leaf != committer, .noRemovalOfCommitter)
            case .preSharedKey, .reInit, .externalInit: throw .invalid(.supportedProposal)
            }
        }
    }

    /// Takes out every leaf that is removed or replaced, before any new one is compared with those that stay: two
    /// members may exchange keys in one Commit.
    private func makeRoom(in applied: inout Applied) throws(MLSError) {
        var changed = Set<LeafIndex>()
        for committed in proposals {
            switch committed.proposal {
            case .update(let new):
                guard let old = applied.tree[committed.sender] else { throw .invalid(.senderIsMember) }
                try require(changed.insert(committed.sender).inserted, .oneChangePerLeaf)
                applied.tree.blank(committed.sender)
                applied.updated.append(CommitChanges.Updated(index: committed.sender, old: old, new: new))
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
}
