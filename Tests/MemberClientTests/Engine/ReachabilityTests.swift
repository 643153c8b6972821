import RelayAPI
import Testing

@testable import MemberClient

/// What those who follow are told of relays: each change once, and nothing hides another.
struct ReachabilityTests {
    private let reachability = Reachability()
    private let cut = RelayError.unreachable("cut by the test")
    private let refused = RelayError.problem(Problem(.tokenRefused))
    private let own = Reachability.Path.line(.inbox, relay: nil)

    private func elsewhere() throws -> Reachability.Path {
        let relay = try RelayAddress("https://other.example/")
        return .line(.everything(relay, part: 0), relay: relay)
    }

    /// In words, to compare.
    private func note(_ error: (any Error)?, of path: Reachability.Path) -> [String] {
        reachability.note(error, of: path)
            .map { event in
                switch event {
                case .unreachable(_, let relay): "lost \(relay?.host ?? "own")"
                case .reachable(let relay): "back \(relay?.host ?? "own")"
                case .failing: "failing"
                case .message, .finding: "something else"
                }
            }
    }

    @Test func aRelayIsLostWithTheFirstAndBackWithTheLast() {
        #expect(note(cut, of: own) == ["lost own"])
        #expect(note(cut, of: own) == [])
        #expect(note(cut, of: .all) == [])
        #expect(note(nil, of: own) == [])
        #expect(note(nil, of: .receipts) == [])
        #expect(note(nil, of: .all) == ["back own"])
        #expect(note(nil, of: .all) == [])
    }

    @Test func aRelayElsewhereHidesNotThatOnesOwnIsLost() throws {
        #expect(note(cut, of: try elsewhere()) == ["lost other.example"])
        #expect(note(cut, of: own) == ["lost own"])
        #expect(note(nil, of: own) == ["back own"])
        #expect(note(nil, of: try elsewhere()) == ["back other.example"])
    }

    @Test func whatIsRefusedIsNoLossAndHidesNone() {
        #expect(note(refused, of: .all) == ["failing"])
        #expect(note(refused, of: .all) == [])
        #expect(note(refused, of: .receipts) == [])
        #expect(note(cut, of: own) == ["lost own"])
        #expect(note(nil, of: own) == ["back own"])
        #expect(note(nil, of: .all) == [])
    }

    /// Of another's relay, among what is settled with one's own.
    @Test func whatAnotherRelayDoesNotDoSaysNothingOfOnesOwn() {
        #expect(note(MemberError(cut).ofAnotherRelay, of: .all) == ["failing"])
        #expect(note(cut, of: own) == ["lost own"])
    }

    @Test func aRelayThatAnswersAndRefusesIsBack() {
        #expect(note(cut, of: .all) == ["lost own"])
        #expect(note(refused, of: .all) == ["back own", "failing"])
    }

    @Test func aRelayThatDoesNotServeNowIsLostToWhoFollows() {
        let unavailable = RelayError.problem(Problem(.unavailable))
        #expect(note(unavailable, of: .all) == ["failing"])
        #expect(note(unavailable, of: own) == ["lost own"])
    }
}
