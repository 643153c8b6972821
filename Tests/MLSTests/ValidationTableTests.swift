import Foundation
import Sodium
import TLSCodec
import Testing

@testable import MLS

/// Protocol/mls-validation.md, and what it says of the code.
@Suite("The table of rules")
struct ValidationTableTests {
    /// Tests/MLSTests/ValidationTableTests.swift
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The cells of every row of the tables whose heading row begins so.
    private func rows(under heading: String) throws -> [[String]] {
        let text = try String(
            contentsOf: Self.root.appendingPathComponent("Protocol/mls-validation.md"),
            encoding: .utf8
        )
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix(heading) })
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    private func names(in cell: String) -> Set<String> {
        Set(cell.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) })
    }

    /// The sources that refuse something under each rule's name.
    private func places() throws -> [Rule: Set<String>] {
        var places: [Rule: Set<String>] = [:]
        let sources = Self.root.appendingPathComponent("Sources/MLS")
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        for case let file as URL in try #require(files) where file.pathExtension == "swift" {
            guard file.lastPathComponent != "Rule.swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /\.(\w+)\s*\)/) {
                guard let rule = Rule(rawValue: String(match.output.1)) else { continue }
                places[rule, default: []].insert(file.lastPathComponent)
            }
        }
        return places
    }

    @Test("every rule has its row, with its section, where it is enforced and what breaks it")
    func rules() throws {
        let places = try places()
        var seen: Set<Rule> = []
        for row in try rows(under: "| Section | Rule |") {
            try #require(row.count == 5, "\(row)")
            let rule = try #require(Rule(rawValue: row[1].trimmingCharacters(in: ["`"])), "\(row[1])")
            #expect(seen.insert(rule).inserted, "\(rule) twice")
            #expect(row[0] == rule.section, "\(rule)")
            #expect(names(in: row[3]) == places[rule], "\(rule)")
            let breaking = Breach.lists.filter { $0.value.contains { $0.rule == rule } }.map(\.key)
            #expect(names(in: row[4]) == Set(breaking), "\(rule)")
        }
        #expect(seen == Set(Rule.allCases))
    }

    @Test("every bound is as the table says")
    func bounds() throws {
        let bounds: [String: Int] = [
            "ReceivingRatchet.forwardLimit": Int(ReceivingRatchet.forwardLimit),
            "ReceivingRatchet.outOfOrderLimit": Int(ReceivingRatchet.outOfOrderLimit),
            "LeafCount.maximum": Int(LeafCount.maximum.value),
            "MLSMessage.maximumLength": MLSMessage.maximumLength,
            "Reader.maximumVectors": Reader.maximumVectors,
            "Commit.maximumProposals": Commit.maximumProposals,
            "PendingProposals.limit": PendingProposals.limit,
        ]
        let rows = try rows(under: "| What | Bound |")
        #expect(rows.count == bounds.count)
        for row in rows { #expect(bounds[row[2].trimmingCharacters(in: ["`"])] == Int(row[1]), "\(row)") }
    }
}

/// What is just inside a bound is taken, what is just outside is not; generations and pending proposals have theirs
/// among the messages and the breaches.
@Suite("Bounds")
struct BoundsTests {
    @Test("a Commit holds so many proposals and no more")
    func proposals() throws {
        func encoded(_ count: Int) -> [UInt8] {
            let proposals = [ProposalOrRef](repeating: .proposal(.remove(LeafIndex(1))), count: count)
            return Commit(proposals: proposals, path: nil).encoded
        }
        #expect(try Commit(decoding: encoded(Commit.maximumProposals)).proposals.count == Commit.maximumProposals)
        #expect(throws: CodecError.tooLong) { try Commit(decoding: encoded(Commit.maximumProposals + 1)) }
    }

    @Test("group secrets name so many pre-shared keys and no more")
    func preSharedKeys() throws {
        func encoded(_ count: Int) -> HeldSecret {
            let ids = [PreSharedKeyID](repeating: PreSharedKeyID(source: .external(id: []), nonce: []), count: count)
            return HeldSecret(
                GroupSecrets(joinerSecret: .random(count: 32), pathSecret: nil, preSharedKeys: ids).encoded()
            )
        }
        let most = encoded(Commit.maximumProposals).secret.copy()
        #expect(try GroupSecrets(decoding: most).preSharedKeys.count == Commit.maximumProposals)
        #expect(throws: CodecError.tooLong) {
            _ = try GroupSecrets(decoding: encoded(Commit.maximumProposals + 1).secret.copy()).preSharedKeys
        }
    }

    @Test("a message is so long and no longer")
    func messages() throws {
        func encoded(_ count: Int) -> [UInt8] {
            let message = PrivateMessage(
                groupID: [],
                epoch: 0,
                contentType: .application,
                authenticatedData: [],
                encryptedSenderData: [],
                ciphertext: [UInt8](repeating: 0, count: count)
            )
            return MLSMessage.privateMessage(message).encoded
        }
        let rest = encoded(1 << 25).count - (1 << 25)
        let most = encoded(MLSMessage.maximumLength - rest)
        #expect(most.count == MLSMessage.maximumLength)
        #expect(try MLSMessage(decoding: most).wireFormat == .privateMessage)
        #expect(throws: CodecError.tooLong) { try MLSMessage(decoding: most + [0]) }
    }

    /// `opaque cert_data<V>` so many times, of no bytes each, and the vector that holds them.
    private func certificates(vectors: Int) -> [UInt8] {
        var writer = Writer()
        writer.write(CredentialType.x509)
        writer.writeVector { $0.writeFixed(repeatElement(0, count: vectors - 1)) }
        return writer.bytes
    }

    @Test("a structure holds so many vectors and no more")
    func vectors() throws {
        let most = try Credential(decoding: certificates(vectors: Reader.maximumVectors))
        guard case .x509(let certificates) = most else { throw CodecError.invalid("credential type") }
        #expect(certificates.count == Reader.maximumVectors - 1)
        #expect(throws: CodecError.tooManyVectors) {
            try Credential(decoding: self.certificates(vectors: Reader.maximumVectors + 1))
        }
    }

    @Test("a tree from others holds no more either; a member's own is read, whatever it has become")
    func vectorsOfTree() throws {
        let member = try Member(founding: "member")
        var leaf = try #require(member.group.tree[LeafIndex(0)])
        leaf.credential = try Credential(decoding: certificates(vectors: Reader.maximumVectors))
        var tree = RatchetTree()
        _ = try tree.add(leaf)
        let encoded = tree.encoded
        #expect(throws: MLSError.malformed(.tooManyVectors)) { _ = try RatchetTree(decoding: encoded) }
        let restored = try Group(
            tree: encoded,
            epoch: member.group.serializedEpoch(),
            receiving: member.group.serializedReceiving(),
            sending: member.group.serializedSending()
        )
        #expect(restored.tree[LeafIndex(0)] == leaf)
    }

    @Test("a tree has so many leaves and no more")
    func leaves() {
        #expect(LeafCount(holding: Int(LeafCount.maximum.value)) == .maximum)
        #expect(LeafCount(holding: Int(LeafCount.maximum.value) + 1) == nil)
        #expect(LeafCount.maximum.doubled == nil)
    }

    @Test("nothing of an epoch that is over opens")
    func pastEpochs() throws {
        let party = try Party(3)
        let unread = try party[0].send("unread")
        try party.commit(by: party[1])
        #expect(throws: MLSError.invalid(.epochMatches)) { _ = try party[2].group.open(unread) }
    }
}
