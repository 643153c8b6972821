import Coalition
import Foundation
import RelayAPI
import Sodium
import Synchronization
import TLSCodec
import Testing

@testable import MLS
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
        try await expectAdmission(reader: [.commitSkipped], founder: [.garbageAdvance]) { thief, request in
            let next = [Grant(capabilityHash: Capability.random().hash, rights: .read)]
            return try thief.resealed(request, as: .theSameBytes, next: next)
        }
    }

    enum Copy: CaseIterable {
        case theSameBytes
        /// Encrypted anew, with the sender's own key.
        case encryptedAnew
        /// With another key of the sender's.
        case encryptedWithALaterKey
    }

    /// Guards: its sender follows where everybody else goes.
    @Test(arguments: Copy.allCases)
    func aCommitThatCameFirstInAnothersEntryWithItsGrantIsItsSenders(copy: Copy) async throws {
        try await expectAdmission(reader: [], founder: []) { thief, request in
            try thief.resealed(request, as: copy, next: request.next)
        }
    }

    /// Guards: a Commit that the relay will not take any more gives way to another.
    @Test func aGrantThatIsUsedUpByGarbageHoldsNothingUp() async throws {
        try await expectAdmission(reader: [.garbageAdvance], founder: [.garbageAdvance]) { _, request in
            AdvanceRequest(
                access: request.access,
                epoch: request.epoch,
                entryID: .random(),
                next: request.next,
                advancesSeen: request.advancesSeen,
                body: [UInt8](repeating: 7, count: BodyLength.oneKiB.rawValue)
            )
        }
    }

    /// Guards: that they stay together, and the removal comes all the same.
    @Test func aRemovalInAnothersEntryIsSkippedByAllButWhomItRemoves() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let thief = try await coalition.admit(organisation: "JOSA", by: founder)
        let rima = try await coalition.admit(colleague: "rima", home: "rima", by: founder)
        for member in [founder, thief, rima] { _ = try await member.sync() }
        relay.onAdvance { request, inner throws(RelayError) in
            do {
                let next = [Grant(capabilityHash: Capability.random().hash, rights: .read)]
                _ = try await inner.advance(thief.resealed(request, as: .theSameBytes, next: next))
                _ = try await rima.sync()
            } catch {
                throw .violation("\(error)")
            }
            relay.onAdvance(nil)
            return try await inner.advance(request)
        }
        try await founder.remove(rima.address)
        #expect(try rima.takeFindings() == [.groupStopped])
        _ = try await founder.send(text: "after it", to: [.coalition])
        #expect(try await thief.takeTexts() == ["after it"])
        #expect(try thief.takeFindings() == [.commitSkipped])
        for member in [founder, thief, rima] { await member.close() }
    }

    /// That somebody is admitted and reached although another member's advance comes before the Commit.
    private func expectAdmission(
        reader readersFindings: [FindingKind],
        founder foundersFindings: [FindingKind],
        _ sourceLocation: SourceLocation = #_sourceLocation,
        before craft: @escaping @Sendable (Member, AdvanceRequest) throws -> AdvanceRequest
    ) async throws {
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
                    _ = try await inner.advance(craft(thief, request))
                } catch {
                    throw .violation("\(error)")
                }
            }
            return try await inner.advance(request)
        }
        let rima = try await coalition.admit(colleague: "rima", home: "rima", by: founder)
        _ = try await founder.send(text: "after it", to: [.coalition])
        for member in [reader, thief, rima] {
            #expect(try await member.takeTexts() == ["after it"], sourceLocation: sourceLocation)
        }
        #expect(try reader.takeFindings() == readersFindings, sourceLocation: sourceLocation)
        #expect(try founder.takeFindings() == foundersFindings, sourceLocation: sourceLocation)
        #expect(try await reader.members().count == 4, sourceLocation: sourceLocation)
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
    /// The Commit of somebody else's advance, in an entry of this member's.
    fileprivate func resealed(
        _ request: AdvanceRequest,
        as copy: CopiedEntryTests.Copy,
        next: [Grant]
    ) throws -> AdvanceRequest {
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
        var commit = try keys.envelopeKey.open(SealedBody(request.body), in: place(request.entryID, request.next)).bytes
        switch copy {
        case .theSameBytes: break
        case .encryptedAnew: commit = try group.mls.encryptedAnew(MLSMessage(decoding: commit), later: 0).encoded
        case .encryptedWithALaterKey:
            commit = try group.mls.encryptedAnew(MLSMessage(decoding: commit), later: 3).encoded
        }
        let entryID = EntryID.random()
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

extension MLS.Group {
    /// Another member's message in another encryption, as every member can make it.
    /// - Parameter later: how many generations.
    fileprivate mutating func encryptedAnew(_ message: MLSMessage, later: UInt32) throws -> MLSMessage {
        guard case .privateMessage(let message) = message else { throw NotInTheGroup() }
        let senderData = try message.senderData(epoch.secrets.senderData.secret, crypto)
        let (leaf, generation) = (senderData.leaf, senderData.generation)
        let content = try message.open(
            senderData,
            key: receiving.step(leaf, .handshake, generation, crypto).key,
            crypto
        )
        return .privateMessage(
            content.privateMessage(
                from: leaf,
                key: try receiving.step(leaf, .handshake, generation + later, crypto).key,
                senderDataSecret: epoch.secrets.senderData.secret,
                padding: .none,
                crypto
            )
        )
    }
}
