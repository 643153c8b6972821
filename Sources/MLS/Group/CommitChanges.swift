/// Everything that a Commit changes, for the application's policy to judge before the Commit is staged or merged.
public struct CommitChanges: Sendable {
    public let committer: LeafIndex
    /// The committer's leaf before the Commit.
    public let committerLeaf: LeafNode
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
        public let sender: LeafIndex
    }

    public struct Removed: Hashable, Sendable {
        public let index: LeafIndex
        /// As it was.
        public let leaf: LeafNode
        /// Who proposed it.
        public let sender: LeafIndex
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

/// A Commit of which everything has been checked that all members compute alike: its sender, signature, proposals
/// and path. Nothing of it is in force; `Group.stage` goes on with what only this member can check.
public struct VerifiedCommit: Sendable {
    public let changes: CommitChanges
    let path: UpdatePath?
    let confirmationTag: [UInt8]
    /// The GroupContext that path secrets are encrypted under, encoded.
    let provisionalContext: [UInt8]
}
