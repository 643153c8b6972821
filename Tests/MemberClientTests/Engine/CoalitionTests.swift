import Coalition
import Foundation
import Testing

@testable import MemberClient
@testable import MemberTesting

struct CoalitionTests {
    @Test(arguments: SuiteName.allCases)
    func messagesOfFiveOrganisationsCrossOnceAndInOrder(suite: SuiteName) async throws {
        let coalition = try await TestCoalition(suite: suite)
        let founder = try await coalition.found("SMEX")
        var members = [founder]
        for organisation in ["JOSA", "INSM", "7amleh", "Masaar"] {
            members.append(try await coalition.admit(organisation: organisation, by: founder))
        }
        for member in members { _ = try await member.sync() }

        let texts = (0..<3).map { "اعتقال مدوّن \($0)" }
        for text in texts {
            let results = try await founder.send(text: text, to: [.coalition])
            #expect(results.map(\.state) == [.relayed])
        }
        for member in members.dropFirst() {
            #expect(try await member.takeTexts() == texts)
        }
        _ = try await members[3].send(text: "تم الاستلام", to: [.coalition])
        for (index, member) in members.enumerated() where index != 3 {
            #expect(try await member.takeTexts() == ["تم الاستلام"])
            #expect(try await member.takeTexts() == [])
        }
        for member in members {
            #expect(try member.takeFindings() == [])
            #expect(try await member.members().count == 5)
            #expect(try await member.status().suite == suite)
            await member.close()
        }
    }
}
