import Coalition
import Foundation
import MLS
import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import MemberClient
@testable import MemberTesting
@testable import Relay

/// What a device makes and has done at the relay when it has become a member, and from time to time.
struct SetupTests {
    @Test func whatTheRelayDoesNotDoWhenAMemberIsMadeALaterCommandDoes() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        relay.onGrant { _, _ throws(RelayError) in throw .problem(Problem(.unavailable)) }
        let founder = try await coalition.found("SMEX", relay: relay)
        relay.onGrant(nil)
        _ = try await founder.sync()
        relay.onGrant { _, _ throws(RelayError) in throw .problem(Problem(.unavailable)) }
        let josa = try await coalition.admit(organisation: "JOSA", by: founder, relay: relay)
        relay.onGrant(nil)
        for member in [founder, josa] { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@JOSA"))
        #expect(try await founder.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["1"])
        for member in [founder, josa] { await member.close() }
    }

    @Test func foundingThatIsCancelledEnds() async throws {
        let coalition = try await TestCoalition()
        let relay = InterceptedRelay(coalition.relay)
        relay.onGrant { _, _ throws(RelayError) in throw .cancelled }
        await #expect { try await coalition.found("SMEX", relay: relay) } throws: { error in
            (error as? MemberError)?.kind == .temporary
        }
    }

    /// A relay that keeps nothing for as long as KeyPackages would be good for.
    @Test func keyPackagesAreKeptForAsLongAsTheRelayAllows() async throws {
        let coalition = try await TestCoalition()
        var limits = RelayLimits()
        limits.maximumRetentionDays = 30
        limits.advanceRetentionDays = 30
        let relay = TestRelay(service: RelayService(store: coalition.store, limits: limits))
        let founder = try await coalition.found("SMEX", relay: relay)
        let josa = try await coalition.admit(organisation: "JOSA", by: founder, relay: relay)
        for member in [founder, josa] { _ = try await member.sync() }
        let user = try #require(UserAddress("admin@SMEX"))
        #expect(try await josa.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await founder.takeTexts() == ["1"])
        for member in [founder, josa] { await member.close() }
    }

    /// One of last resort is not taken: when its body has gone, it has expired.
    @Test func keyPackageOfLastResortThatHasExpiredIsReplaced() async throws {
        let coalition = try await TestCoalition()
        let founder = try await coalition.found("SMEX")
        let vault = founder.engine.vault
        func lastResorts(
            _ transaction: borrowing VaultTransaction
        ) throws -> [(number: UInt64, record: KeyPackageRecord)] {
            try transaction.records(in: .keyPackages, as: KeyPackageRecord.self).filter { $0.record.isLastResort }
        }
        try vault.write { transaction in
            for (number, record) in try lastResorts(transaction) {
                var record = record
                record.isTaken = true
                try transaction.replace(number, in: .keyPackages, with: record.encoded)
            }
            try transaction.delete(.upkeep)
        }
        _ = try await founder.sync()
        let records = try vault.read { try lastResorts($0).map(\.record) }
        #expect(records.map(\.isTaken) == [true, false])
        #expect(records.allSatisfy { $0.publication == nil })
        await founder.close()
    }

    /// Guards: others went on using KeyPackages whose private halves were gone.
    @Test func aClockThatWasAheadForOnceLeavesADeviceReachable() async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let founder = try await coalition.found("SMEX")
        let josa = try await coalition.admit(organisation: "JOSA", by: founder)
        for member in [founder, josa] { _ = try await member.sync() }
        try await SystemClock.$lead.withValue(200 * 86_400) { _ = try await josa.sync() }
        _ = try await josa.sync()
        let user = try #require(UserAddress("admin@JOSA"))
        #expect(try await founder.send(text: "1", to: [.user(user)]).map(\.state) == [.relayed])
        #expect(try await josa.takeTexts() == ["1"])
        for member in [founder, josa] {
            #expect(try member.takeFindings() == [])
            await member.close()
        }
    }

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

    /// Guards: a kill between the file and letting go of the key stopped every command, and had people move the file away.
    @Test func aRootKeyThatIsInItsFileAlreadyLeavesTheVault() async throws {
        let coalition = try await TestCoalition(suite: .x25519)
        let founder = try await coalition.found("SMEX")
        let path = try #require(founder.rootKeyFile)
        let seed = Secret(copying: [UInt8](repeating: 7, count: 32))
        func isKept(_ member: Member) throws -> Bool { try member.engine.vault.read { try $0.get(.rootKey) != nil } }
        #expect(try !isKept(founder))
        let unlock = coalition.unlock("SMEX")
        try FileManager.default.removeItem(atPath: path)
        try founder.engine.vault.write { try $0.setSecret(.rootKey, to: seed) }
        try founder.engine.exportRootKey(unlock: unlock)
        // The kill.
        try founder.engine.vault.write { try $0.setSecret(.rootKey, to: seed) }
        let again = try coalition.open("SMEX")
        #expect(try !isKept(again))
        // Another key is not thrown away for what the file holds.
        let other = Secret(copying: [UInt8](repeating: 8, count: 32))
        try founder.engine.vault.write { try $0.setSecret(.rootKey, to: other) }
        #expect(throws: MemberError.self) { try founder.engine.exportRootKey(unlock: unlock) }
        #expect(try isKept(founder))
        for member in [founder, again] { await member.close() }
    }
}

extension Member {
    fileprivate func deviceIdentity() throws -> DeviceIdentity { try engine.vault.read { try $0.device().identity } }
}
