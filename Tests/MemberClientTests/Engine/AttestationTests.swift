import Coalition
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Attestations end, and are renewed before they do (Protocol/identity.md, "Renewal").
@Suite struct AttestationTests {
    /// An admin and a colleague of one organisation, and the admin of another.
    private struct Scene {
        let coalition: TestCoalition
        let admin: Member
        let colleague: Member
        let other: Member

        var all: [Member] { [admin, colleague, other] }

        init() async throws {
            coalition = try await TestCoalition(suite: .x25519)
            admin = try await coalition.found()
            colleague = try await coalition.admit(colleague: "sara", home: "sara", by: admin)
            other = try await coalition.admit(organisation: "INSM", by: admin)
            for member in all { _ = try await member.sync() }
        }

        /// The last day of the colleague's attestation, counted from now, as a member has it.
        func lastDay(as member: Member) throws -> UInt64 {
            let device = try colleague.engine.vault.read { try $0.device().identity.hash }
            let known = try member.engine.vault.read { try member.engine.knownAttestation(of: device, $0) }
            let now = SystemClock.secondsSince1970() - SystemClock.lead
            return (try #require(known).end.seconds + 60 - now) / 86_400
        }

        func epoch(_ member: Member) throws -> UInt64 {
            try member.engine.vault.read { transaction in
                try transaction.group(try member.engine.coalitionGroup(transaction)).cursor.epoch
            }
        }

        func close() async {
            for member in all { await member.close() }
        }
    }

    private func after<Result>(days: UInt64, _ body: () async throws -> Result) async rethrows -> Result {
        try await SystemClock.$lead.withValue(days * 86_400, operation: body)
    }

    @Test func anAdminRenewsThoseOfItsOrganisationForEverybody() async throws {
        let scene = try await Scene()
        let epoch = try scene.epoch(scene.admin)
        try await after(days: 300) {
            for member in scene.all { _ = try await member.sync() }
            #expect(try scene.epoch(scene.admin) == epoch)
        }
        try await after(days: 310) {
            // Nobody else can do it for it, and one Commit for all of them is enough.
            for member in [scene.other, scene.colleague, scene.admin, scene.admin] { _ = try await member.sync() }
            for member in scene.all { _ = try await member.sync() }
        }
        for member in scene.all { #expect(try scene.lastDay(as: member) == 310 + 365) }
        // One of the other organisation's.
        #expect(try scene.epoch(scene.admin) == epoch + 2)
        try await after(days: 370) {
            // Also to whoever joins after the first ones have ended, and to them the colleague can be added.
            let newcomer = try await scene.coalition.admit(organisation: "MASAAR", by: scene.admin)
            _ = try await scene.colleague.sync()
            #expect(try scene.lastDay(as: newcomer) == 310 + 365)
            let target = try #require(Target("sara@SMEX"))
            let sent = try await newcomer.send(text: "a year later", to: [target])
            #expect(sent.map(\.state) == [.relayed], "\(String(describing: sent.first?.reason))")
            #expect(try await scene.colleague.takeTexts() == ["a year later"])
            // The next path takes in what has stood beside.
            let group = try scene.colleague.engine.vault.read { try scene.colleague.engine.coalitionGroup($0) }
            try await scene.colleague.engine.openEpoch(of: group)
            for member in scene.all {
                _ = try await member.sync()
                #expect(try member.takeFindings().isEmpty)
            }
            #expect(try scene.lastDay(as: scene.other) == 310 + 365)
            let beside = try scene.other.engine.vault.read { try $0.presentedAttestations(of: group) }
            #expect(!beside.contains { $0.deviceHash == scene.colleague.engine.deviceHash })
            await newcomer.close()
        }
        await scene.close()
    }

    /// Where the admin's certificate ends, a new attestation would not end later.
    @Test func nothingIsRenewedInVain() async throws {
        let scene = try await Scene()
        try await after(days: 1000) { _ = try await scene.admin.sync() }
        #expect(try scene.lastDay(as: scene.admin) == 1095)
        let epoch = try scene.epoch(scene.admin)
        for day: UInt64 in [1050, 1094, 1097] {
            try await after(days: day) { _ = try await scene.admin.sync() }
        }
        #expect(try scene.epoch(scene.admin) == epoch)
        await scene.close()
    }
}

extension Engine {
    fileprivate var deviceHash: DeviceHash? { try? vault.read { try $0.device().identity.hash } }
}
