import Coalition
import Foundation
import MLS
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// What honest members make of Commits that break the policy; the whole table is played by Tests/DishonestMember.
struct PolicyTests {
    @Test func removalWithoutStatementIsSkippedAndNamed() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        let insm = try await coalition.admit(organisation: "INSM", by: founder)
        for member in [founder, josa, insm] { _ = try await member.sync() }
        _ = try await josa.send { view in
            var crafted = CraftedCommit()
            crafted.proposals = [.remove(LeafIndex(0))]
            return crafted
        }
        for member in [founder, insm] {
            #expect(try await member.takeTexts() == [])
            let finding = try #require(try member.unshownFindings().first)
            #expect(finding.kind == .commitSkipped)
            #expect(finding.who == josa.address)
            #expect(finding.parameters["rule"] == "C8")
        }
        #expect(try await founder.send(text: "ما زلنا هنا", to: [.coalition]).map(\.state) == [.relayed])
        #expect(try await insm.takeTexts() == ["ما زلنا هنا"])
        #expect(try await josa.takeTexts() == ["ما زلنا هنا"])
        for member in [founder, josa, insm] {
            #expect(try await member.members().count == 3)
            await member.close()
        }
    }

    @Test func commitWithOtherGrantsIsSkipped() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        _ = try await josa.send { _ in
            var crafted = CraftedCommit()
            crafted.next = [Grant(capabilityHash: Capability.random().hash, rights: .read)]
            return crafted
        }
        _ = try await founder.sync()
        #expect(try founder.unshownFindings().first?.parameters["rule"] == "C12")
        _ = try await founder.send(text: "1", to: [.coalition])
        #expect(try await josa.takeTexts() == ["1"])
        for member in [founder, josa] { await member.close() }
    }
}
