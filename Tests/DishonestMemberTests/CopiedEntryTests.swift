import Coalition
import Foundation
import MLS
import RelayAPI
import Sodium
import Testing

@testable import MemberClient
@testable import MemberTesting

/// What a member can do with the ciphertexts of others: seal them anew, as entries of its own.
struct CopiedEntryTests {
    /// Guards: a message of one's own under a foreign entry id is reported, and does not hold up what follows.
    @Test(arguments: [EntryKind.application, .advance])
    func aCopyOfOnesOwnMessageIsReportedAndHoldsNothingUp(kind: EntryKind) async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await founder.send(text: "the original", to: [.coalition])
        try await copyLastEntry(by: other, as: kind, to: coalition.relay)

        _ = try await other.send(text: "what follows", to: [.coalition])
        #expect(try await founder.takeTexts() == ["what follows"])
        #expect(try await other.takeTexts() == ["the original"])
        let expected: FindingKind = kind == .application ? .garbageEntry : .garbageAdvance
        #expect(try founder.takeFindings() == [expected])
        await founder.close()
        await other.close()
    }

    private func copyLastEntry(by member: Member, as kind: EntryKind, to relay: TestRelay) async throws {
        let vault = member.engine.vault
        let group = try vault.read { try LoadedGroup(member.engine.coalitionGroup($0), in: $0) }
        let access = group.record.access
        let log = try await relay.read(ReadRequest(access: access, incarnation: .unknown, after: 0))
        let last = try #require(log.entries.last)
        let keys = try group.epochKeys()
        let message = try keys.envelopeKey
            .open(
                SealedBody(try #require(last.body)),
                in: EnvelopeContext(mailbox: access.mailbox, epoch: log.epoch, entryID: last.entryID, kind: last.kind)
            )
            .bytes
        let entryID = EntryID.random()
        let next =
            kind == .advance
            ? [Grant(capabilityHash: Capability.random().hash, rights: [.read, .append, .advance])] : []
        let body = try keys.envelopeKey.seal(
            message,
            in: EnvelopeContext(mailbox: access.mailbox, epoch: log.epoch, entryID: entryID, kind: kind, next: next)
        )
        switch kind {
        case .advance:
            _ = try await relay.advance(
                AdvanceRequest(
                    access: access,
                    epoch: log.epoch,
                    entryID: entryID,
                    next: next,
                    advancesSeen: [],
                    body: body.bytes
                )
            )
        case .application, .lastResort:
            _ = try await relay.append(
                AppendRequest(access: access, epoch: log.epoch, entryID: entryID, kind: kind, body: body.bytes)
            )
        }
    }
}
