public import MLS

/// Rules S1 and S2 of Protocol/policy.md: what must be so before anything is sent. They may stop a client from sending, never from
/// applying what others sent.
public enum SendPolicy {
    /// How far a clock may be behind the others' before Commits stop.
    public static let longestLag = Time.Duration.hours(24)

    /// S1: nothing is sent to a device that is not the coalition's.
    /// - Parameters:
    ///   - tree: of the group to be sent to.
    ///   - chain: the charters of the coalition.
    public static func checkRecipients(
        tree: RatchetTree,
        terms: GroupTerms,
        directory: Directory,
        chain: CharterChain
    ) throws(PolicyViolation) {
        try require(
            terms.coalition == chain.coalition && chain.contains(terms.charter.charter),
            .s1,
            "the group has another charter than the coalition"
        )
        for member in tree.members {
            guard let leaf = try? DeviceLeaf(reading: member.leaf), directory.contains(leaf.hash) else {
                throw PolicyViolation(
                    .s1,
                    "\(member.leaf.address?.description ?? "a leaf") is not a device of the coalition"
                )
            }
            try require(
                chain.current.organisation(named: leaf.identity.address.organisation) != nil,
                .s1,
                "the organisation of \(leaf.identity.address) is not in the charter"
            )
        }
    }

    /// The time to send a message with: the clock's, or that of the latest Commit where the clock is behind it.
    public static func time(clock: Time, tree: RatchetTree) -> Time {
        max(clock, latestCommit(tree.members.compactMap(\.leaf.commitTime)))
    }

    /// S2: the time to send a Commit with. Leaves that the Commit removes do not count.
    /// - Throws: when the clock is behind the others' by more than `longestLag`, or theirs are ahead: then a device which claims
    ///   a wrong time has to be removed first.
    public static func commitTime(
        clock: Time,
        tree: RatchetTree,
        removing removed: Set<LeafIndex> = []
    ) throws(PolicyViolation) -> Time {
        let latest = latestCommit(
            tree.members.filter { !removed.contains($0.index) }.compactMap(\.leaf.commitTime)
        )
        try require(
            latest <= clock.advanced(by: longestLag),
            .s2,
            "this device's clock is more than a day behind a Commit in the group: one of the two is wrong"
        )
        return max(clock, latest)
    }

    private static func latestCommit(_ times: [Time]) -> Time {
        times.max() ?? Time(seconds: 0)
    }
}
