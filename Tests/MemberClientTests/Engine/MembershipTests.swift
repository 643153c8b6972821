import Coalition
import Foundation
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

struct MembershipTests {
    @Test func twoCommitsAtOnceBothTakeEffect() async throws {
        let coalition = try await TestCoalition()
        let first = try await coalition.found("SMEX")
        let second = try await coalition.admit(organisation: "JOSA", by: first)
        let hala = try await coalition.beginJoin(
            first.invite(.colleague(try #require(Name("hala")))),
            home: "hala"
        )
        let omar = try await coalition.beginJoin(
            second.invite(.colleague(try #require(Name("omar")))),
            home: "omar"
        )
        let forFirst = try #require(try await first.requests().first)
        let forSecond = try #require(try await second.requests().first)

        async let one = first.approve(forFirst.id, code: hala.code)
        async let other = second.approve(forSecond.id, code: omar.code)
        _ = try await (one, other)

        let members = [first, second, try await hala.wait(seconds: 5), try await omar.wait(seconds: 5)]
        for member in members {
            #expect(try await member.members().map(\.address.description).count == 4)
            #expect(try member.takeFindings() == [])
        }
        _ = try await members[2].send(text: "من هلا", to: [.coalition])
        for member in [members[0], members[1], members[3]] {
            #expect(try await member.takeTexts() == ["من هلا"])
        }
        for member in members { await member.close() }
    }

    @Test func removedMemberReadsNothingLater() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        let other = try await coalition.admit(organisation: "JOSA", by: admin)
        let colleague = try await coalition.admit(colleague: "rima", home: "rima", by: admin)
        _ = try await admin.send(text: "قبل", to: [.coalition])
        #expect(try await colleague.takeTexts() == ["قبل"])

        try await admin.remove(colleague.address)
        _ = try await admin.send(text: "بعد", to: [.coalition])
        #expect(try await other.takeTexts() == ["قبل", "بعد"])
        #expect(try await colleague.takeTexts() == [])
        #expect(try colleague.takeFindings() == [.groupStopped])
        let result = try await colleague.send(text: "أنا هنا", to: [.coalition])
        #expect(result.map(\.state) == [.queued])
        // It is said to be in vain, and nobody waits for it.
        #expect(result.first?.reason?.isFinal == true)
        let id = try #require(result.first.flatMap { MessageID(text: $0.id) })
        await #expect { try await colleague.wait(for: id, state: .relayed, quorum: nil, seconds: nil) } throws: {
            error in
            (error as? MemberError)?.kind == .notPermitted
        }
        // One of several copies that will not go is enough.
        let user = try #require(Target("admin@JOSA"))
        let both = try await colleague.send(text: "أنا هنا", to: [.coalition, user])
        let second = try #require(both.first.flatMap { MessageID(text: $0.id) })
        await #expect { try await colleague.wait(for: second, state: .relayed, quorum: nil, seconds: 60) } throws: {
            ($0 as? MemberError)?.kind == .notPermitted
        }
        #expect(try await other.takeTexts() == [])
        let entry = try await other.members().first { $0.address == colleague.address }
        #expect(entry?.state == .revoked)
        for member in [admin, other, colleague] { await member.close() }
    }

    @Test func wrongCodeAdmitsNobody() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        let invitation = try await admin.invite(.colleague(try #require(Name("rima"))))
        let joining = try await coalition.beginJoin(invitation, home: "rima")
        let request = try #require(try await admin.requests().first)
        await #expect { try await admin.approve(request.id, code: "0000-0000-0000") } throws: { error in
            (error as? MemberError)?.kind == .notPermitted
        }
        #expect(try await admin.members().count == 1)
        await #expect { try await joining.wait(seconds: 0) } throws: { error in
            (error as? MemberError)?.kind == .temporary
        }
        #expect(try await admin.approveAllColleagues() == [joining.address])
        let member = try await joining.wait(seconds: 5)
        func isVerified() async throws -> Bool? {
            try await admin.members().first { $0.address == member.address }?.isVerified
        }
        #expect(try await isVerified() == false)
        // Whoever compares the codes later has compared them.
        _ = try await admin.approve(request.id, code: joining.code)
        #expect(try await isVerified() == true)
        for each in [admin, member] { await each.close() }
    }

    @Test func newOrganisationIsNeverAdmittedWithoutItsCode() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        let name = try #require(Name("JOSA"))
        let invitation = try await admin.invite(.organisation(name, firstAdmin: try #require(Name("admin"))))
        let joining = try await coalition.beginJoin(invitation, home: "JOSA")
        #expect(try await admin.requests().count == 1)
        #expect(try await admin.approveAllColleagues() == [])
        #expect(try await admin.members().count == 1)
        await joining.close()
        await admin.close()
    }

    @Test func twoRequestsOnOneInvitationVoidIt() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        let invitation = try await admin.invite(
            .organisation(try #require(Name("JOSA")), firstAdmin: try #require(Name("a")))
        )
        let joining = try await coalition.beginJoin(invitation, home: "one")
        let thief = try await coalition.beginJoin(invitation, home: "two")
        #expect(try await admin.requests().isEmpty)
        #expect(try admin.takeFindings() == [.invitationVoided])
        for each in [joining, thief] { await each.close() }
        await admin.close()
    }

    @Test func joinGoesOnWithTheSameCodeWhenItIsBegunAgain() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        let invitation = try await admin.invite(.colleague(try #require(Name("rima"))))
        let first = try await coalition.beginJoin(invitation, home: "rima")
        await first.close()
        let second = try await coalition.beginJoin(invitation, home: "rima")
        #expect(first.code == second.code)
        let request = try #require(try await admin.requests().first)
        _ = try await admin.approve(request.id, code: second.code)
        let member = try await second.wait(seconds: 5)
        #expect(try await member.members().count == 2)
        for each in [admin, member] { await each.close() }
    }
}
