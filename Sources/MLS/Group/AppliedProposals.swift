/// What proposals have done, and to which tree (RFC 9420, section 12.3).
struct AppliedProposals {
    var tree: RatchetTree
    /// A member's own leaf; a joiner's is blank still.
    var committer = LeafIndex(0)
    private(set) var extensions: Extensions
    private(set) var groupContextExtensions: Extensions?
    private(set) var added: [CommitChanges.Added] = []
    private(set) var removed: [CommitChanges.Removed] = []
    private(set) var updated: [CommitChanges.Updated] = []
    /// In the order of their proposals.
    private(set) var preSharedKeys: [PreSharedKeyID] = []
    private(set) var reInit: ReInit?
    /// The joiner's KEM output.
    private(set) var externalInit: [UInt8]?

    private let link: PreSharedKeyID.ResumptionUsage?
    /// Leaves that were removed or replaced.
    private var changed = Set<LeafIndex>()
    private var knownPreSharedKeys = Set<PreSharedKeyID>()

    var newLeaves: Set<LeafIndex> { Set(added.map(\.index)) }

    /// Nothing yet.
    /// - Parameter extensions: of the GroupContext.
    init(
        to tree: RatchetTree,
        _ extensions: Extensions,
        linkedBy link: PreSharedKeyID.ResumptionUsage? = nil
    ) throws(MLSError) {
        self.tree = tree
        self.extensions = extensions
        self.link = link
        try self.tree.buildIndex()
    }

    /// Applies proposals whose kinds may stand together, the Adds last. In two steps it comes to the same as in one, as
    /// long as nothing in the second makes room for what is in the first, and no Remove comes after an Add.
    mutating func apply(_ proposals: [SoundProposal]) throws(MLSError) {
        for case .groupContextExtensions(let extensions) in proposals.lazy.map(\.proposal) {
            try require(groupContextExtensions == nil, .oneContextExtensions)
            groupContextExtensions = extensions
            self.extensions = extensions
        }
        let earlier = updated.count
        try makeRoom(for: proposals)
        for update in updated[earlier...] {
            try require(update.new.encryptionKey != update.old.encryptionKey, .leafEncryptionKeyFresh)
            try tree.fill(update.index, with: update.new)
        }
        tree.truncate()
        for sound in proposals {
            guard case .add(let keyPackage) = sound.proposal else { continue }
            let index = try tree.add(keyPackage.leafNode)
            added.append(CommitChanges.Added(index: index, keyPackage: keyPackage, sender: sound.sender))
        }
        for case .preSharedKey(let id) in proposals.lazy.map(\.proposal) { try note(id) }
        for case .reInit(let reInit) in proposals.lazy.map(\.proposal) { self.reInit = reInit }
        for case .externalInit(let kemOutput) in proposals.lazy.map(\.proposal) { externalInit = kemOutput }
    }

    /// Takes out every leaf that is removed or replaced, before any new one is compared with those that stay: two
    /// members may exchange keys in one Commit.
    private mutating func makeRoom(for proposals: [SoundProposal]) throws(MLSError) {
        for sound in proposals {
            switch sound.proposal {
            case .update(let new):
                let leaf = try sound.committed.updatedLeaf
                try require(changed.insert(leaf).inserted, .oneChangePerLeaf)
                guard let old = tree[leaf] else { throw .internalBug("an Update of no member's") }
                tree.blank(leaf)
                updated.append(CommitChanges.Updated(index: leaf, old: old, new: new))
            case .remove(let leaf):
                try require(!changed.contains(leaf), .oneChangePerLeaf)
                guard let old = tree[leaf] else { throw .invalid(.removedMemberExists) }
                changed.insert(leaf)
                tree.blank(leaf)
                removed.append(CommitChanges.Removed(index: leaf, leaf: old, sender: sound.sender))
            case .add, .preSharedKey, .reInit, .externalInit, .groupContextExtensions: break
            }
        }
    }

    /// Sections 8.4 and 12.1.4.
    private mutating func note(_ id: PreSharedKeyID) throws(MLSError) {
        let usage = id.usage
        try require(usage == nil || usage == .application || usage == link, .resumptionUsage)
        try require(knownPreSharedKeys.insert(id).inserted, .preSharedKeysUnique)
        preSharedKeys.append(id)
    }
}
