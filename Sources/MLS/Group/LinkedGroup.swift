/// A group that follows from another, with everyone but its maker still to be told.
public struct LinkedGroup: ~Copyable, Sendable {
    /// For the other members; nil when there are none.
    public let welcome: Welcome?
    private let group: Group

    fileprivate init(welcome: Welcome?, group: consuming Group) {
        self.welcome = welcome
        self.group = group
    }

    public consuming func accept() -> Group { group }
}

extension Group {
    /// Makes the group that goes on after a ReInit has ended this one (RFC 9420, section 11.2). Any member may.
    /// - Parameters:
    ///   - bundle: of this member, of the new group's cipher suite.
    ///   - others: new KeyPackages of all other members.
    ///   - signatureKey: of the bundle.
    ///   - predecessor: this epoch, as `predecessor()` gives it.
    /// - Throws: `notReinitialized`, `unsupportedVersion`; `invalid` with the rule that the new group would break.
    public static func successor(
        of predecessor: Predecessor,
        with bundle: consuming KeyPackageBundle,
        others: [KeyPackage],
        signatureKey: borrowing SignaturePrivateKey,
        options: CommitOptions = CommitOptions()
    ) throws(MLSError) -> LinkedGroup {
        guard let reInit = predecessor.reInit else { throw .misuse(.notReinitialized) }
        guard reInit.version == .mls10 else { throw .misuse(.unsupportedVersion) }
        let group = try Group(creating: reInit.groupID, with: bundle, extensions: reInit.extensions)
        return try linked(group, to: predecessor, by: .reInit, others, signatureKey, options)
    }

    /// Makes a group of some of another's members (RFC 9420, section 11.3).
    /// - Parameters:
    ///   - groupID: unique, the application's choice.
    ///   - bundle: of this member, of the same cipher suite.
    ///   - others: new KeyPackages of those members who are to be in it.
    ///   - signatureKey: of the bundle.
    ///   - extensions: of the GroupContext.
    /// - Throws: `invalid` with the rule that the new group would break.
    public static func branch(
        of predecessor: Predecessor,
        as groupID: [UInt8],
        with bundle: consuming KeyPackageBundle,
        others: [KeyPackage],
        signatureKey: borrowing SignaturePrivateKey,
        extensions: Extensions = [],
        options: CommitOptions = CommitOptions()
    ) throws(MLSError) -> LinkedGroup {
        let group = try Group(creating: groupID, with: bundle, extensions: extensions)
        return try linked(group, to: predecessor, by: .branch, others, signatureKey, options)
    }

    private static func linked(
        _ new: consuming Group,
        to predecessor: Predecessor,
        by usage: PreSharedKeyID.ResumptionUsage,
        _ others: [KeyPackage],
        _ signatureKey: borrowing SignaturePrivateKey,
        _ options: CommitOptions
    ) throws(MLSError) -> LinkedGroup {
        var group = new
        var options = options
        options.preSharedKeys.insert(predecessor)
        let link = try PreSharedKeyID(predecessor.source(usage), for: group.context.cipherSuite)
        let pending = try group.commit(
            others.map { .add($0) } + [.preSharedKey(link)],
            linkedBy: usage,
            signatureKey: signatureKey,
            options: options
        )
        try Predecessor.Link(predecessor: predecessor, usage: usage)
            .validate(pending.staged.context, pending.staged.tree)
        let welcome = pending.welcome
        try group.merge(pending.takeStaged())
        return LinkedGroup(welcome: welcome, group: group)
    }
}
