/// Everything that a Commit changes, for the application's policy to judge before the Commit is staged or merged.
public struct CommitChanges: Sendable {
    public let committer: LeafIndex
    /// The committer's leaf before the Commit; nil when the committer joins by it (RFC 9420, section 12.4.3.2). Whether
    /// a group is open to such Commits, with or without a Remove, is for the application to judge.
    public let committerLeaf: LeafNode?
    /// The committer's leaf after it, when the Commit has a path.
    public let pathLeaf: LeafNode?
    public let authenticatedData: [UInt8]
    /// In the order in which the Commit lists them.
    public let proposals: [CommittedProposal]
    public let added: [Added]
    public let removed: [Removed]
    public let updated: [Updated]
    /// What replaces the GroupContext's extensions, when something does.
    public let groupContextExtensions: Extensions?
    /// In the order in which the Commit lists them.
    public let preSharedKeys: [PreSharedKeyID]
    /// What the group goes on as, when the Commit ends it.
    public let reInit: ReInit?
    public let previousContext: GroupContext
    public let previousTree: RatchetTree
    /// Of the next epoch.
    public let context: GroupContext
    /// Of the next epoch.
    public let tree: RatchetTree

    public struct Added: Hashable, Sendable {
        public let index: LeafIndex
        public let keyPackage: KeyPackage
        /// Who proposed it.
        public let sender: Sender
    }

    public struct Removed: Hashable, Sendable {
        public let index: LeafIndex
        /// As it was.
        public let leaf: LeafNode
        /// Who proposed it.
        public let sender: Sender
    }

    public struct Updated: Hashable, Sendable {
        public let index: LeafIndex
        public let old: LeafNode
        public let new: LeafNode
    }

    public var hasPath: Bool { pathLeaf != nil }

    public func removes(_ leaf: LeafIndex) -> Bool {
        removed.contains { $0.index == leaf }
    }
}

extension CommitChanges {
    /// - Parameters:
    ///   - pathLeaf: the committer's leaf in the tree that `applied` holds.
    ///   - context: of the next epoch.
    init(
        _ list: ProposalList,
        _ applied: AppliedProposals,
        pathLeaf: LeafNode?,
        authenticatedData: [UInt8],
        from previous: (context: GroupContext, tree: RatchetTree),
        to context: GroupContext
    ) {
        committer = applied.committer
        committerLeaf =
            switch list.committer {
            case .member(let leaf): previous.tree[leaf]
            case .newMember: nil
            }
        self.pathLeaf = pathLeaf
        self.authenticatedData = authenticatedData
        proposals = list.proposals.map(\.committed)
        added = applied.added
        removed = applied.removed
        updated = applied.updated
        groupContextExtensions = applied.groupContextExtensions
        preSharedKeys = applied.preSharedKeys
        reInit = applied.reInit
        previousContext = previous.context
        previousTree = previous.tree
        self.context = context
        tree = applied.tree
    }
}

/// A Commit of which everything has been checked that all members compute alike: its sender, signature, proposals
/// and path. Nothing of it is in force; `Group.stage` goes on with what only this member can check.
public struct VerifiedCommit: Sendable {
    public let changes: CommitChanges
    let path: UpdatePath?
    let confirmationTag: [UInt8]
    /// In the place of the epoch's own, when the committer joins by this Commit (section 8.3).
    let externalInitSecret: HeldSecret?
    /// The GroupContext that path secrets are encrypted under, encoded.
    let provisionalContext: [UInt8]
}
