import Coalition
import Testing

@testable import MemberClient

/// What others say of epochs that have not come yet.
struct CoalitionClaimTests {
    @Test func anOrganisationCrowdsOutItsOwnClaimsAlone() throws {
        func claim(_ epoch: UInt64, by address: String) throws -> CoalitionClaim {
            CoalitionClaim(
                epoch: epoch,
                authenticator: [1],
                by: try #require(DeviceAddress(identity: Array(address.utf8))),
                in: .random()
            )
        }
        var claims = [try claim(7, by: "amal@SMEX/laptop")]
        for number in 0..<100 {
            claims.append(try claim(.max - UInt64(number), by: "user\(number)@JOSA/laptop"))
            claims = CoalitionClaim.keeping(claims, of: try #require(Name("josa")))
        }
        claims.append(try claim(8, by: "omar@JOSA/laptop"))
        claims = CoalitionClaim.keeping(claims, of: try #require(Name("JOSA")))
        #expect(claims.count == 1 + 16)
        // What may soon be compared stays.
        #expect(claims.first?.epoch == 7)
        #expect(claims.last?.epoch == 8)
    }
}
