import Coalition
import Foundation
import RelayAPI
import Synchronization
import Testing

@testable import MemberClient
@testable import Relay

struct RelayFaultTests {
    @Test func messageCrossesOnceWhenTheAnswerIsLost() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        relay.onAppend { request, inner throws(RelayError) in
            _ = try await inner.append(request)
            throw .unreachable("the answer is lost")
        }
        #expect(try await founder.send(text: "1", to: [.coalition]).map(\.state) == [.queued])
        relay.onAppend(nil)
        _ = try await founder.send(text: "2", to: [.coalition])
        _ = try await founder.sync()
        #expect(try await founder.status().queuedCount == 0)
        #expect(try await other.takeTexts() == ["1", "2"])
        for member in [founder, other] {
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }

    @Test func commitWinsOnceWhenTheAnswerIsLost() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        let rima = try await coalition.admit(colleague: "rima", home: "rima", by: founder)
        relay.onAdvance { request, inner throws(RelayError) in
            _ = try await inner.advance(request)
            throw .unreachable("the answer is lost")
        }
        await #expect(throws: MemberError.self) { try await founder.remove(rima.address) }
        relay.onAdvance(nil)
        _ = try await founder.sync()
        #expect(try await other.members().count { $0.state == .active } == 2)
        #expect(try await founder.status().pendingCommitCount == 0)
        for member in [founder, other, rima] { await member.close() }
    }

    @Test func whatIsWrittenWithoutTheRelayCrossesLaterInOrder() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        relay.isReachable = false
        for text in ["1", "2", "3"] {
            let results = try await founder.send(text: text, to: [.coalition])
            #expect(results.map(\.state) == [.queued])
            #expect(results.first?.reason?.kind == .unreachable)
        }
        // The epoch ends meanwhile: what was encrypted for it is encrypted anew.
        let rima = try await coalition.admit(colleague: "rima", home: "rima", by: other)
        relay.isReachable = true
        _ = try await founder.sync()
        #expect(try await other.takeTexts() == ["1", "2", "3"])
        #expect(try await rima.takeTexts() == ["1", "2", "3"])
        for member in [founder, other, rima] {
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }

    @Test func alertCrossesAHundredGarbageAdvances() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await other.sync()
        // An insider knows the capability, and so can advance into nothing.
        let group = try #require(try other.engine.vault.read { try $0.device().coalitionGroup })
        let record = try other.engine.vault.read { try $0.group(group) }
        var seen: [EntryID] = []
        for _ in 0..<100 {
            let entryID = EntryID.random()
            _ = try await coalition.relay.advance(
                AdvanceRequest(
                    access: record.access,
                    epoch: record.cursor.epoch,
                    entryID: entryID,
                    next: [Grant(capabilityHash: Capability.random().hash, rights: .read)],
                    advancesSeen: seen,
                    body: [UInt8](repeating: 7, count: BodyLength.oneKiB.rawValue)
                )
            )
            seen.append(entryID)
        }
        let results = try await founder.send(text: "خبر عاجل", to: [.coalition])
        #expect(results.map(\.state) == [.relayed])
        #expect(try await other.takeTexts() == ["خبر عاجل"])
        #expect(try other.takeFindings() == Array(repeating: .garbageAdvance, count: 100))
        for member in [founder, other] { await member.close() }
    }

    @Test func droppedEntryIsNoticedAndTheRestIsRead() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX")
        let other = try await coalition.admit(organisation: "JOSA", by: founder, relay: relay)
        for text in ["1", "2", "3"] { _ = try await founder.send(text: text, to: [.coalition]) }
        relay.onRead { request, inner throws(RelayError) in
            let response = try await inner.read(request)
            return response.with(entries: response.entries.filter { $0.sequence != 3 })
        }
        #expect(try await other.takeTexts() == ["1", "3"])
        #expect(try other.takeFindings() == [.chainBroken])
        relay.onRead(nil)
        _ = try await founder.send(text: "4", to: [.coalition])
        #expect(try await other.takeTexts() == ["4"])
        #expect(try other.takeFindings() == [])
        for member in [founder, other] { await member.close() }
    }

    @Test func tailThatIsWithheldFromTheSenderIsNoticedAndSentAgain() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        // Acknowledged, and forgotten.
        relay.onAppend { request, inner throws(RelayError) in
            AppendResponse(
                incarnation: coalition.store.incarnation,
                sequence: 2,
                runningHash: RunningHash(unchecked: [UInt8](repeating: 1, count: 32)),
                isDuplicate: true
            )
        }
        _ = try await founder.send(text: "1", to: [.coalition])
        relay.onAppend(nil)
        _ = try await other.send(text: "2", to: [.coalition])
        _ = try await founder.sync()
        #expect(try founder.takeFindings().contains { $0 == .acknowledgedEntryMissing || $0 == .answerContradicts })
        #expect(try await founder.takeTexts() == ["2"])
        #expect(try await other.takeTexts() == ["1"])
        for member in [founder, other] { await member.close() }
    }

    @Test func restoredBackupIsNoticedAndTheCommitsItLostAreHandedBack() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let other = try await coalition.admit(organisation: "JOSA", by: founder)
        let rima = try await coalition.admit(colleague: "rima", home: "rima", by: founder)
        _ = try await founder.send(text: "1", to: [.coalition])
        #expect(try await other.takeTexts() == ["1"])
        let backup = try coalition.copyOfRelay()
        try await founder.remove(rima.address)
        _ = try await founder.send(text: "2", to: [.coalition])
        #expect(try await other.takeTexts() == ["2"])
        for member in [founder, other, rima] { await member.close() }

        let restored = TestRelay(service: RelayService(store: try SQLiteMailboxStore(file: backup)))
        let members = try ["SMEX", "JOSA"].map { try coalition.open($0, relay: restored) }
        for member in members { _ = try await member.sync() }
        for (index, member) in members.enumerated() {
            #expect(try member.takeFindings().contains(.incarnationChanged))
            let results = try await member.send(text: "من \(index)", to: [.coalition])
            #expect(results.map(\.state) == [.relayed])
        }
        #expect(try await members[0].takeTexts() == ["من 1"])
        #expect(try await members[1].takeTexts() == ["من 0"])
        for member in members {
            #expect(try !member.takeFindings().contains(.splitView))
            await member.close()
        }
    }

    @Test func rollbackInSilenceIsNoticedAndNothingIsLostAfterwards() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX")
        let other = try await coalition.admit(organisation: "JOSA", by: founder, relay: relay)
        _ = try await founder.send(text: "1", to: [.coalition])
        _ = try await founder.send(text: "2", to: [.coalition])
        #expect(try await other.takeTexts() == ["1", "2"])
        relay.onRead { request, inner throws(RelayError) in
            let response = try await inner.read(request)
            guard response.head > 2 else { return response }
            let entries = response.entries.filter { $0.sequence < 3 }
            return response.with(entries: entries, head: 2)
        }
        _ = try await other.sync()
        #expect(try other.takeFindings().contains(.headBehind))
        relay.onRead(nil)
        _ = try await founder.send(text: "3", to: [.coalition])
        #expect(try await other.takeTexts() == ["3"])
        for member in [founder, other] { await member.close() }
    }
}

extension ReadResponse {
    func with(entries: [ReadEntry], head: UInt64? = nil) -> ReadResponse {
        ReadResponse(
            incarnation: incarnation,
            epoch: epoch,
            opening: opening,
            openingHash: openingHash,
            head: head ?? self.head,
            headHash: headHash,
            entries: entries
        )
    }
}
