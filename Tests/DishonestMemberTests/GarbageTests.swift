import Coalition
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// What a member can put into a log without signing it, or signs although it is nothing.
struct GarbageTests {
    /// Guards: a finding repeats what is wrong with a message, and one that could not be read again hid all others.
    @Test func aFindingIsShownHoweverLongWhatItTellsOf() async throws {
        let scene = try await DishonestScene()
        let name = String(repeating: "A", count: 70_000)
        try await scene.dishonest.send(raw: Array(#"{"\#(name)":1,"\#(name)":1}"#.utf8))
        for member in scene.honest {
            _ = try await member.sync()
            let findings = try member.unshownFindings()
            #expect(findings.map(\.kind) == [.badMessage])
            #expect(findings.first?.who == scene.dishonest.address)
            try member.markShown(findings)
        }
        try await scene.expectAlertCrosses()
        await scene.close()
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
}
