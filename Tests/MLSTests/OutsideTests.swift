import Sodium
import TLSCodec
import Testing

@testable import MLS

@Suite("External Commits and proposals")
struct OutsideTests {
    /// Joins by an external Commit, which everyone but those it removes follows.
    private func join(
        _ party: inout Party,
        as name: String,
        key: consuming SignaturePrivateKey? = nil,
        replacing removed: LeafIndex? = nil,
        hasTree: Bool = true
    ) throws {
        let key = try key ?? SignaturePrivateKey(suite3)
        let info = try party[0].group
            .groupInfo(
                signatureKey: party[0].key,
                extensions: [Extension(type: .unsupported, data: [1])],
                hasTree: hasTree
            )
        let decoded = try GroupInfo(decoding: info.encoded)
        let pending = try ExternalJoin(decoded, ratchetTree: hasTree ? nil : party[0].group.tree)
            .commit(as: Member.joiner(name), signatureKey: key, replacing: removed)
        let message = try MLSMessage(decoding: pending.message.encoded)
        let changes = pending.changes
        party.members.removeAll { $0.group.ownLeaf == removed }
        for member in party.members {
            let seen = try member.follow(message)
            #expect(seen.committerLeaf == nil)
            #expect(seen.committer == changes.committer)
            #expect(seen.removed.map(\.index) == (removed.map { [$0] } ?? []))
            #expect(seen.pathLeaf == seen.tree[changes.committer])
        }
        party.members.append(Member(name: name, key: key, group: pending.accept()))
    }

    @Test("one who joins by an external Commit agrees with all", arguments: [1, 2, 3, 4, 5, 8])
    func join(count: Int) throws {
        var party = try Party(count)
        try join(&party, as: "first")
        try join(&party, as: "second", hasTree: false)
        try party.expectAgreement()
        for member in party.members { try party.commit(by: member) }
        try party.expectAgreement()
    }

    @Test("a joiner takes the leftmost blank leaf")
    func blankLeaf() throws {
        var party = try Party(5)
        party.members.remove(at: 1)
        try party.commit([.remove(LeafIndex(1))], by: party[0])
        try join(&party, as: "joiner")
        #expect(party.members.last?.group.ownLeaf == LeafIndex(1))
        try party.expectAgreement()
    }

    @Test("a member that lost its state replaces its own leaf, with the same signature key")
    func resync() throws {
        var party = try Party(4)
        let lost = party[2]
        try join(&party, as: lost.name, key: SignaturePrivateKey(suite3, raw: lost.key.raw), replacing: LeafIndex(2))
        #expect(party.members.last?.group.ownLeaf == LeafIndex(2))
        try party.expectAgreement()
    }

    @Test("the last leaf of the tree is replaced too, though the tree narrows between")
    func resyncLast() throws {
        var party = try Party(5)
        let lost = party[4]
        try join(&party, as: lost.name, key: SignaturePrivateKey(suite3, raw: lost.key.raw), replacing: LeafIndex(4))
        #expect(party.members.last?.group.ownLeaf == LeafIndex(4))
        try party.expectAgreement()
    }

    @Test("an external Commit brings pre-shared keys along")
    func preSharedKeys() throws {
        let party = try Party(2)
        var keys = PreSharedKeys()
        keys.insert(Secret(copying: [1]), as: .external(id: [1]))
        let id = try PreSharedKeyID(.external(id: [1]), for: suite3)
        var options = CommitOptions()
        options.preSharedKeys = keys
        let key = try SignaturePrivateKey(suite3)
        let pending = try ExternalJoin(party[0].group.groupInfo(signatureKey: party[0].key))
            .commit(as: Member.joiner("joiner"), signatureKey: key, preSharedKeys: [id], options: options)
        let verified = try party[1].openCommit(pending.message)
        let staged = try party[1].group.stage(verified, preSharedKeys: keys)
        #expect(staged.epochAuthenticator == pending.epochAuthenticator)
    }

    @Test("a signature key that is in the group already joins only in its own place")
    func sameKey() throws {
        let party = try Party(3)
        let join = try ExternalJoin(party[0].group.groupInfo(signatureKey: party[0].key))
        #expect(throws: MLSError.invalid(.signatureKeysUnique)) {
            _ = try join.commit(as: Member.joiner("twin"), signatureKey: party[2].key).message
        }
    }

    @Test("one who asks to be added is added, and is not when the application has discarded it")
    func newMemberProposal() throws {
        var party = try Party(3)
        let key = try SignaturePrivateKey(suite3)
        let bundle = try Member.bundle("newcomer", key)
        let context = party[0].group.context
        let proposal = try PublicMessage(
            proposingOwn: bundle.keyPackage,
            to: context.groupID,
            epoch: context.epoch,
            signatureKey: key
        )
        let message = try MLSMessage(decoding: MLSMessage.publicMessage(proposal).encoded)
        for member in party.members {
            guard case .proposal(let received) = try member.group.open(message) else { return }
            #expect(received.sender == .newMemberProposal)
            #expect(received.proposal == .add(bundle.keyPackage))
        }
        guard case .proposal(let received) = try party[2].group.open(message) else { return }
        party[2].group.discard(received.reference)
        let pending = try party[0].group.commit(signatureKey: party[0].key)
        let commit = pending.message
        let welcome = pending.welcome
        #expect(throws: MLSError.invalid(.referencedProposalKnown)) { _ = try party[2].group.open(commit) }
        party.members.removeLast()
        try party[0].group.merge(pending.takeStaged())
        #expect(try party[1].follow(commit).added.map(\.sender) == [.newMemberProposal])
        let join = try PendingJoin(try #require(welcome), keyPackage: bundle)
        party.members.append(Member(name: "newcomer", key: key, group: join.accept()))
        try party.expectAgreement()
    }

    @Test("those whom the group's context lists propose from outside")
    func externalSenders() throws {
        let first = try SignaturePrivateKey(suite3)
        let second = try SignaturePrivateKey(suite3)
        let senders = [first.publicKey, second.publicKey]
            .map { ExternalSender(signatureKey: $0, credential: .basic(identity: [1])) }
        var party = try Party(3)
        try party.commit([.groupContextExtensions([.externalSenders(senders)])], by: party[0])
        func proposal(as index: UInt32, _ key: borrowing SignaturePrivateKey) throws -> MLSMessage {
            let context = party[0].group.context
            return .publicMessage(
                try PublicMessage(
                    proposing: .remove(LeafIndex(2)),
                    asExternalSender: index,
                    to: context.groupID,
                    epoch: context.epoch,
                    suite3,
                    signatureKey: key
                )
            )
        }
        let forged = try proposal(as: 0, second)
        #expect(throws: MLSError.invalid(.messageSignature)) { _ = try party[0].group.open(forged) }
        let good = try proposal(as: 1, second)
        for member in party.members { _ = try member.group.open(good) }
        party.members.removeLast()
        try party.commit(by: party[0])
        try party.expectAgreement()
        #expect(throws: MLSError.misuse(.unsupportedProposal)) {
            _ = try PublicMessage(
                proposing: .externalInit(kemOutput: []),
                asExternalSender: 0,
                to: [1],
                epoch: 1,
                suite3,
                signatureKey: first
            )
        }
    }

    @Test("a list of external senders that cannot be read is refused when it is put up")
    func malformedSenders() throws {
        let party = try Party(2)
        let extensions: Extensions = [Extension(type: .externalSenders, data: [0xff])]
        #expect(throws: MLSError.malformed(.invalid("vector header"))) {
            _ = try party[0].commit([.groupContextExtensions(extensions)])
        }
    }
}
