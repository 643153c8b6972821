/// Which of an epoch's pending proposals a Commit takes up by reference.
struct ProposalSelection {
    struct Entry {
        let reference: ProposalRef
        let sound: SoundProposal
    }

    /// In the order of their arrival; those asked for, as asked for.
    let entries: [Entry]

    /// Those asked for, or all that can stand together and beside `own`, so that nobody can keep others from committing
    /// with a proposal that is invalid. A Remove goes before Updates of the same leaf, the latest Update before earlier
    /// ones, and everything before a ReInit (RFC 9420, section 12.2).
    /// - Parameter own: the Commit's own proposals.
    /// - Throws: `referencedProposalKnown`, or the rule that one of those asked for breaks by itself.
    init(
        in group: borrowing Group,
        beside own: ProposalList,
        _ preSharedKeys: PreSharedKeys,
        _ options: CommitOptions
    ) throws(MLSError) {
        let pending = group.epoch.pendingProposals
        guard let references = options.references else {
            let candidates = try pending.entries.candidates(beside: own, preSharedKeys, group, options)
            entries = try Self.standing(among: candidates, beside: own, in: group)
            return
        }
        var entries: [Entry] = []
        for reference in references {
            guard let asked = pending[reference] else { throw .invalid(.referencedProposalKnown) }
            let sound = try SoundProposal(asked.committed, in: group.context, at: options.time, group.crypto)
            entries.append(Entry(reference: reference, sound: sound))
        }
        self.entries = entries
    }

    /// Those that can stand together and beside `own`.
    private static func standing(
        among candidates: [Entry],
        beside own: ProposalList,
        in group: borrowing Group
    ) throws(MLSError) -> [Entry] {
        guard !candidates.isEmpty else { return [] }
        var (removals, others, reInits): ([Entry], [Entry], [Entry]) = ([], [], [])
        for entry in candidates {
            switch entry.sound.proposal {
            case .remove: removals.append(entry)
            case .reInit: reInits.append(entry)
            case .add, .update, .preSharedKey, .externalInit, .groupContextExtensions: others.append(entry)
            }
        }
        var trial = try Trial(of: own, on: group)
        trial.add((removals + others.reversed())[...])
        if trial.standing.isEmpty, own.proposals.isEmpty { return Array(reInits.prefix(1)) }
        let chosen = Set(trial.standing.map(\.reference))
        return candidates.filter { chosen.contains($0.reference) }
    }

    /// Finds out what can stand together by trying. A try applies only what is new in it: all together apply each proposal
    /// once for each time that they are halved.
    private struct Trial {
        private(set) var standing: [Entry] = []
        /// What stands, and all of the Commit's own but its Adds, which come last.
        private var applied: AppliedProposals
        private let ownAdds: [SoundProposal]

        init(of own: ProposalList, on group: borrowing Group) throws(MLSError) {
            applied = try AppliedProposals(to: group.tree, group.context.extensions, linkedBy: own.link)
            try applied.apply(own.proposals.filter { $0.proposal.type != .add })
            ownAdds = own.proposals.filter { $0.proposal.type == .add }
        }

        /// Adds those of `candidates` that can stand with what stands already, the first before those after it. Each that
        /// cannot costs as many tries as halving takes to find it.
        mutating func add(_ candidates: ArraySlice<Entry>) {
            guard !candidates.isEmpty else { return }
            if let next = applying(candidates) {
                applied = next
                standing += candidates
            } else if candidates.count > 1 {
                let middle = candidates.startIndex + candidates.count / 2
                add(candidates[..<middle])
                add(candidates[middle...])
            }
        }

        private func applying(_ candidates: ArraySlice<Entry>) -> AppliedProposals? {
            do throws(MLSError) {
                var next = applied
                try next.apply(candidates.map(\.sound))
                var whole = next
                try whole.apply(ownAdds)
                try whole.tree.validateSupport(for: whole.extensions)
                return next
            } catch {
                return nil
            }
        }
    }
}

extension [PendingProposals.Entry] {
    /// Those that are sound by themselves and may be in a Commit with `own`, judged on all cores.
    fileprivate func candidates(
        beside own: ProposalList,
        _ preSharedKeys: PreSharedKeys,
        _ group: borrowing Group,
        _ options: CommitOptions
    ) throws(MLSError) -> [ProposalSelection.Entry] {
        let (context, crypto) = (group.context, group.crypto)
        // A ReInit of the Commit's own stands alone.
        guard !own.proposals.contains(where: { $0.proposal.type == .reInit }) else { return [] }
        return
            try Concurrently.map(indices) { index -> ProposalSelection.Entry? in
                let entry = self[index]
                if case .preSharedKey(let id) = entry.proposal, !preSharedKeys.has(id) { return nil }
                do throws(MLSError) {
                    try own.committer.validateKinds(of: [entry.committed])
                    let sound = try SoundProposal(entry.committed, in: context, at: options.time, crypto)
                    return ProposalSelection.Entry(reference: entry.reference, sound: sound)
                } catch {
                    return nil
                }
            }
            .compactMap(\.self)
    }
}
