import Sodium
import TLSCodec
import Testing

@testable import MLS

extension Breach {
    static let trees: [Breach] = [
        Breach(.treeNodeKinds) {
            var writer = Writer()
            writer.writeVector { $0.writeOptional(Node.parent(ParentNode(encryptionKey: [1], parentHash: []))) }
            _ = try RatchetTree(decoding: writer.bytes)
        },
        Breach(.treeNodeKinds, "a leaf") {
            let leaf = try #require(try Party(2)[0].group.tree[LeafIndex(0)])
            var writer = Writer()
            writer.writeVector { writer in
                writer.writeOptional(Node.leaf(leaf))
                writer.writeOptional(Node.leaf(leaf))
            }
            _ = try RatchetTree(decoding: writer.bytes)
        },
        Breach(.treeEndsWithNode) {
            let tree = try Party(2)[0].group.tree.encoded
            var contents = try Reader(tree).readLastVectorContents()
            var writer = Writer()
            writer.writeVector { writer in
                writer.writeFixed(contents.readRest())
                writer.write(UInt8(0))
            }
            _ = try RatchetTree(decoding: writer.bytes)
        },
        Breach(.treeSize) {
            var writer = Writer()
            writer.writeVector { writer in
                writer.writeFixed(repeatElement(0, count: 2 * Int(LeafCount.maximum.value)))
                writer.writeOptional(Node.parent(ParentNode(encryptionKey: [1], parentHash: [])))
            }
            _ = try RatchetTree(decoding: writer.bytes)
        },
        .welcome(.treeHashMatches) { forged, member in
            try forged.rewritten { $0.replacing(tree: member.group.tree, signedBy: member) }
        },
        .tree(.parentHashesValid) { try $0.changingParent(3) { $0.parentHash = [1] } },
        .tree(.unmergedLeavesSorted) {
            try $0.changingParent(3) { $0.unmergedLeaves = [LeafIndex(2), LeafIndex(1)] }
        },
        .tree(.unmergedLeavesPresent) { try $0.changingParent(1) { $0.unmergedLeaves = [LeafIndex(2)] } },
        .tree(.unmergedLeavesInherited) { try $0.changingParent(3) { $0.unmergedLeaves = [LeafIndex(0)] } },
    ]

    static let commits: [Breach] = [
        .proposals(.noExternalInit) { _, _ in [.externalInit(kemOutput: [])] },
        .message(.referencedProposalKnown) { forger, _ in
            let commit = Commit(proposals: [.reference(ProposalRef(bytes: [1]))], path: nil)
            return forger.publicMessage(.commit(commit))
        },
        .message(.pendingProposalsBounded) { forger, party in
            for number in 0..<PendingProposals.limit {
                let data = UInt32(number).description
                let `extension` = Extension(type: .test, data: Array(data.utf8))
                _ = try party[1].group
                    .open(
                        forger.publicMessage(.proposal(.groupContextExtensions([`extension`])))
                    )
            }
            return forger.publicMessage(.proposal(.remove(LeafIndex(2))))
        },
        Breach(.epochHasNext) {
            let party = try Party(1)
            try party.enterLastEpoch()
            try party[0].commit()
        },
        Breach(.epochHasNext, "of a Commit that comes") {
            let party = try Party(2)
            try party.enterLastEpoch()
            let key = try SignaturePrivateKey(suite3)
            _ = try party[1].openCommit(Forger(member: party[0]).commit([.add(try Forger.add(key))]))
        },
        .proposals(.removedMemberExists) { _, _ in [.remove(LeafIndex(3))] },
        .proposals(.noUpdateByCommitter) { forger, _ in [try forger.update { _ in }] },
        .proposals(.noRemovalOfCommitter) { _, _ in [.remove(LeafIndex(0))] },
        .proposals(.oneChangePerLeaf) { _, _ in [.remove(LeafIndex(2)), .remove(LeafIndex(2))] },
        .message(.oneChangePerLeaf, "two Updates") { forger, party in
            let references = try (0..<2)
                .map { _ in
                    let update = forger.publicMessage(.proposal(try forger.update { _ in }))
                    _ = try party[2].group.open(update)
                    guard case .proposal(let received) = try party[1].group.open(update) else {
                        throw Member.UnexpectedContent()
                    }
                    return ProposalOrRef.reference(received.reference)
                }
            return Forger(member: party[2]).publicMessage(.commit(Commit(proposals: references, path: nil)))
        },
        .proposals(.oneContextExtensions) { _, _ in [.groupContextExtensions([]), .groupContextExtensions([])] },
        .proposals(.preSharedKeyNonceLength) { _, _ in
            [.preSharedKey(PreSharedKeyID(source: .external(id: [1]), nonce: [2]))]
        },
        .proposals(.preSharedKeysUnique) { _, _ in
            let id = try PreSharedKeyID(.external(id: [1]), for: suite3)
            return [.preSharedKey(id), .preSharedKey(id)]
        },
        Breach(.preSharedKeyKnown) {
            let party = try Party(3)
            var options = CommitOptions()
            options.preSharedKeys.insert(Secret(copying: [5]), as: .external(id: [1]))
            let id = try PreSharedKeyID(.external(id: [1]), for: suite3)
            try party.commit([.preSharedKey(id)], by: party[0], options: options)
        },
        .proposals(.resumptionUsage) { forger, _ in
            let context = forger.member.group.context
            let source = PreSharedKeyID.Source.resumption(usage: .branch, groupID: context.groupID, epoch: 1)
            return [.preSharedKey(try PreSharedKeyID(source, for: suite3))]
        },
        .proposals(.reInitVersion) { _, _ in [.reInit(.test(version: ProtocolVersion(rawValue: 0)))] },
        .proposals(.reInitAlone) { _, _ in [.reInit(.test()), .remove(LeafIndex(2))] },
        .message(.groupContinues) { forger, party in
            try party.commit([.reInit(.test())], by: party[0])
            return Forger(member: party[0]).publicMessage(.proposal(.remove(LeafIndex(2))))
        },
        .proposals(.pathPresent) { _, _ in [.remove(LeafIndex(2))] },
    ]

    static let paths: [Breach] = [
        .path(.pathLength) { path, _ in path.nodes.removeLast() },
        .path(.pathCiphertextCount) { path, _ in
            path.nodes[0] = UpdatePathNode(
                encryptionKey: path.nodes[0].encryptionKey,
                encryptedPathSecret: path.nodes[0].encryptedPathSecret + path.nodes[0].encryptedPathSecret
            )
        },
        .path(.pathParentHash) { path, _ in path.leafNode.source = .commit(parentHash: [1]) },
        .path(.pathKeysNew) { path, party in
            path.nodes[0] = UpdatePathNode(
                encryptionKey: party[2].group.tree[LeafIndex(2)]?.encryptionKey ?? [],
                encryptedPathSecret: path.nodes[0].encryptedPathSecret
            )
        },
        .path(.pathSecretDecrypts) { path, _ in
            let sealed = path.nodes[0].encryptedPathSecret[0]
            path.nodes[0] = UpdatePathNode(
                encryptionKey: path.nodes[0].encryptionKey,
                encryptedPathSecret: [
                    HPKECiphertext(kemOutput: sealed.kemOutput, ciphertext: sealed.ciphertext.reversed())
                ]
            )
        },
        Breach(.pathSecretMatchesKey) {
            let party = try Party(3)
            let forger = Forger(member: party[0])
            let verified = try party[1].openCommit(try forger.commit { _ in })
            let path = try #require(verified.path)
            let own = try #require(party[1].group.tree[LeafIndex(1)])
            // The right secret is for the right keys; this one is another.
            let sealed = forger.crypto.encryptor(label: "UpdatePathNode", context: verified.provisionalContext)
                .encrypt(.random(count: 32), to: own.encryptionKey)
            let node = UpdatePathNode(
                encryptionKey: path.nodes[0].encryptionKey,
                encryptedPathSecret: [try #require(sealed)]
            )
            let changed = UpdatePath(leafNode: path.leafNode, nodes: [node] + path.nodes.dropFirst())
            try party[1].follow(forger.publicMessage(.commit(Commit(proposals: [], path: changed))))
        },
        Breach(.confirmationTag) {
            let party = try Party(3)
            try party[1].follow(try Forger(member: party[0]).commit(confirmationTag: [1]) { _ in })
        },
    ]

    static let joining: [Breach] = [
        .welcome(.welcomeNamesKeyPackage) { _, member in try ForgedWelcome(from: member).welcome },
        .welcome(.groupSecretsDecrypt) { forged, _ in
            let own = forged.welcome.secrets[0]
            return Welcome(
                cipherSuite: suite3,
                secrets: [
                    EncryptedGroupSecrets(
                        newMember: own.newMember,
                        encryptedGroupSecrets: HPKECiphertext(
                            kemOutput: own.encryptedGroupSecrets.kemOutput,
                            ciphertext: own.encryptedGroupSecrets.ciphertext.reversed()
                        )
                    )
                ],
                encryptedGroupInfo: forged.welcome.encryptedGroupInfo
            )
        },
        .welcome(.groupInfoDecrypts) { forged, _ in try forged.rewritten(breakingInfo: true) },
        .welcome(.groupInfoSignature) { forged, _ in
            try forged.rewritten { info in
                var changed = info
                changed.signature[0] ^= 1
                return changed.encoded
            }
        },
        .welcome(.groupInfoCipherSuite) { forged, member in
            try forged.rewritten { info in
                var context = info.groupContext.encoded
                context[3] = 1
                return info.replacing(context: try GroupContext(decoding: context), signedBy: member)
            }
        },
        .welcome(.groupInfoVersion) { forged, member in
            try forged.rewritten { info in
                var context = info.groupContext.encoded
                context[1] = 2
                return info.replacing(context: try GroupContext(decoding: context), signedBy: member)
            }
        },
        .welcome(.groupInfoSigner) { forged, member in
            try forged.rewritten { $0.replacing(signer: LeafIndex(9), signedBy: member) }
        },
        .welcome(.ownLeafInTree) { forged, member in
            try forged.rewritten {
                $0.replacing(context: member.group.context, tree: member.group.tree, signedBy: member)
            }
        },
        .welcome(.welcomePathSecretMatchesKey) { forged, _ in
            try forged.rewritten(pathSecret: HeldSecret(.random(count: 32)))
        },
        Breach(.welcomePathSecretMatchesKey, "of a blank node") {
            let party = try Party(4)
            let forged = try ForgedWelcome(from: party[2], beside: [.remove(LeafIndex(1))])
            // Member 0 passes the path off as its own. The lowest node above it and the newcomer is blank.
            try forged.join(try forged.rewritten { $0.replacing(signer: LeafIndex(0), signedBy: party[0]) })
        },
        .welcome(.welcomeConfirmationTag) { forged, member in
            try forged.rewritten { $0.replacing(confirmationTag: [1], signedBy: member) }
        },
    ]
}
