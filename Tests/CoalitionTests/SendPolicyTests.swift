import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition
@testable import MLS

@Suite("Policy for sending, and for application messages")
struct SendPolicyTests {
    let now = OrganisationFixture.now

    func expect(_ rule: PolicyRule, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
        let violation = #expect(throws: PolicyViolation.self, sourceLocation: sourceLocation, performing: body)
        #expect(violation?.rule == rule, sourceLocation: sourceLocation)
    }

    // MARK: S1

    private func chain(_ coalition: CoalitionFixture) throws -> CharterChain {
        let gathered = try coalition.gathered()
        var chain = CharterChain(founding: coalition.founding)
        let approvals = [coalition.smex.approve(gathered, after: coalition.founding, in: coalition.coalition)]
        try chain.append(SignedCharter(gathered, approvals: approvals), at: now)
        return chain
    }

    @Test("S1: nothing is sent to a device that is not in the directory")
    func s1Directory() throws {
        let coalition = try CoalitionFixture()
        let chain = try chain(coalition)
        let fixture = try GroupFixture(charter: chain.charters[1], of: coalition, kind: .coalition)
        let directory = Directory(of: fixture.group.tree)
        func check() throws {
            try SendPolicy.checkRecipients(
                tree: fixture.group.tree,
                terms: fixture.terms,
                directory: directory,
                chain: chain
            )
        }
        try check()
        let noor = try MemberFixture("noor@SMEX/laptop", of: coalition.smex, number: 40, in: coalition.coalition)
        try fixture.merge(fixture.add(noor))
        expect(.s1, check)
    }

    @Test("S1: nothing is sent under another charter than the coalition's, present or past")
    func s1Charter() throws {
        let coalition = try CoalitionFixture()
        var chain = try chain(coalition)
        let fixture = try GroupFixture(charter: chain.charters[1], of: coalition, kind: .coalition)
        func check() throws {
            try SendPolicy.checkRecipients(
                tree: fixture.group.tree,
                terms: fixture.terms,
                directory: Directory(of: fixture.group.tree),
                chain: chain
            )
        }
        let renamed = try chain.current.successor(name: Text("other"))
        let approval = coalition.smex.approve(renamed, after: chain.current, in: coalition.coalition)
        try chain.append(SignedCharter(renamed, approvals: [approval]), at: now)
        try check()
        // A charter that was approved and never took the other's place.
        let rival = try coalition.gathered().successor(name: Text("rival"))
        let rivalApproval = coalition.smex.approve(rival, after: try coalition.gathered(), in: coalition.coalition)
        let rivalTerms = fixture.terms.under(SignedCharter(rival, approvals: [rivalApproval]))
        expect(.s1) {
            try SendPolicy.checkRecipients(
                tree: fixture.group.tree,
                terms: rivalTerms,
                directory: Directory(of: fixture.group.tree),
                chain: chain
            )
        }
    }

    @Test("S1: nothing is sent to a device whose organisation has gone")
    func s1Organisation() throws {
        let coalition = try CoalitionFixture()
        var chain = try chain(coalition)
        let fixture = try GroupFixture(charter: chain.charters[1], of: coalition, kind: .coalition)
        let without = try chain.current.successor(
            organisations: chain.current.organisations.filter { $0.id != coalition.insm.name }
        )
        let approval = coalition.insm.approve(without, after: chain.current, in: coalition.coalition)
        try chain.append(SignedCharter(without, approvals: [approval]), at: now)
        expect(.s1) {
            try SendPolicy.checkRecipients(
                tree: fixture.group.tree,
                terms: fixture.terms,
                directory: Directory(of: fixture.group.tree),
                chain: chain
            )
        }
    }

    // MARK: S2

    @Test("S2: a message has the clock's time, or the latest Commit's where the clock is behind")
    func s2Time() throws {
        let tree = try GroupFixture().group.tree
        let latest = GroupFixture.founded.later(by: 10)
        #expect(SendPolicy.time(clock: now, tree: tree) == now)
        #expect(SendPolicy.time(clock: latest.earlier(by: 100), tree: tree) == latest)
        #expect(try SendPolicy.commitTime(clock: latest.earlier(by: 100), tree: tree) == latest)
    }

    @Test("S2: no Commit is sent a day behind the others, but one that removes who is ahead")
    func s2Lag() throws {
        let tree = try GroupFixture().group.tree
        let latest = GroupFixture.founded.later(by: 10)
        let clock = latest.earlier(by: 86_400)
        #expect(try SendPolicy.commitTime(clock: clock, tree: tree) == latest)
        expect(.s2) { _ = try SendPolicy.commitTime(clock: clock.earlier(by: 1), tree: tree) }
        let removing = try SendPolicy.commitTime(clock: clock.earlier(by: 1), tree: tree, removing: [LeafIndex(0)])
        #expect(removing == clock.earlier(by: 1))
    }

    // MARK: A1, A2

    func message(_ context: [UInt8], _ data: [UInt8] = []) -> Opened {
        .application(
            ApplicationMessage(sender: LeafIndex(0), generation: 0, authenticatedData: context, data: data)
        )
    }

    @Test("A1: authenticated data is a MessageContext without statements and attestations")
    func a1() throws {
        func context(_ statements: [Statement] = [], _ attestations: [PresentedAttestation] = []) -> [UInt8] {
            MessageContext(
                at: now,
                log: Position(sequence: 0, runningHash: RunningHash(opening: .random())),
                coalitionEpoch: 1,
                coalitionAuthenticator: [],
                statements: statements,
                attestations: attestations
            )
            .encoded
        }
        let fixture = try GroupFixture()
        #expect(try EntryPolicy.application(message(context())).context.at == now)
        let statement = fixture.removal(of: fixture.sara, approvedBy: [])
        let presented = PresentedAttestation(deviceHash: fixture.omar.hash, attestation: fixture.omar.attestation)
        let wrong = [[], context([statement]), context([], [presented]), [2] + context().dropFirst()]
        for data in wrong {
            expect(.a1) { _ = try EntryPolicy.application(message(data)) }
        }
    }

    @Test("A2: content is JSON of our form, known kind or not")
    func a2() throws {
        let id = MessageID.random()
        func content(_ json: String) throws -> Coalition.Content {
            guard case .application(let message) = message([], Array(json.utf8)) else { throw CodecError.truncated }
            return try EntryPolicy.content(of: message)
        }
        #expect(try content(#"{"v":1,"id":"\#(id)","kind":"poll"}"#).kind == .unknown("poll"))
        expect(.a2) { _ = try content("hello") }
        expect(.a2) { _ = try content(#"{"v":1,"id":"\#(id)","kind":"text"}"#) }
    }
}
