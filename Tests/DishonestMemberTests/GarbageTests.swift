import Coalition
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// What a member can put into a log without signing it.
struct GarbageTests {
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
}
