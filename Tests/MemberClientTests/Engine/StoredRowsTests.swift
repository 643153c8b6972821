import Coalition
import Foundation
import RelayAPI
import Testing

@testable import MemberClient
@testable import MemberTesting

/// What lies at a relay tells a group's size by one thing alone: how long the Commit is that brought its members in
/// (Docs/what-the-relay-knows.md).
@Suite struct StoredRowsTests {
    @Test func groupsOfThreeAndOfThirtyWithTheSameTrafficLeaveTheSameRowsButForOneLength() async throws {
        let coalition = try await TestCoalition()
        let admin = try await coalition.found()
        let few = try await Self.admit("few", devices: 2, of: coalition, by: admin)
        let many = try await Self.admit("many", devices: 29, of: coalition, by: admin)

        let small = try await Self.converse(admin, few, in: coalition)
        let large = try await Self.converse(admin, many, in: coalition)

        // The first entry, an advance (2): the body's length comes last.
        let isCommit = { (row: String) in row.hasPrefix("entry 1 2 ") }
        #expect(small.filter { !isCommit($0) } == large.filter { !isCommit($0) })
        #expect(small.filter(isCommit).compactMap { $0.split(separator: " ").last } == ["16384"])
        #expect(large.filter(isCommit).compactMap { $0.split(separator: " ").last } == ["262144"])
    }

    private static func admit(
        _ user: String,
        devices: Int,
        of coalition: TestCoalition,
        by admin: Member
    ) async throws -> Member {
        var first: Member?
        for number in 1...devices {
            let member = try await coalition.admit(
                colleague: user,
                device: "device\(number)",
                home: "\(user)\(number)",
                by: admin
            )
            first = first ?? member
        }
        return try #require(first)
    }

    /// Messages both ways, in a group made for them: the rows of its mailbox.
    private static func converse(_ one: Member, _ other: Member, in coalition: TestCoalition) async throws -> [String] {
        let before = Set(try coalition.mailboxes())
        let address = other.address.userAddress
        for number in 0..<6 {
            _ = try await one.send(text: "message \(number)", to: [.user(address)])
        }
        _ = try await other.sync()
        for number in 0..<4 {
            _ = try await other.send(
                text: String(repeating: "long ", count: 400 * number),
                to: [.user(one.address.userAddress)]
            )
        }
        let made = try coalition.mailboxes().filter { !before.contains($0) }
        try #require(made.count == 1)
        return try coalition.storedRows(of: made[0])
    }
}
