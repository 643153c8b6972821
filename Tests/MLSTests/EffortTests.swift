import TLSCodec
import Testing

@testable import MLS

/// What is made to be long takes time in proportion to its length. What compares everything with everything takes minutes
/// over these.
@Suite("Effort")
struct EffortTests {
    private func expectBrief(_ body: () throws -> Void) rethrows {
        let start = ContinuousClock.now
        try body()
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("a leaf with many extensions that it lists last")
    func leafExtensions() throws {
        let key = try SignaturePrivateKey(suite3)
        let types = (0x1000..<0x6000).map { ExtensionType(rawValue: $0) }
        let filler = [ExtensionType](repeating: .unsupported, count: 300_000)
        let keyPackage = try Forger.add(
            key,
            changingLeaf: { leaf in
                leaf.capabilities.extensions = filler + types
                leaf.extensions = Extensions(types.map { Extension(type: $0, data: []) })
            }
        )
        try expectBrief { try keyPackage.validate(at: nil) }
    }

    @Test("a Commit with many pre-shared keys that differ at the end alone")
    func preSharedKeys() throws {
        let member = try Party(1)[0]
        let nonce = [UInt8](repeating: 0, count: member.group.crypto.hashLength)
        let common = [UInt8](repeating: 1, count: 1000)
        let proposals = (0..<UInt16(Commit.maximumProposals))
            .map { number in
                let id = common + [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
                return CommittedProposal(
                    proposal: .preSharedKey(PreSharedKeyID(source: .external(id: id), nonce: nonce)),
                    sender: .member(LeafIndex(0)),
                    isByReference: false
                )
            }
        let (tree, context, crypto) = (member.group.tree, member.group.context, member.group.crypto)
        try expectBrief {
            let list = try ProposalList(judging: proposals, by: .member(LeafIndex(0)), in: context, at: nil, crypto)
            let applied = try list.apply(to: tree, context)
            #expect(applied.preSharedKeys.count == proposals.count)
        }
    }

    @Test("as many proposals of outsiders as are kept, of which each second one collides with the one before")
    func outsidersProposals() throws {
        let member = try Member(founding: "member")
        for _ in 0..<(PendingProposals.limit / 2) {
            let key = try SignaturePrivateKey(suite3)
            for _ in 0..<2 {
                let proposal = try PublicMessage(
                    proposingOwn: Member.bundle("outsider", key).keyPackage,
                    to: member.group.context.groupID,
                    epoch: member.group.context.epoch,
                    signatureKey: key
                )
                _ = try member.group.open(.publicMessage(proposal))
            }
        }
        try expectBrief {
            let changes = try member.group.commit(signatureKey: member.key).changes
            #expect(changes.added.count == PendingProposals.limit / 2)
        }
    }

    @Test("a branch with all members of a large group, the last one first")
    func branch() throws {
        let member = try Member(founding: "member")
        var leaf = try #require(member.group.tree[LeafIndex(0)])
        let leaves = (0..<20_000)
            .map { number in
                leaf.credential = .basic(identity: Array("\(number)".utf8))
                return leaf
            }
        let predecessor = Predecessor(
            context: member.group.context,
            tree: try RatchetTree(of: leaves),
            reInit: nil,
            resumptionPSK: member.group.epoch.secrets.resumptionPSK,
            client: member.group.predecessor().client
        )
        var context = member.group.context
        context.epoch = 1
        let branch = try RatchetTree(of: leaves.reversed())
        try expectBrief {
            try Predecessor.Link(predecessor: predecessor, usage: .branch).validate(context, branch)
        }
    }

    @Test("the blank half of a tree that has just been widened")
    func blankHalf() throws {
        let leaf = try #require(try Member(founding: "member").group.tree[LeafIndex(0)])
        var tree = try RatchetTree(of: repeatElement(leaf, count: 32_769))
        let right = try #require(tree.leafCount.root.children?.right)
        func found() -> Int { (0..<5_000).reduce(0) { count, _ in count + tree.resolution(of: right).count } }
        expectBrief { #expect(found() == 5_000) }
        tree.blank(LeafIndex(32_768))
        expectBrief { #expect(found() == 0) }
    }

    @Test("a tree is read up to its bound and no further")
    func blankTree() {
        var writer = Writer()
        writer.writeVector { writer in
            writer.writeFixed([UInt8](repeating: 0, count: LeafCount.maximum.nodeCount + 1))
            // No presence byte.
            writer.write(UInt8(7))
        }
        #expect(throws: MLSError.invalid(.treeSize)) { _ = try RatchetTree(decoding: writer.bytes) }
    }
}

extension RatchetTree {
    /// Not judged.
    fileprivate init(of leaves: some Sequence<LeafNode>) throws {
        self.init()
        for leaf in leaves { _ = try add(leaf) }
    }
}
