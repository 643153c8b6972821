import Coalition
import MLS
import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Requests to join that cannot be granted, and what they keep from being done: nothing.
struct RequestTests {
    private func name(_ text: String) throws -> Name { try #require(Name(text)) }

    // MARK: Whom nobody could reach

    enum Flaw: CaseIterable, Sendable {
        case inboxRelay, keyPackagesRelay, inboxKeyLength, inboxKey, contactKey

        var addresses: CraftedAddresses {
            var crafted = CraftedAddresses()
            switch self {
            case .inboxRelay: crafted.inboxRelay = "nowhere"
            case .keyPackagesRelay: crafted.keyPackagesRelay = "nowhere"
            case .inboxKeyLength: crafted.inboxKey = [1]
            case .inboxKey: crafted.inboxKey = [UInt8](repeating: 0xff, count: 1216)
            case .contactKey: crafted.contactKey = .zero
            }
            return crafted
        }
    }

    @Test(arguments: Flaw.allCases)
    func requestOfADeviceThatNobodyCouldReachIsRefused(_ flaw: Flaw) async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        let invitation = try await admin.invite(.colleague(name("rima")))
        var crafted = CraftedRequest()
        crafted.addresses = flaw.addresses
        try await coalition.answer(invitation, with: crafted)
        #expect(try await admin.requests().isEmpty)
        #expect(try admin.takeFindings() == [.badRequest])
        await admin.close()
    }

    /// Guards: what the others change is right where they do not change it.
    @Test func requestOfADeviceThatCanBeReachedIsGranted() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        try await coalition.answer(admin.invite(.colleague(name("rima"))))
        #expect(try await admin.approveAllColleagues().count == 1)
        #expect(try await admin.members().count == 2)
        // Its inbox has never been made.
        #expect(try admin.takeFindings() == [.welcomeUndeliverable])
        await admin.close()
    }

    @Test func newOrganisationWithAContactKeyThatGivesNoSecretIsRefused() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        var crafted = CraftedRequest()
        for key in [ContactKey().publicKey, .zero] {
            let invitation = try await admin.invite(.organisation(name("JOSA"), firstAdmin: name("admin")))
            crafted.organisation = try Organisation(
                id: name("JOSA"),
                rootKey: OrganisationRootKey().publicKey,
                contactKey: key
            )
            try await coalition.answer(invitation, with: crafted)
        }
        #expect(try await admin.requests().count == 1)
        #expect(try admin.takeFindings() == [.badRequest])
        await admin.close()
    }

    /// Guards: an admission that no charter can hold was tried again with every sync, and failed with it.
    @Test func newOrganisationWithTheContactKeyOfAnotherIsGivenUp() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        try admin.engine.vault.write { transaction in
            let taken = try #require(try admin.engine.charter(transaction).organisations.first).contactKey
            let organisation = try Organisation(
                id: name("JOSA"),
                rootKey: OrganisationRootKey().publicKey,
                contactKey: taken
            )
            let group = try admin.engine.coalitionGroup(transaction)
            _ = try admin.engine.keep(CommitIntent(group: group, organisation: organisation), transaction)
        }
        for findings in [[FindingKind.changeImpossible], []] {
            _ = try await admin.sync()
            #expect(try admin.takeFindings() == findings)
        }
        await admin.close()
    }

    /// Whoever is in the group may say of itself what it likes: that it cannot be written to is its own loss.
    @Test(arguments: [Flaw.inboxRelay, .inboxKeyLength])
    func additionThatCannotBeToldIsMergedAndNoted(_ flaw: Flaw) async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@JOSA"))
        let id = try await founder.engine.conversation(with: user)
        let phone = try await coalition.admit(colleague: "admin", device: "phone", home: "phone", by: founder)
        _ = try await founder.sync()
        let device = try phone.engine.vault.read { try $0.device().identity }
        let addition = try #require(try await founder.engine.additions(of: [device]).first)
        let addresses = try flaw.addresses.made(.xwingChaCha20SHA256Ed25519)
        let unreachable = CommitIntent.Addition(
            device: addition.device,
            keyPackage: addition.keyPackage,
            welcome: WelcomeDestination(
                inbox: addresses.inbox,
                capability: addition.welcome.capability,
                inboxKey: addresses.inboxKey
            ),
            getsSecrets: false
        )
        let number = try founder.engine.vault.write { transaction in
            try founder.engine.keep(CommitIntent(group: id, additions: [unreachable]), transaction)
        }
        try await founder.engine.fulfil(number)
        #expect(try founder.takeFindings().last == .welcomeUndeliverable)
        #expect(try await founder.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["1"])
        for member in [founder, josa, phone] { await member.close() }
    }

    // MARK: What keeps others from being admitted

    @Test func invitationWhoseInboxIsLostKeepsNoOtherFromBeingAnswered() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let admin = try await coalition.found("SMEX", relay: relay)
        let lost = try Invitation(text: try await admin.invite(.colleague(name("lost"))).text).inbox
        for user in ["rima", "omar"] { try await coalition.answer(admin.invite(.colleague(name(user)))) }
        relay.onRead { request, inner throws(RelayError) in
            if request.access.mailbox == lost { throw .problem(Problem(.notPermitted)) }
            return try await inner.read(request)
        }
        let requests = try await admin.requests()
        #expect(requests.map(\.address.user.folded).sorted() == ["omar", "rima"])
        try await admin.deny(try #require(requests.first).id)
        #expect(try await admin.approveAllColleagues().count == 1)
        #expect(try await admin.requests().isEmpty)
        #expect(try admin.takeFindings().contains(.mailboxLost))
        await admin.close()
    }

    @Test func requestThatIsDeniedWhenItsInboxIsLostIsDenied() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        let admin = try await coalition.found("SMEX", relay: relay)
        try await coalition.answer(admin.invite(.colleague(name("rima"))))
        let request = try #require(try await admin.requests().first)
        relay.onRead { _, _ throws(RelayError) in throw .problem(Problem(.notPermitted)) }
        relay.onDelete { _, _ throws(RelayError) in throw .problem(Problem(.notPermitted)) }
        try await admin.deny(request.id)
        #expect(try await admin.requests().isEmpty)
        await admin.close()
    }

    @Test func requestThatHasExpiredKeepsNoOtherFromBeingSeenAndCanBeDenied() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        for user in ["rima", "omar"] { try await coalition.answer(admin.invite(.colleague(name(user)))) }
        let id = try #require(try await admin.requests().first { $0.address.user.folded == "rima" }).id
        try expire(id, of: admin)
        #expect(try await admin.requests().map(\.address.user.folded) == ["omar"])
        #expect(try admin.takeFindings() == [.badRequest])
        let code = try code(of: id, admin)
        await #expect { try await admin.approve(id, code: code) } throws: { error in
            (error as? MemberError)?.kind == .notPermitted
        }
        try await admin.deny(id)
        #expect(try await admin.approveAllColleagues().count == 1)
        await admin.close()
    }

    /// As if the clock had gone on.
    private func expire(_ id: String, of admin: Member) throws {
        try admin.engine.vault.write { transaction in
            var (number, record) = try #require(try transaction.invitation(answeredBy: id))
            var crafted = CraftedRequest()
            crafted.lasting = .hours(23)
            record.request = InvitationRecord.StoredRequest(
                hash: try #require(record.request).hash,
                request: try JoinRequest(answering: record.invitation, crafted)
            )
            try transaction.replace(number, in: .invitations, with: record.encoded)
        }
    }

    /// What the joiner would read out.
    private func code(of id: String, _ admin: Member) throws -> String {
        let record = try #require(try admin.engine.vault.read { try $0.invitation(answeredBy: id) }).record
        let hash = JoinRequestHash(unchecked: try #require(record.request).hash)
        return try JoinCode(for: hash, answering: record.invitation).description
    }

    // MARK: What is told

    /// Whom the rules do not admit: a device of the founder's own name.
    private func impossibleRequest(
        of admin: Member,
        in coalition: TestCoalition
    ) async throws -> (id: String, code: String) {
        try await coalition.answer(admin.invite(.colleague(name("admin"))))
        let request = try #require(try await admin.requests().first)
        return (request.id, try code(of: request.id, admin))
    }

    @Test func requestThatTheRulesDoNotAllowIsNeverSaidToBeGranted() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        let (id, code) = try await impossibleRequest(of: admin, in: coalition)
        for _ in 0..<2 {
            await #expect { try await admin.approve(id, code: code) } throws: { error in
                (error as? MemberError)?.kind == .notPermitted
            }
            #expect(try await admin.requests().map(\.id) == [id])
        }
        #expect(try await admin.members().count == 1)
        try await admin.deny(id)
        #expect(try await admin.requests().isEmpty)
        await admin.close()
    }

    @Test func colleagueWhomTheRulesDoNotAllowKeepsNoOtherOut() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        _ = try await impossibleRequest(of: admin, in: coalition)
        await #expect { try await admin.approveAllColleagues() } throws: { error in
            (error as? MemberError)?.kind == .notPermitted
        }
        try await coalition.answer(admin.invite(.colleague(name("rima"))))
        #expect(try await admin.approveAllColleagues().map(\.user.folded) == ["rima"])
        #expect(try await admin.members().count == 2)
        await admin.close()
    }

    @Test func requestOfADeviceThatHasBeenRemovedIsNotSaidToBeGrantedAgain() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found("SMEX")
        try await coalition.answer(admin.invite(.colleague(name("rima"))))
        let id = try #require(try await admin.requests().first).id
        let code = try code(of: id, admin)
        let address = try await admin.approve(id, code: code)
        #expect(try await admin.approve(id, code: code) == address)
        try await admin.remove(address)
        await #expect { try await admin.approve(id, code: code) } throws: { error in
            (error as? MemberError)?.kind == .badInput
        }
        #expect(try await admin.members().count { $0.state != .revoked } == 1)
        await admin.close()
    }
}
