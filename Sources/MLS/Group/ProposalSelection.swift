/// Which of an epoch's pending proposals a Commit takes up by reference.
struct ProposalSelection {
    /// In the order of their arrival.
    let entries: [PendingProposals.Entry]

    /// Those asked for, or all that can stand together and beside `proposals`, so that nobody can keep others from
    /// committing with a proposal that is invalid. A Remove goes before Updates of the same leaf, the latest Update
    /// before earlier ones, and everything before a ReInit (RFC 9420, section 12.2).
    /// - Throws: `referencedProposalKnown`.
    init(
        in group: borrowing Group,
        beside proposals: [Proposal],
        _ preSharedKeys: PreSharedKeys,
        _ options: CommitOptions
    ) throws(MLSError) {
        let pending = group.epoch.pendingProposals
        if let references = options.references {
            var entries: [PendingProposals.Entry] = []
            for reference in references {
                guard let entry = pending[reference] else { throw .invalid(.referencedProposalKnown) }
                entries.append(entry)
            }
            self.entries = entries
            return
        }
        var choice = Choice(group.tree, group.ownLeaf, beside: proposals)
        for entry in pending.entries { choice.takeRemoval(entry) }
        for entry in pending.entries.reversed() where entry.proposal.isValid(in: group, preSharedKeys, options) {
            choice.takeOther(entry)
        }
        let chosen = pending.entries.filter { choice.references.contains($0.reference) }
        if chosen.isEmpty, proposals.isEmpty {
            entries = pending.entries.first { $0.proposal.type == .reInit }.map { [$0] } ?? []
        } else {
            entries = chosen
        }
    }

    private struct Choice {
        private(set) var references = Set<ProposalRef>()
        private let tree: RatchetTree
        /// Leaves that are replaced or removed.
        private var changed: Set<LeafIndex>
        private var newKeys = Set<[UInt8]>()
        private var preSharedKeys = Set<PreSharedKeyID>()
        private var hasExtensions = false

        init(_ tree: RatchetTree, _ committer: LeafIndex, beside proposals: [Proposal]) {
            self.tree = tree
            changed = [committer]
            for proposal in proposals {
                switch proposal {
                case .remove(let leaf): changed.insert(leaf)
                case .add(let keyPackage): newKeys.insert(keyPackage.leafNode.signatureKey)
                case .preSharedKey(let id): preSharedKeys.insert(id)
                case .groupContextExtensions: hasExtensions = true
                case .update, .reInit, .externalInit: break
                }
            }
        }

        mutating func takeRemoval(_ entry: PendingProposals.Entry) {
            guard case .remove(let leaf) = entry.proposal, tree[leaf] != nil, changed.insert(leaf).inserted else {
                return
            }
            references.insert(entry.reference)
        }

        mutating func takeOther(_ entry: PendingProposals.Entry) {
            let fits =
                switch (entry.proposal, entry.sender) {
                case (.add(let keyPackage), _): newKeys.insert(keyPackage.leafNode.signatureKey).inserted
                case (.update, .member(let sender)): changed.insert(sender).inserted
                case (.preSharedKey(let id), _): preSharedKeys.insert(id).inserted
                case (.groupContextExtensions, _): !hasExtensions
                default: false
                }
            guard fits else { return }
            if case .groupContextExtensions = entry.proposal { hasExtensions = true }
            references.insert(entry.reference)
        }
    }
}

extension Proposal {
    /// Whether it is valid by itself (section 12.1).
    fileprivate func isValid(
        in group: borrowing Group,
        _ preSharedKeys: PreSharedKeys,
        _ options: CommitOptions
    ) -> Bool {
        switch self {
        case .add(let keyPackage): (try? keyPackage.validate(at: options.time, group.crypto)) != nil
        case .preSharedKey(let id):
            id.usage ?? .application == .application && (try? id.validate(group.crypto)) != nil
                && preSharedKeys.has(id)
        case .update, .remove, .reInit, .externalInit, .groupContextExtensions: true
        }
    }
}
