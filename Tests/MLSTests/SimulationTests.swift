import Sodium
import TLSCodec
import Testing

@testable import MLS

/// SplitMix64: a failing seed replays the same steps.
struct Steps: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

@Suite("Simulation")
struct SimulationTests {
    @Test("after every step of a random group all members agree", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func randomGroup(seed: UInt64) throws {
        var steps = Steps(seed: seed)
        var party = try Party(2, filled: false)
        var removed: [Member] = []
        for step in 0..<40 {
            let committer = party.members.randomElement(using: &steps) ?? party[0]
            try propose(in: party, beside: committer, &steps)
            var options = CommitOptions()
            options.alwaysHasPath = Bool.random(using: &steps)
            options.framing = Bool.random(using: &steps) ? .publicMessage : .privateMessage(.toMultiple(of: 512))
            let keys = try (0..<Int.random(in: 0...2, using: &steps))
                .map { _ in
                    Newcomer(key: try SignaturePrivateKey(suite3))
                }
            let bundles = try keys.enumerated()
                .map { number, newcomer in
                    HeldSecret(try Member.bundle("\(step).\(number)", newcomer.key).serialized())
                }
            var proposals = try bundles.map { serialized in
                Proposal.add(try KeyPackageBundle(serialized: serialized.secret).keyPackage)
            }
            if party.members.count > 3, Int.random(in: 0..<3, using: &steps) == 0,
                let victim = party.members.filter({ $0 !== committer }).randomElement(using: &steps)
            {
                proposals.append(.remove(victim.group.ownLeaf))
            }
            let pending = try committer.group.commit(proposals, signatureKey: committer.key, options: options)
            let message = pending.message
            let welcome = pending.welcome
            let changes = pending.changes
            if Int.random(in: 0..<8, using: &steps) == 0 { continue }
            try committer.group.merge(pending.takeStaged())
            var remaining: [Member] = []
            for member in party.members {
                if changes.removes(member.group.ownLeaf), member !== committer {
                    removed.append(member)
                    continue
                }
                if member !== committer { try member.follow(message) }
                remaining.append(member)
            }
            party.members = remaining
            for (newcomer, serialized) in zip(keys, bundles) {
                let bundle = try KeyPackageBundle(serialized: serialized.secret)
                let join = try PendingJoin(try #require(welcome), keyPackage: bundle)
                let key = try SignaturePrivateKey(suite3, raw: newcomer.key.raw)
                party.members.append(Member(name: "\(step)", key: key, group: join.accept()))
            }
            #expect(Set(party.members.map { $0.group.epochAuthenticator }).count == 1, "step \(step)")
            #expect(Set(party.members.map { $0.group.tree.encoded }).count == 1, "step \(step)")
            try expectClosed(to: removed, from: committer)
            try expectConsistentKeys(party)
        }
        // A last Commit without what is still proposed, so that everyone may send.
        var last = CommitOptions()
        last.references = []
        try party.commit(by: party[0], options: last)
        try party.expectAgreement()
    }

    private final class Newcomer {
        let key: SignaturePrivateKey

        init(key: consuming SignaturePrivateKey) { self.key = key }
    }

    private func propose(in party: Party, beside committer: Member, _ steps: inout Steps) throws {
        for member in party.members where member !== committer {
            switch Int.random(in: 0..<12, using: &steps) {
            case 0:
                try party.deliver(try member.group.proposeUpdate(signatureKey: member.key), from: member)
            case 1:
                let data = [UInt8.random(in: 0...255, using: &steps)]
                let extensions: Extensions = [Extension(type: .test, data: data)]
                let message = try member.group.propose(
                    .groupContextExtensions(extensions),
                    signatureKey: member.key,
                    framing: .publicMessage
                )
                try party.deliver(message, from: member)
            case 2 where party.members.count > 4:
                let message = try member.group.propose(
                    .remove(committer.group.ownLeaf),
                    signatureKey: member.key
                )
                try party.deliver(message, from: member)
            default: break
            }
        }
    }

    private func expectClosed(to removed: [Member], from sender: Member) throws {
        guard sender.group.epoch.pendingProposals.isEmpty else { return }
        let message = try sender.send("secret")
        for member in removed {
            #expect(throws: MLSError.self) { _ = try member.group.open(message) }
        }
    }

    /// Section 4.2: a member holds the private keys of the nodes above it into which it is merged, and no others.
    private func expectConsistentKeys(_ party: Party) throws {
        let crypto = try crypto3()
        for member in party.members {
            let tree = member.group.tree
            let own = member.group.ownLeaf
            let held = member.group.epoch.privateKeys.keys
            for (node, key) in held {
                #expect(try crypto.keyPair(raw: key.secret.copy()).publicKey == tree[node]?.encryptionKey)
            }
            let expected = tree.leafCount.directPath(of: own)
                .filter { node in
                    tree.parent(at: node).map { !$0.unmergedLeaves.contains(own) } ?? false
                }
            #expect(Set(held.keys) == Set(expected + [own.node]))
        }
    }
}
