internal import MLS
internal import Sodium
internal import TLSCodec

/// A member of a group that is measured.
struct BenchMember: ~Copyable {
    var group: Group
    let key: SignaturePrivateKey
}

/// Somebody who may be added to a group.
struct Candidate: ~Copyable {
    let key: SignaturePrivateKey
    let bundle: KeyPackageBundle

    init(number: Int, _ suite: CipherSuite) throws {
        let key = try SignaturePrivateKey(suite)
        let bundle = try KeyPackageBundle(
            suite,
            credential: .basic(identity: Array("member\(number)@org/laptop".utf8)),
            signatureKey: key,
            capabilities: Capabilities(cipherSuites: [suite]),
            lifetime: Lifetime(notBefore: 0, notAfter: .max)
        )
        self.key = key
        self.bundle = bundle
    }

    consuming func create() throws -> BenchMember {
        BenchMember(group: try Group(creating: Array("benchmark".utf8), with: bundle), key: key)
    }

    consuming func join(_ welcome: Welcome) throws -> BenchMember {
        BenchMember(group: try PendingJoin(welcome, keyPackage: bundle).accept(), key: key)
    }
}

extension BenchMember {
    /// Commits and merges.
    mutating func commit(_ proposals: [Proposal] = []) throws -> (message: MLSMessage, welcome: Welcome?) {
        let pending = try group.commit(proposals, signatureKey: key)
        let sent = (message: pending.message, welcome: pending.welcome)
        try group.merge(pending.takeStaged())
        return sent
    }

    /// The Welcome of a Commit that is not merged.
    mutating func invite(_ keyPackage: KeyPackage) throws -> Welcome {
        let pending = try group.commit([.add(keyPackage)], signatureKey: key)
        guard let welcome = pending.welcome else { throw BenchmarkError.unexpectedMessage }
        return welcome
    }

    /// Of an empty Commit that is not merged, in bytes.
    mutating func lengthOfCommit() throws -> Int {
        try group.commit(signatureKey: key).message.encoded.count
    }

    mutating func protect(_ data: [UInt8]) throws -> MLSMessage {
        try group.protect(data, signatureKey: key)
    }

    mutating func process(_ message: MLSMessage) throws {
        guard case .commit(let verified) = try group.open(message) else { throw BenchmarkError.unexpectedMessage }
        try group.merge(try group.stage(verified))
    }

    /// Commits Adds.
    mutating func add(_ keyPackages: [KeyPackage]) throws -> (message: MLSMessage, welcome: Welcome) {
        let sent = try commit(keyPackages.map { .add($0) })
        guard let welcome = sent.welcome else { throw BenchmarkError.unexpectedMessage }
        return (sent.message, welcome)
    }
}

/// A group in which whatever a Commit of leaf 0 meets is full: no parent is blank, none has an unmerged leaf, so that
/// it seals exactly one path secret for each level.
///
/// Members come in batches, left to right. The first of a batch joins, adds the next batch with a Commit, and so sets
/// every parent above itself; then it is forgotten.
struct FullGroup: ~Copyable {
    /// At leaf 0.
    var committer: BenchMember
    /// At leaf 1: has to derive all of the committer's path.
    var nearest: BenchMember
    /// In the tree's other half: has to derive the root alone.
    var farthest: BenchMember

    let memberCount: Int

    /// Which parents are set.
    enum Filling {
        /// All: batches are pairs. Half of all members join, each of whom verifies all leaves, so that it takes n².
        case everyParent
        /// Those beside the path of leaf 0 and above them: each batch is as large as all before it.
        case copath
    }

    /// - Parameter memberCount: even, at least 4.
    init(memberCount: Int, _ filling: Filling, _ suite: CipherSuite) throws {
        var committer = try Candidate(number: 0, suite).create()
        let second = try Candidate(number: 1, suite)
        let founding = try committer.add([second.bundle.keyPackage])
        var nearest = try second.join(founding.welcome)

        var head = try Candidate(number: 2, suite)
        let invitation = try committer.add([head.bundle.keyPackage, try Candidate(number: 3, suite).bundle.keyPackage])
        try nearest.process(invitation.message)
        var farthest = try head.join(invitation.welcome)
        var first = 4
        while first < memberCount {
            let end = min(first + (filling == .copath ? first : 2), memberCount)
            head = try Candidate(number: first, suite)
            let others = try (first + 1..<end).map { try Candidate(number: $0, suite).bundle.keyPackage }
            let sent = try farthest.add([head.bundle.keyPackage] + others)
            try committer.process(sent.message)
            try nearest.process(sent.message)
            farthest = try head.join(sent.welcome)
            first = end
        }
        let last = try farthest.commit()
        try committer.process(last.message)
        try nearest.process(last.message)

        self.memberCount = memberCount
        self.committer = committer
        self.nearest = nearest
        self.farthest = farthest
    }

    /// Levels above the leaves.
    var depth: Int { (memberCount - 1).bitWidth - (memberCount - 1).leadingZeroBitCount }
}
