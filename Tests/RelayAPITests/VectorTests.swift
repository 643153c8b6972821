import Foundation
import RelayAPI
import Testing

/// Protocol/vectors/mailbox.json, which was computed apart from this code.
@Suite struct MailboxVectorTests {
    private let vectors: Vectors

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Protocol/vectors/mailbox.json")
        vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
    }

    @Test func capabilityHashesAreTheVectors() throws {
        for vector in vectors.capability {
            let capability = try #require(Capability(bytes(vector.capability)))
            #expect(capability.hash.bytes == bytes(vector.hash))
        }
    }

    @Test func accessTokenHashesAndTextsAreTheVectors() throws {
        for vector in vectors.access_token {
            let token = try #require(AccessToken(bytes(vector.token)))
            #expect(token.hash.bytes == bytes(vector.hash))
            #expect(token.text == vector.text)
            #expect(AccessToken(text: vector.text) == token)
        }
    }

    @Test func runningHashesAreTheVectorsAlsoAcrossAdvances() throws {
        let mailbox = try #require(MailboxID(bytes(vectors.mailbox)))
        #expect(RunningHash(opening: mailbox).bytes == bytes(vectors.opening_hash))
        for vector in vectors.entries {
            let entry = try vector.entry
            #expect(entry.bodyHash.bytes == bytes(vector.body_hash))
            let previous = try #require(RunningHash(bytes(vector.previous)))
            #expect(previous.following(with: entry).bytes == bytes(vector.running_hash))
        }
    }
}

private struct Vectors: Decodable {
    struct CapabilityVector: Decodable {
        let capability: String
        let hash: String
    }

    struct TokenVector: Decodable {
        let token: String
        let text: String
        let hash: String
    }

    struct GrantVector: Decodable {
        let capability_hash: String
        let rights: UInt8
        let uses: UInt32
    }

    struct EntryVector: Decodable {
        let previous: String
        let sequence: UInt64
        let epoch: UInt64
        let kind: String
        let entry_id: String
        let next: [GrantVector]
        let body_length: Int
        let body_first_byte: UInt8
        let body_hash: String
        let running_hash: String

        var entry: RunningHashEntry {
            get throws {
                RunningHashEntry(
                    sequence: sequence,
                    epoch: epoch,
                    kind: try #require(EntryKind.allCases.first { String(describing: $0) == kind }),
                    entryID: try #require(EntryID(bytes(entry_id))),
                    next: try next.map {
                        Grant(
                            capabilityHash: try #require(CapabilityHash(bytes($0.capability_hash))),
                            rights: Rights(rawValue: $0.rights),
                            uses: $0.uses
                        )
                    },
                    bodyHash: BodyHash(of: (0..<body_length).map { body_first_byte &+ UInt8(truncatingIfNeeded: $0) })
                )
            }
        }
    }

    let capability: [CapabilityVector]
    let access_token: [TokenVector]
    let mailbox: String
    let opening_hash: String
    let entries: [EntryVector]
}

private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
