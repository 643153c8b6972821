import Sodium
import Testing

@testable import MLS

@Suite("What of the pending proposals a Commit takes up")
struct ProposalSelectionTests {
    @Test("as much as adding one after the other, as long as the Commit holds", arguments: 0..<UInt64(12))
    func oneByOne(seed: UInt64) throws {
        try SeededRandomness.run(seed: seed) {
            var steps = Steps(seed: seed)
            let party = try Party(5, filled: false)
            var received: [ReceivedProposal] = []
            for _ in 0..<Int.random(in: 1...12, using: &steps) {
                let next = try proposal(to: party, &steps)
                if !received.contains(next) { received.append(next) }
            }
            let own: [Proposal] = [[], [.remove(LeafIndex(4))], [try newcomer()]].randomElement(using: &steps) ?? []
            let expected = largest(of: received) { commits(own, $0, party[0]) }
            let chosen = try party[0].group.commit(own, signatureKey: party[0].key).changes.proposals
            let isSame = chosen.filter(\.isByReference).map(\.proposal) == expected.map(\.proposal)
            #expect(isSame)
        }
    }

    /// What stands when each is added to those before, in the order of their precedence.
    private func largest(of all: [ReceivedProposal], standing: ([ReceivedProposal]) -> Bool) -> [ReceivedProposal] {
        var chosen: [ReceivedProposal] = []
        let removals = all.filter { $0.proposal.type == .remove }
        let reInits = all.filter { $0.proposal.type == .reInit }
        let others = all.filter { ![.remove, .reInit].contains($0.proposal.type) }
        for next in removals + others.reversed() + reInits where standing(chosen + [next]) { chosen.append(next) }
        return all.filter(chosen.contains)
    }

    /// Whether a Commit with exactly these can be made.
    private func commits(_ own: [Proposal], _ received: [ReceivedProposal], _ member: Member) -> Bool {
        var options = CommitOptions()
        options.references = received.map(\.reference)
        do {
            _ = try member.group.commit(own, signatureKey: member.key, options: options).changes
            return true
        } catch {
            return false
        }
    }

    private func newcomer() throws -> Proposal { .add(try Forger.add(SignaturePrivateKey(suite3))) }

    /// Lets member 0 receive a proposal of another that can stand, or cannot, by itself or beside others.
    private func proposal(to party: Party, _ steps: inout Steps) throws -> ReceivedProposal {
        let forger = Forger(member: party[Int.random(in: 1..<5, using: &steps)])
        let taken = party[0].group.tree[LeafIndex(0)]?.encryptionKey ?? []
        let proposal: Proposal =
            switch Int.random(in: 0..<11, using: &steps) {
            case 0: try newcomer()
            case 1: .add(try Forger.add(party[Int.random(in: 0..<5, using: &steps)].key))
            case 2: .add(try Forger.add(SignaturePrivateKey(suite3), breakingLeafSignature: true))
            case 3, 4: .remove(LeafIndex(.random(in: 0...5, using: &steps)))
            case 5: try forger.update { _ in }
            case 6: try forger.update { $0.encryptionKey = taken }
            case 7: .groupContextExtensions([Extension(type: .test, data: [])])
            case 8: .groupContextExtensions([Extension(type: .unsupported, data: [])])
            case 9: .preSharedKey(PreSharedKeyID(source: .external(id: [1]), nonce: [1]))
            default: .reInit(.test())
            }
        let message = forger.publicMessage(.proposal(proposal))
        guard case .proposal(let received) = try party[0].group.open(message) else { throw Member.UnexpectedContent() }
        return received
    }
}
