package import Coalition
package import MLS
package import RelayAPI

/// A Commit as somebody wants it, honest or not.
package struct CraftedCommit: Sendable {
    package var proposals: [Proposal] = []
    package var statements: [Statement] = []
    package var attestations: [PresentedAttestation] = []
    /// Nil for the time that an honest Commit has.
    package var at: Time?
    /// Nil for the leaf that an honest Commit has.
    package var leafChanges: LeafChanges?
    /// Nil for the grants that follow from the next epoch.
    package var next: [Grant]?

    package init() {}
}

/// What a group looks like to who crafts a Commit.
package struct CraftingView: Sendable {
    package let context: GroupContext
    package let tree: RatchetTree
    package let ownLeaf: LeafIndex
}

extension Member {
    /// Sends a Commit to the coalition group without asking whether it is allowed, and never merges it: what the others make
    /// of it is theirs to say. For tests of the policy, and of nothing else.
    /// - Returns: the entry id of the advance.
    @discardableResult
    package func send(crafted craft: @Sendable (CraftingView) throws -> CraftedCommit) async throws -> EntryID {
        let (mailbox, request) = try engine.vault.write { transaction in
            let id = try engine.coalitionGroup(transaction)
            let group = try LoadedGroup(id, in: transaction)
            let view = CraftingView(context: group.mls.context, tree: group.mls.tree, ownLeaf: group.mls.ownLeaf)
            let request = try engine.craft(try craft(view), in: group, transaction)
            return (group.record.profile.mailbox, request)
        }
        _ = try await engine.relay(of: mailbox).advance(request)
        return request.entryID
    }
}

extension Engine {
    fileprivate func craft(
        _ crafted: CraftedCommit,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws -> AdvanceRequest {
        let context = try messageContext(
            in: group.record,
            at: crafted.at,
            statements: crafted.statements,
            attestations: crafted.attestations,
            transaction
        )
        let honest = LeafChanges(extensions: try pathExtensions(at: context.at, in: group, transaction).0)
        let pending = try makeCommit(crafted.proposals, context, crafted.leafChanges ?? honest, in: group, transaction)
        let grant = try nextKeys(of: pending.staged, in: group).derivedGrant
        return try advance(
            pending.message,
            next: crafted.next ?? [grant],
            in: group,
            seen: try transaction.skippedAdvances(of: group.id).map(\.entryID)
        )
    }
}
