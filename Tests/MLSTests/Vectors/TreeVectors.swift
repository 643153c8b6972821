import Sodium
import TLSCodec
import Testing

@testable import MLS

@Suite("Vectors: ratchet trees", .enabled(if: VectorFiles.arePresent, VectorFiles.missing))
struct TreeVectors {
    struct TreeMath: Decodable {
        let nLeaves: Int
        let nNodes: Int
        let root: UInt32
        let left, right, parent, sibling: [UInt32?]
    }

    @Test("tree-math")
    func treeMath() throws {
        for vector in try VectorFiles.suite3.load("tree-math", as: TreeMath.self) {
            let count = try #require(LeafCount(holding: vector.nLeaves))
            #expect(count.nodeCount == vector.nNodes)
            #expect(count.root.value == vector.root)
            for value in 0..<UInt32(vector.nNodes) {
                let node = NodeIndex(value)
                #expect(node.children?.left.value == vector.left[Int(value)])
                #expect(node.children?.right.value == vector.right[Int(value)])
                guard node != count.root else { continue }
                #expect(node.parent.value == vector.parent[Int(value)])
                #expect(node.sibling.value == vector.sibling[Int(value)])
            }
        }
    }

    struct TreeOperations: Decodable {
        let proposal: Hex
        let proposalSender: UInt32
        let treeBefore, treeAfter, treeHashBefore, treeHashAfter: Hex
    }

    @Test("tree-operations", arguments: VectorFiles.suites(with: "tree-operations"))
    func treeOperations(_ vectors: VectorSuite) throws {
        // Suite 3's are suite 1's, of which they need no more than the hash, the same.
        let crypto = try vectors.crypto()
        for vector in try vectors.load("tree-operations", as: TreeOperations.self) {
            var tree = try RatchetTree(decoding: vector.treeBefore.bytes)
            #expect(tree.treeHash(crypto) == vector.treeHashBefore.bytes)
            switch try Proposal(decoding: vector.proposal.bytes) {
            case .add(let keyPackage):
                _ = try tree.add(keyPackage.leafNode)
            case .update(let leaf):
                tree.blank(LeafIndex(vector.proposalSender))
                try tree.fill(LeafIndex(vector.proposalSender), with: leaf)
            case .remove(let leaf):
                tree.blank(leaf)
                tree.truncate()
            default:
                Issue.record("unexpected proposal")
            }
            #expect(tree.encoded == vector.treeAfter.bytes)
            #expect(tree.treeHash(crypto) == vector.treeHashAfter.bytes)
        }
    }

    struct TreeValidation: Decodable {
        let tree, groupId: Hex
        let treeHashes: [Hex]
        let resolutions: [[UInt32]]
    }

    @Test("tree-validation", arguments: VectorFiles.suites(with: "tree-validation"))
    func treeValidation(_ vectors: VectorSuite) throws {
        let crypto = try vectors.crypto()
        for vector in try vectors.load("tree-validation", as: TreeValidation.self) {
            var tree = try RatchetTree(decoding: vector.tree.bytes)
            for value in 0..<UInt32(tree.leafCount.nodeCount) {
                let node = NodeIndex(value)
                #expect(tree.hash(of: node, crypto) == vector.treeHashes[Int(value)].bytes)
                #expect(tree.resolution(of: node).map(\.value) == vector.resolutions[Int(value)])
            }
            let context = GroupContext(
                cipherSuite: vectors.suite,
                groupID: vector.groupId.bytes,
                epoch: 1,
                treeHash: tree.treeHash(crypto),
                confirmedTranscriptHash: [],
                extensions: []
            )
            try tree.validate(for: context, at: nil, crypto)
        }
    }

    struct TreeKEM: Decodable {
        struct Private: Decodable {
            struct PathSecret: Decodable {
                let node: UInt32
                let pathSecret: Hex
            }
            let index: UInt32
            let encryptionPriv, signaturePriv: Hex
            let pathSecrets: [PathSecret]
        }
        struct Update: Decodable {
            let sender: UInt32
            let updatePath, commitSecret, treeHashAfter: Hex
            let pathSecrets: [Hex?]
        }
        let groupId, confirmedTranscriptHash, ratchetTree: Hex
        let epoch: UInt64
        let leavesPrivate: [Private]
        let updatePaths: [Update]
    }

    @Test("treekem", arguments: VectorFiles.suites(with: "treekem"))
    func treeKEM(_ vectors: VectorSuite) throws {
        for vector in try vectors.load("treekem", as: TreeKEM.self) {
            let check = try TreeKEMCheck(vector, vectors.crypto())
            for update in vector.updatePaths {
                try check.receives(update)
                try check.receivesNewPath(from: LeafIndex(update.sender))
            }
        }
    }

    struct TreeKEMCheck {
        let vector: TreeKEM
        let crypto: Crypto
        let tree: RatchetTree
        let keys: [PrivateKeys]

        init(_ vector: TreeKEM, _ crypto: Crypto) throws {
            self.vector = vector
            var tree = try RatchetTree(decoding: vector.ratchetTree.bytes)
            try tree.buildIndex()
            self.crypto = crypto
            self.tree = tree
            keys = try vector.leavesPrivate.map { member in
                var keys = [LeafIndex(member.index).node: member.encryptionPriv.held]
                for known in member.pathSecrets {
                    let secrets = try PathSecrets(from: known.pathSecret.held, count: 1, crypto)
                    let node = NodeIndex(known.node)
                    #expect(tree[node]?.encryptionKey == secrets.keyPairs[0].publicKey)
                    keys[node] = secrets.keyPairs[0].privateKey
                }
                return PrivateKeys(leaf: LeafIndex(member.index), keys: keys)
            }
        }

        private func context(_ tree: RatchetTree) -> [UInt8] {
            var tree = tree
            return GroupContext(
                cipherSuite: crypto.suite,
                groupID: vector.groupId.bytes,
                epoch: vector.epoch,
                treeHash: tree.treeHash(crypto),
                confirmedTranscriptHash: vector.confirmedTranscriptHash.bytes,
                extensions: []
            )
            .encoded
        }

        func receives(_ update: TreeKEM.Update) throws {
            let sender = LeafIndex(update.sender)
            let path = try UpdatePath(decoding: update.updatePath.bytes)
            var after = tree
            let place = LeafNode.Place(groupID: vector.groupId.bytes, leaf: sender)
            try after.merge(path, from: place, replacing: tree[sender], excluding: [], crypto)
            #expect(after.treeHash(crypto) == update.treeHashAfter.bytes)
            try expectAll(but: sender, toOpen: path.nodes, in: after, commitSecret: update.commitSecret.bytes)
        }

        func receivesNewPath(from sender: LeafIndex) throws {
            var after = tree
            let raw = try #require(vector.leavesPrivate.first { $0.index == sender.value }).signaturePriv.secret
            let path = try OwnPath(
                in: &after,
                place: LeafNode.Place(groupID: vector.groupId.bytes, leaf: sender),
                old: try #require(tree[sender]),
                LeafChanges(),
                try SignaturePrivateKey(crypto.suite, raw: raw),
                crypto
            )
            let update = try path.updatePath(in: after, excluding: [], context: context(after), crypto)
            var merged = tree
            let place = LeafNode.Place(groupID: vector.groupId.bytes, leaf: sender)
            try merged.merge(update, from: place, replacing: tree[sender], excluding: [], crypto)
            #expect(merged.treeHash(crypto) == after.treeHash(crypto))
            let commitSecret = path.secrets.commitSecret.secret.exposed()
            try expectAll(but: sender, toOpen: update.nodes, in: merged, commitSecret: commitSecret)
        }

        private func expectAll(
            but sender: LeafIndex,
            toOpen nodes: [UpdatePathNode],
            in after: RatchetTree,
            commitSecret: [UInt8]
        ) throws {
            for var keys in keys where keys.leaf != sender {
                let secret = try after.decrypt(
                    nodes,
                    along: after.filteredDirectPath(of: sender),
                    excluding: [],
                    with: &keys,
                    context: context(after),
                    crypto
                )
                #expect(secret.secret.exposed() == commitSecret)
            }
        }
    }
}
