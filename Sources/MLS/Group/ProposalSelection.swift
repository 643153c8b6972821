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
        let trial = Trial(
            crypto: group.crypto,
            context: group.context,
            tree: group.tree,
            committer: group.ownLeaf,
            proposals: proposals,
            preSharedKeys: preSharedKeys,
            time: options.time
        )
        var removals: [PendingProposals.Entry] = []
        var others: [PendingProposals.Entry] = []
        var reInits: [PendingProposals.Entry] = []
        for entry in pending.entries {
            switch entry.proposal {
            case .remove: removals.append(entry)
            case .reInit: reInits.append(entry)
            case .add, .update, .preSharedKey, .externalInit, .groupContextExtensions: others.append(entry)
            }
        }
        var standing: [PendingProposals.Entry] = []
        trial.add((removals + others.reversed())[...], to: &standing)
        if standing.isEmpty, proposals.isEmpty {
            entries = reInits.first { trial.stand([$0]) }.map { [$0] } ?? []
        } else {
            let chosen = Set(standing.map(\.reference))
            entries = pending.entries.filter { chosen.contains($0.reference) }
        }
    }

    /// Finds out what can stand together by trying.
    private struct Trial {
        let crypto: Crypto
        let context: GroupContext
        let tree: RatchetTree
        let committer: LeafIndex
        /// The Commit's own.
        let proposals: [Proposal]
        let preSharedKeys: PreSharedKeys
        let time: UInt64?

        /// Adds those of `candidates` that can stand with what stands already, the first before those after it. Each that
        /// cannot costs as many trials as halving takes to find it.
        func add(_ candidates: ArraySlice<PendingProposals.Entry>, to standing: inout [PendingProposals.Entry]) {
            guard !candidates.isEmpty else { return }
            if stand(standing + candidates) {
                standing += candidates
            } else if candidates.count > 1 {
                let middle = candidates.startIndex + candidates.count / 2
                add(candidates[..<middle], to: &standing)
                add(candidates[middle...], to: &standing)
            }
        }

        func stand(_ entries: [PendingProposals.Entry]) -> Bool {
            let known = entries.allSatisfy { entry in
                if case .preSharedKey(let id) = entry.proposal { preSharedKeys.has(id) } else { true }
            }
            let list = ProposalList(
                proposals: entries.map {
                    CommittedProposal(proposal: $0.proposal, sender: $0.sender, isByReference: true)
                }
                    + proposals.map {
                        CommittedProposal(proposal: $0, sender: .member(committer), isByReference: false)
                    },
                committer: .member(committer)
            )
            guard known, let applied = try? list.apply(to: tree, context, at: time, crypto) else { return false }
            return (try? applied.tree.validateSupport(for: applied.extensions)) != nil
        }
    }
}
