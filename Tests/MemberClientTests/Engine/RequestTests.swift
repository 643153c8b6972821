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
}
