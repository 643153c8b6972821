import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition
@testable import MLS

/// A member other than Amal, in the group after its first Commit.
final class MemberSide {
    let member: MemberFixture
    let fixture: GroupFixture
    var group: Group

    init(_ fixture: GroupFixture, _ member: MemberFixture) throws {
        self.fixture = fixture
        self.member = member
        // The member comes again, with a KeyPackage whose private keys are at hand.
        let bundle = try member.keyPackage()
        var draft = CommitDraft(at: GroupFixture.founded.later(by: 10))
        draft.proposals = [.remove(try fixture.index(of: member)), .add(bundle.keyPackage)]
        let pending = try fixture.commit(draft)
        let invitation = pending.welcome
        let welcome = try #require(invitation)
        group = try PendingJoin(welcome, keyPackage: bundle).accept()
        try fixture.group.merge(pending.takeStaged())
    }

    /// Amal commits, and the member follows.
    func apply(_ fixture: GroupFixture, _ draft: CommitDraft) throws {
        let pending = try fixture.commit(draft)
        let commit = try EntryPolicy.commit(group.open(pending.message))
        expectKept(commit.changes)
        try group.merge(group.stage(commit))
        try fixture.group.merge(pending.takeStaged())
    }

    func changes(_ draft: CommitDraft) throws -> CommitChanges {
        var options = CommitOptions()
        options.authenticatedData =
            MessageContext(
                at: draft.at,
                log: Position(sequence: 0, runningHash: RunningHash(opening: .random())),
                coalitionEpoch: 0,
                coalitionAuthenticator: [],
                statements: draft.statements
            )
            .encoded
        options.leafChanges.extensions = DeviceLeaf.extensions(
            attestation: member.attestation,
            addresses: member.addresses,
            commitTime: draft.at
        )
        let pending = try group.commit(draft.proposals, signatureKey: member.signatureKey, options: options)
        return pending.changes
    }
}
