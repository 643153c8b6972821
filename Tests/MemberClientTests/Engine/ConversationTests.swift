import Coalition
import Foundation
import Testing

@testable import MemberClient
@testable import MemberTesting

struct ConversationTests {
    @Test(arguments: SuiteName.allCases)
    func directMessagesReachEveryDeviceOfBothAndNobodyElse(suite: SuiteName) async throws {
        let coalition = try await TestCoalition(suite: suite)
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        let phone = try await coalition.admit(colleague: "admin", device: "phone", home: "phone", by: josa)
        let other = try await coalition.admit(organisation: "INSM", by: founder)
        for member in [founder, josa, phone, other] { _ = try await member.sync() }

        let user = try #require(UserAddress("admin@JOSA"))
        let results = try await founder.send(text: "لك وحدك", to: [.user(user)])
        #expect(results.map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["لك وحدك"])
        #expect(try await phone.takeTexts() == ["لك وحدك"])
        #expect(try await other.takeTexts() == [])

        let back = try #require(UserAddress("admin@smex"))
        _ = try await phone.send(text: "وصل", to: [.user(back)])
        #expect(try await founder.takeTexts() == ["وصل"])
        #expect(try await josa.takeTexts() == ["وصل"])
        for member in [founder, josa, phone, other] {
            #expect(try member.takeFindings() == [])
            #expect(try await member.status().groups.count == (member.address == other.address ? 1 : 2))
            await member.close()
        }
    }

    @Test func deviceThatComesLaterIsBroughtIntoTheConversation() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await founder.send(text: "1", to: [.user(user)])
        let phone = try await coalition.admit(colleague: "admin", device: "phone", home: "phone", by: josa)
        _ = try await founder.sync()
        _ = try await founder.send(text: "2", to: [.user(user)])
        #expect(try await phone.takeTexts() == ["2"])
        #expect(try await josa.takeTexts() == ["1", "2"])
        for member in [founder, josa, phone] { #expect(try await member.status().groups.count == 2) }
        for member in [founder, josa, phone] { await member.close() }
    }

    @Test func unknownUserIsRefusedBeforeAnythingIsQueued() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let user = try #require(UserAddress("nobody@SMEX"))
        await #expect { try await founder.send(text: "1", to: [.user(user)]) } throws: { error in
            (error as? MemberError)?.kind == .badInput
        }
        #expect(try await founder.status().queuedCount == 0)
        await founder.close()
    }
}
