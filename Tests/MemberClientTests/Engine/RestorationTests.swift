import Coalition
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// A relay that has been restored from a backup: who did not know each other at the time of the backup reach each other again,
/// and nothing is called sent that nobody can read.
struct RestorationTests {
    private func reopen(
        _ members: [Member],
        _ names: [String],
        of coalition: TestCoalition,
        on relay: any MemberClient.Relay
    ) async throws -> [Member] {
        for member in members { await member.close() }
        return try names.map { try coalition.open($0, relay: relay) }
    }

    @Test(arguments: [false, true])
    func keyPackageThatIsHandedOutAgainIsPassedOver(ownerComesFirst: Bool) async throws {
        let coalition = try await TestCoalition()
        var founder = try await coalition.found("SMEX")
        var josa = try await coalition.admit(organisation: "JOSA", by: founder)
        var insm = try await coalition.admit(organisation: "INSM", by: founder)
        for member in [founder, josa, insm] { _ = try await member.sync() }
        let backup = try coalition.copyOfRelay()
        let user = try #require(UserAddress("admin@INSM"))
        _ = try await josa.send(text: "1", to: [.user(user)])
        #expect(try await insm.takeTexts() == ["1"])

        let members = try await reopen([founder, josa, insm], ["SMEX", "JOSA", "INSM"], of: coalition, on: backup)
        (founder, josa, insm) = (members[0], members[1], members[2])
        if ownerComesFirst { _ = try await insm.sync() }
        // One who took no part, and one whose conversation is gone.
        #expect(try await founder.send(text: "2", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await josa.send(text: "3", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await insm.takeTexts().sorted() == ["2", "3"])
        for name in ["SMEX", "JOSA"] {
            let other = try #require(UserAddress("admin@\(name)"))
            #expect(try await insm.send(text: "back", to: [.user(other)]).map(\.state) == [.relayed])
        }
        for member in [founder, josa] { #expect(try await member.takeTexts() == ["back"]) }
        for member in members {
            let findings = try member.takeFindings()
            #expect(findings.allSatisfy { [.incarnationChanged, .mailboxLost].contains($0) }, "\(findings)")
            await member.close()
        }
    }

    @Test func deviceThatJoinedAfterTheBackupIsReachedAgain() async throws {
        let coalition = try await TestCoalition()
        var founder = try await coalition.found("SMEX")
        var josa = try await coalition.admit(organisation: "JOSA", by: founder)
        let backup = try coalition.copyOfRelay()
        var rima = try await coalition.admit(colleague: "rima", home: "rima", by: founder)
        for member in [founder, josa, rima] { _ = try await member.sync() }

        let members = try await reopen([founder, josa, rima], ["SMEX", "JOSA", "rima"], of: coalition, on: backup)
        (founder, josa, rima) = (members[0], members[1], members[2])
        for member in members { _ = try await member.sync() }
        let user = try #require(UserAddress("rima@SMEX"))
        #expect(try await josa.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await founder.send(text: "2", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await rima.takeTexts().sorted() == ["1", "2"])
        let other = try #require(UserAddress("admin@JOSA"))
        #expect(try await rima.send(text: "3", to: [.user(other)]).map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["3"])
        for member in members { await member.close() }
    }

    @Test func mailboxesThatTheRelayHadOnlyDeniedStayAsTheyAre() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        _ = try await founder.sync()
        let inbox = try founder.engine.vault.read { try $0.device().inbox.mailbox }
        relay.onRead { request, inner throws(RelayError) in
            guard request.access.mailbox != inbox else { throw .problem(Problem(.notPermitted)) }
            return try await inner.read(request)
        }
        _ = try await founder.sync()
        relay.onRead(nil)
        _ = try await founder.sync()
        let user = try #require(UserAddress("admin@SMEX"))
        #expect(try await josa.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await founder.takeTexts() == ["1"])
        #expect(try founder.takeFindings() == [.mailboxLost])
        for member in [founder, josa] { await member.close() }
    }

    /// Guards: what lay in the inbox at the time of the backup comes once more, and is nobody's fault.
    @Test(arguments: [false, true])
    func welcomeThatComesOnceMoreAccusesNobody(inSilence: Bool) async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let founder = try await coalition.found("SMEX")
        var josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@JOSA"))
        _ = try await founder.send(text: "1", to: [.user(user)])
        let backup = try coalition.copyOfRelay(keepsIncarnation: inSilence)
        #expect(try await josa.takeTexts() == ["1"])
        await josa.close()
        josa = try coalition.open("JOSA", relay: backup)
        for _ in 0..<2 { #expect(try await josa.takeTexts() == []) }
        #expect(try josa.takeFindings().allSatisfy { $0 == .incarnationChanged })
        for member in [founder, josa] { await member.close() }
    }

    /// Guards: what comes next has numbers that have been read, and nobody looked there.
    @Test func inboxThatWentBackInSilenceIsReadFromItsBeginning() async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        var founder = try await coalition.found("SMEX")
        var josa = try await coalition.admit(organisation: "JOSA", by: founder)
        var insm = try await coalition.admit(organisation: "INSM", by: founder)
        for member in [founder, josa, insm] { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@JOSA"))
        let earlier = try coalition.copyOfRelay(keepsIncarnation: true)
        for text in ["1", "2"] { _ = try await founder.send(text: text, to: [.user(user)]) }
        #expect(try await josa.takeTexts() == ["1", "2"])
        let members = try await reopen([founder, josa, insm], ["SMEX", "JOSA", "INSM"], of: coalition, on: earlier)
        (founder, josa, insm) = (members[0], members[1], members[2])
        _ = try await josa.sync()
        #expect(try josa.takeFindings().contains(.headBehind))
        #expect(try await insm.send(text: "3", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["3"])
        for member in members { await member.close() }
    }
}
