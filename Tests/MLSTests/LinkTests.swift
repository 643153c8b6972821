import Sodium
import TLSCodec
import Testing

@testable import MLS

@Suite("Pre-shared keys, ReInit and branches")
struct LinkTests {
    @Test("keys of the application's and of past epochs enter the key schedule of members and of those who join")
    func preSharedKeys() throws {
        var party = try Party(3)
        var keys = PreSharedKeys()
        keys.insert(Secret(copying: [1, 2, 3]), as: .external(id: [1]))
        keys.insert(party[0].group.predecessor())
        let past = party[0].group.predecessor().source(.application)
        try party.commit(by: party[1])
        let present = party[0].group.predecessor().source(.application)
        let ids = try [.external(id: [1]), past, present].map { try PreSharedKeyID($0, for: suite3) }

        let key = try SignaturePrivateKey(suite3)
        let bundle = try Member.bundle("newcomer", key)
        var options = CommitOptions()
        options.preSharedKeys = keys
        // The epoch's own key needs no handing in, but by one who joins and has never been in the epoch.
        let pending = try party[0].group
            .commit(
                [.add(bundle.keyPackage)] + ids.map { .preSharedKey($0) },
                signatureKey: party[0].key,
                options: options
            )
        var joiners = keys
        joiners.insert(party[0].group.epoch.resumptionPSK, as: ids[2].name)
        let invitation = pending.welcome
        let message = pending.message
        #expect(pending.changes.preSharedKeys == ids)
        try party[0].group.merge(pending.takeStaged())
        for member in party.members.dropFirst() {
            let verified = try member.openCommit(message)
            #expect(verified.changes.preSharedKeys == ids)
            try member.group.merge(try member.group.stage(verified, preSharedKeys: keys))
        }
        let join = try PendingJoin(try #require(invitation), keyPackage: bundle, preSharedKeys: joiners)
        party.members.append(Member(name: "newcomer", key: key, group: join.accept()))
        try party.expectAgreement()
    }

    @Test("a wrong key shows in the confirmation tag")
    func wrongKey() throws {
        let party = try Party(2)
        var options = CommitOptions()
        options.preSharedKeys.insert(Secret(copying: [1]), as: .external(id: [1]))
        let id = try PreSharedKeyID(.external(id: [1]), for: suite3)
        let pending = try party[0].group.commit([.preSharedKey(id)], signatureKey: party[0].key, options: options)
        let verified = try party[1].openCommit(pending.message)
        var wrong = PreSharedKeys()
        wrong.insert(Secret(copying: [2]), as: .external(id: [1]))
        #expect(throws: MLSError.invalid(.confirmationTag)) {
            _ = try party[1].group.stage(verified, preSharedKeys: wrong).ownLeaf
        }
    }

    @Test("after a ReInit nothing is sent in the group, after a restart neither, and its successor goes on")
    func reInit() throws {
        let succession = try Succession(ended: true)
        let old = succession.old
        #expect(old[1].group.reInit == .test())
        let restored = try Epoch(epoch: old[0].group.serializedEpoch(), sending: old[0].group.serializedSending())
        #expect(restored.reInit == .test())
        #expect(throws: MLSError.misuse(.groupReinitialized)) { _ = try old[0].send("late") }
        #expect(throws: MLSError.misuse(.groupReinitialized)) { _ = try old[0].commit() }
        #expect(throws: MLSError.misuse(.groupReinitialized)) {
            _ = try old[0].group.proposeUpdate(signatureKey: old[0].key)
        }
        #expect(throws: MLSError.misuse(.groupReinitialized)) {
            _ = try old[0].group.groupInfo(signatureKey: old[0].key)
        }
        let successor = try succession.successor()
        let joined = try succession.join(successor.welcome)
        let made = successor.accept()
        #expect(made.context == joined.context)
        #expect(made.context.epoch == 1)
        #expect(made.context.groupID == ReInit.test().groupID)
        #expect(made.epochAuthenticator == joined.epochAuthenticator)
    }

    @Test("a successor is made of a group that a ReInit has ended, with all of its members, in a version that is known")
    func reInitMisuse() throws {
        let going = try Succession(ended: false)
        #expect(throws: MLSError.misuse(.notReinitialized)) { _ = try going.successor().welcome }
        let party = try Party(2)
        try party.commit([.reInit(.test())], by: party[0])
        let key = try SignaturePrivateKey(suite3)
        #expect(throws: MLSError.invalid(.reInitMembers)) {
            _ =
                try Group.successor(
                    of: party[0].group.predecessor(),
                    with: Member.bundle("member 0", key),
                    others: [],
                    signatureKey: key
                )
                .welcome
        }
        let later = try Party(2)
        try later.commit([.reInit(.test(version: ProtocolVersion(rawValue: 2)))], by: later[0])
        #expect(throws: MLSError.misuse(.unsupportedVersion)) {
            _ =
                try Group.successor(
                    of: later[0].group.predecessor(),
                    with: Member.bundle("member 0", key),
                    others: [],
                    signatureKey: key
                )
                .welcome
        }
    }

    @Test("a branch is joined by those who were in the epoch that it follows from")
    func branch() throws {
        let succession = try Succession(ended: false)
        let branch = try succession.branch()
        let joined = try succession.join(branch.welcome)
        let made = branch.accept()
        #expect(made.context == joined.context)
        #expect(made.epochAuthenticator == joined.epochAuthenticator)
        // The old group goes on.
        try succession.old.expectAgreement()
    }

    @Test("a ReInit waits until nothing else is proposed, and bad proposals keep nobody from committing")
    func selection() throws {
        let party = try Party(3)
        func propose(_ proposal: Proposal) throws {
            let message = try party[1].group.propose(proposal, signatureKey: party[1].key, framing: .publicMessage)
            try party.deliver(message, from: party[1])
        }
        try propose(.reInit(.test()))
        try propose(.remove(LeafIndex(9)))
        try propose(.preSharedKey(PreSharedKeyID(.external(id: [1]), for: suite3)))
        let key = try SignaturePrivateKey(suite3)
        var expired = try Member.bundle("newcomer", key).keyPackage
        expired.signature[0] ^= 1
        try propose(.add(expired))
        try propose(.groupContextExtensions([Extension(type: .test, data: [1])]))
        let first = try party.commit(by: party[0])
        #expect(first.welcome == nil)
        #expect(party[2].group.context.extensions[.test] == [1])
        #expect(party[2].group.reInit == nil)
        try propose(.reInit(.test()))
        try party.commit(by: party[0])
        #expect(party[2].group.reInit == .test())
    }
}
