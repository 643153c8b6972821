import Coalition
import Testing

@testable import MemberClient
@testable import MemberTesting

/// Attestations that a Commit presents of others' devices (Protocol/identity.md, "Renewal").
struct AttestationTests {
    /// Guards: who could put a false attestation beside a leaf would keep its device from committing (C6) and everybody new
    /// from joining (J4).
    @Test func aFalseAttestationTakesNoOthersPlace() async throws {
        let scene = try await DishonestScene()
        let sara = try await scene.coalition.admit(colleague: "sara", home: "sara", by: scene.founder)
        _ = try await scene.dishonest.sync()
        let device = try sara.deviceIdentity()
        let later = Period(notBefore: .now, notAfter: Time.now.advanced(by: .days(399)))
        let attestation = try scene.dishonest.attest(device, for: later)
        try await scene.dishonest.send { _ in
            var crafted = CraftedCommit()
            crafted.attestations = [PresentedAttestation(deviceHash: device.hash, attestation: attestation)]
            return crafted
        }
        for member in scene.honest + [sara] { _ = try await member.sync() }
        let newcomer = try await scene.coalition.admit(organisation: "MASAAR", by: scene.founder)
        _ = try await sara.sync()
        let group = try sara.engine.vault.read { try sara.engine.coalitionGroup($0) }
        try await sara.engine.openEpoch(of: group)
        #expect(try await newcomer.send(text: "here", to: [.coalition]).map(\.state) == [.relayed])
        #expect(try await sara.takeTexts() == ["here"])
        for member in [sara, newcomer] { await member.close() }
        await scene.close()
    }

    /// Guards: where no Commit can be made now, nothing else fails for it.
    @Test func aTimeFarAheadKeepsNobodyFromReadingWhenAttestationsEnd() async throws {
        let scene = try await DishonestScene()
        try await scene.dishonest.send { _ in
            var crafted = CraftedCommit()
            crafted.at = Time(seconds: .max)
            return crafted
        }
        try await SystemClock.$lead.withValue(310 * 86_400) {
            for member in scene.honest { _ = try await member.sync() }
            try await scene.expectAlertCrosses()
        }
        await scene.close()
    }
}
