/// An epoch that another group follows from: after a ReInit that ended the group (RFC 9420, section 11.2), or as a
/// branch of some of its members (section 11.3). `Group.predecessor` makes it; nothing of it is sent.
public struct Predecessor: Sendable {
    let context: GroupContext
    let tree: RatchetTree
    /// Where the Commit that began the epoch ended the group.
    let reInit: ReInit?
    let resumptionPSK: HeldSecret
    let client: @Sendable (LeafNode) -> AnyHashable

    var name: PreSharedKeys.Name { .resumption(groupID: context.groupID, epoch: context.epoch) }

    func source(_ usage: PreSharedKeyID.ResumptionUsage) -> PreSharedKeyID.Source {
        .resumption(usage: usage, groupID: context.groupID, epoch: context.epoch)
    }

    /// How a group says that it follows from an epoch.
    struct Link {
        let predecessor: Predecessor
        let usage: PreSharedKeyID.ResumptionUsage

        /// Judges the group that says so (section 12.4.3.1).
        /// - Throws: `successorEpoch`, `reInitPredecessor`, `reInitParameters`, `reInitMembers`, `branchParameters`,
        ///   `branchMembers`.
        func validate(_ successor: GroupContext, _ tree: RatchetTree) throws(MLSError) {
            switch usage {
            case .application: return
            case .reInit: try predecessor.validateReInit(successor, tree)
            case .branch: try predecessor.validateBranch(successor, tree)
            }
            try require(successor.epoch == 1, .successorEpoch)
        }
    }

    fileprivate func validateReInit(_ successor: GroupContext, _ tree: RatchetTree) throws(MLSError) {
        guard let reInit else { throw .invalid(.reInitPredecessor) }
        try require(
            successor.groupID == reInit.groupID && successor.version == reInit.version
                && successor.cipherSuite == reInit.cipherSuite && successor.extensions == reInit.extensions,
            .reInitParameters
        )
        try require(isSubset(self.tree, of: tree), .reInitMembers)
    }

    fileprivate func validateBranch(_ successor: GroupContext, _ tree: RatchetTree) throws(MLSError) {
        try require(
            successor.version == context.version && successor.cipherSuite == context.cipherSuite,
            .branchParameters
        )
        try require(isSubset(tree, of: self.tree), .branchMembers)
    }

    private func isSubset(_ some: RatchetTree, of all: RatchetTree) -> Bool {
        Set(some.members.map { client($0.leaf) }).isSubset(of: all.members.map { client($0.leaf) })
    }
}

extension Group {
    /// This epoch, for a group that follows from it. Kept longer than the group, it keeps the epoch's resumption PSK.
    /// - Parameter client: what is the same for leaves of this group and the other that stand for one client, as the
    ///   application sees it.
    public func predecessor(
        matching client: @escaping @Sendable (LeafNode) -> AnyHashable = { AnyHashable($0.credential) }
    ) -> Predecessor {
        Predecessor(
            context: context,
            tree: tree,
            reInit: epoch.reInit,
            resumptionPSK: epoch.secrets.resumptionPSK,
            client: client
        )
    }
}
