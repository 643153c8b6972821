import Coalition
import MLS
import RelayAPI
import TLSCodec
import Testing

@testable import MemberClient
@testable import MemberTesting
@testable import Relay

/// What a device makes and has done at the relay when it has become a member, and from time to time.
struct SetupTests {
    /// What is made now is good for whoever has a clock that is a little behind.
    @Test func periodsBeginADayAgo() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        let rima = try await coalition.admit(colleague: "rima", home: "rima", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        let yesterday = SystemClock.secondsSince1970() - 86_000
        try await founder.takeKeyPackage(of: josa.deviceIdentity()).keyPackage.validate(at: yesterday)
        let leaves = try founder.engine.vault.read { transaction in
            try founder.engine.tree(of: founder.engine.coalitionGroup(transaction), transaction).members.map(\.leaf)
        }
        for leaf in leaves {
            if case .keyPackage(let lifetime) = leaf.source { #expect(lifetime.contains(yesterday)) }
        }
        for member in [josa, rima] {
            let attestation = try founder.engine.vault.read { transaction in
                try founder.engine.knownAttestation(of: member.deviceIdentity().hash, transaction)
            }
            let time = Time(seconds: yesterday)
            #expect(attestation?.period.contains(time) == true)
            #expect(attestation?.admin.contents.period.contains(time) == true)
        }
        for member in [founder, josa, rima] { await member.close() }
    }
}

extension Member {
    fileprivate func deviceIdentity() throws -> DeviceIdentity { try engine.vault.read { try $0.device().identity } }
}
