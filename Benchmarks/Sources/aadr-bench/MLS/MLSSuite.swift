internal import HPKE
internal import MLS
internal import Measuring
internal import Sodium
internal import TLSCodec

/// The MLS core beside what its primitives alone would take: each sample of an operation is followed by one of its floor.
/// Floors are computed on one core; where the core verifies or encrypts much at once (joining, adding many), it uses all.
struct MLSSuite {
    let suite: CipherSuite
    /// The suite's.
    let kem: HPKE.KEM
    let effort: Effort
    /// The sizes of the groups; even, at least 4.
    let memberCounts: [Int]
    let clock: Stopwatch.Clock

    private static let messageLength = 1024
    /// In larger groups only what a Commit meets is full, and only Commits are measured.
    private static let largestFullTree = 1000

    /// What an operation took, and its floor.
    private struct Pair {
        let clock: Stopwatch.Clock
        let kem: HPKE.KEM
        private var samples = Samples()
        private var floor = Samples()

        init(_ clock: Stopwatch.Clock, _ kem: HPKE.KEM) {
            self.clock = clock
            self.kem = kem
        }

        /// Adds a sample of an operation that has just ended, and one of its floor.
        mutating func add(_ seconds: Double, beside floor: borrowing Floor) throws(SodiumError) {
            samples.add(seconds)
            self.floor.add(try Stopwatch.time(clock) { () throws(SodiumError) in try floor.run() })
        }

        /// - Parameter most: the ratio to the floor that we want to reach.
        func comparison(_ name: String, atMost most: Double = 1.5) -> Comparison {
            Comparison(
                suite: "mls",
                name: "\(kem): \(name)",
                unit: clock == .wall ? .seconds : .processorSeconds,
                samples: samples,
                baselineName: "Sodium alone",
                baseline: floor,
                aim: .ratioAtMost(most)
            )
        }
    }

    func run() throws -> [Comparison] {
        var comparisons: [Comparison] = []
        for memberCount in memberCounts {
            effort.say("mls: filling a tree of \(memberCount), \(kem)")
            let isLarge = memberCount > Self.largestFullTree
            var group = try FullGroup(memberCount: memberCount, isLarge ? .copath : .everyParent, suite)
            effort.say("mls: measuring with \(memberCount) members")
            if comparisons.isEmpty { comparisons += try messages(in: &group) }
            comparisons += try commits(in: &group)
            if !isLarge { comparisons += try joins(in: &group) }
        }
        return comparisons
    }

    /// Messages on their way from one member to another; the ratchet's first step is not among them.
    private func messages(in group: inout FullGroup) throws -> [Comparison] {
        let lengths = try InputLengths(of: &group, kem)
        let protectFloor = try Floor.protect(Self.messageLength, lengths)
        let unprotectFloor = try Floor.unprotect(Self.messageLength, lengths)
        let data = Random.bytes(Self.messageLength)
        var protecting = Pair(clock, kem)
        var unprotecting = Pair(clock, kem)
        let rounds = effort.rounds(2000)
        for round in -10..<rounds {
            var watch = Stopwatch(clock)
            let sent = try group.committer.protect(data).encoded
            let protectSeconds = watch.seconds
            watch = Stopwatch(clock)
            let opened = try group.nearest.group.open(try MLSMessage(decoding: sent))
            let unprotectSeconds = watch.seconds
            guard case .application(let message) = opened, message.data == data else {
                throw BenchmarkError.unexpectedMessage
            }
            guard round >= 0 else { continue }
            try protecting.add(protectSeconds, beside: protectFloor)
            try unprotecting.add(unprotectSeconds, beside: unprotectFloor)
        }
        return [
            protecting.comparison("protect 1 KiB", atMost: 1.3),
            unprotecting.comparison("unprotect 1 KiB", atMost: 1.3),
        ]
    }

    /// Empty Commits by one member, processed by the two who have most and least to derive; encoding, decoding and
    /// merging included.
    private func commits(in group: inout FullGroup) throws -> [Comparison] {
        let lengths = try InputLengths(of: &group, kem)
        let depth = group.depth
        let commitFloor = try Floor.commit(depth: depth, lengths)
        let nearestFloor = try Floor.process(depth: depth, derived: depth, lengths)
        let farthestFloor = try Floor.process(depth: depth, derived: 1, lengths)
        var committing = Pair(clock, kem)
        var nearest = Pair(clock, kem)
        var farthest = Pair(clock, kem)
        let rounds = effort.rounds(200)
        for round in -3..<rounds {
            var watch = Stopwatch(clock)
            let sent = try group.committer.commit().message.encoded
            let commitSeconds = watch.seconds
            watch = Stopwatch(clock)
            try group.nearest.process(try MLSMessage(decoding: sent))
            let nearestSeconds = watch.seconds
            watch = Stopwatch(clock)
            try group.farthest.process(try MLSMessage(decoding: sent))
            let farthestSeconds = watch.seconds
            guard round >= 0 else { continue }
            try committing.add(commitSeconds, beside: commitFloor)
            try nearest.add(nearestSeconds, beside: nearestFloor)
            try farthest.add(farthestSeconds, beside: farthestFloor)
        }
        let count = group.memberCount
        return [
            committing.comparison("Commit, n = \(count)"),
            nearest.comparison("process, nearest, n = \(count)"),
            farthest.comparison("process, farthest, n = \(count)"),
        ]
    }

    /// One more member joins by the same Welcome again and again; and a new group of as many is made with one Commit.
    private func joins(in group: inout FullGroup) throws -> [Comparison] {
        let lengths = try InputLengths(of: &group, kem)
        let count = group.memberCount
        let candidate = try Candidate(number: count, suite)
        let saved = candidate.bundle.serialized()
        let welcome = try group.committer.invite(candidate.bundle.keyPackage).encoded
        let joinFloor = try Floor.join(count: count + 1, lengths)
        var joining = Pair(clock, kem)
        let rounds = effort.rounds(max(20, 2000 / count))
        for round in -1..<rounds {
            let bundle = try KeyPackageBundle(serialized: saved)
            let watch = Stopwatch(clock)
            let joined = try PendingJoin(try Welcome(decoding: welcome), keyPackage: bundle).accept()
            let seconds = watch.seconds
            guard joined.context.epoch == group.committer.group.context.epoch + 1 else {
                throw BenchmarkError.unexpectedMessage
            }
            if round >= 0 { try joining.add(seconds, beside: joinFloor) }
        }

        let keyPackages = try (1..<count).map { try Candidate(number: $0, suite).bundle.keyPackage }
        let addFloor = try Floor.add(count: count - 1, lengths)
        var adding = Pair(clock, kem)
        for _ in 0..<effort.rounds(max(5, 500 / count)) {
            let founder = try Candidate(number: 0, suite)
            let watch = Stopwatch(clock)
            var member = try founder.create()
            _ = try member.add(keyPackages).welcome.encoded
            try adding.add(watch.seconds, beside: addFloor)
        }
        return [
            joining.comparison("join, n = \(count)"),
            adding.comparison("create and add, n = \(count)"),
        ]
    }
}

extension InputLengths {
    /// Of a group as it is, by a Commit that is not sent.
    init(of group: inout FullGroup, _ kem: HPKE.KEM) throws {
        context = group.committer.group.context.encoded.count
        leaf = group.committer.group.tree[group.committer.group.ownLeaf]?.encoded.count ?? 0
        tree = group.committer.group.serializedTree().count
        commit = try group.committer.lengthOfCommit()
        self.kem = kem
    }
}
