import Coalition
import Foundation
import MLS
import RelayAPI
import Sodium
import Synchronization
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

    /// Guards: a skipped advance leaves no trace, so that the Commit in it is applied when it comes again in its own entry.
    @Test func aCommitThatCameFirstInAnothersEntryIsStillApplied() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let thief = try await coalition.admit(organisation: "JOSA", by: founder)
        let reader = try await coalition.admit(organisation: "INSM", by: founder)
        for member in [founder, thief, reader] { _ = try await member.sync() }
        let isFirst = Mutex(true)
        relay.onAdvance { request, inner throws(RelayError) in
            if isFirst.withLock({ first in
                defer { first = false }; return first
            }) {
                do {
                    _ = try await inner.advance(thief.resealed(request))
                } catch {
                    throw .violation("\(error)")
                }
            }
            return try await inner.advance(request)
        }
        let rima = try await coalition.admit(colleague: "rima", home: "rima", by: founder)
        _ = try await founder.send(text: "after it", to: [.coalition])
        for member in [reader, thief, rima] { #expect(try await member.takeTexts() == ["after it"]) }
        #expect(try reader.takeFindings() == [.commitSkipped])
        #expect(try await reader.members().count == 4)
        for member in [founder, thief, reader, rima] { await member.close() }
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

extension Member {
    /// The Commit of somebody else's advance, in an entry of this member's with other grants.
    fileprivate func resealed(_ request: AdvanceRequest) throws -> AdvanceRequest {
        let group = try engine.vault.read { try engine.group(of: .coalition, $0) }
        let keys = try group.epochKeys()
        func place(_ entryID: EntryID, _ next: [Grant]) -> EnvelopeContext {
            EnvelopeContext(
                mailbox: request.access.mailbox,
                epoch: request.epoch,
                entryID: entryID,
                kind: .advance,
                next: next
            )
        }
        let commit = try keys.envelopeKey.open(SealedBody(request.body), in: place(request.entryID, request.next)).bytes
        let entryID = EntryID.random()
        let next = [Grant(capabilityHash: Capability.random().hash, rights: .read)]
        return AdvanceRequest(
            access: request.access,
            epoch: request.epoch,
            entryID: entryID,
            next: next,
            advancesSeen: request.advancesSeen,
            body: try keys.envelopeKey.seal(commit, in: place(entryID, next)).bytes
        )
    }
}
