import Foundation
import MLS
import Sodium
import TLSCodec
import Testing

/// What the article "Two members, a message, a removal" shows, as a program. The article's code is this very code:
/// change both, or the second test fails.
@Suite("The tutorial")
struct TutorialTests {
    struct Unexpected: Error {}

    @Test("two members, a message, a removal")
    func tutorial() throws {
        // tutorial
        let suite = CipherSuite.xwingChaCha20SHA256Ed25519

        func makeKeyPackage(
            for name: String,
            signedWith key: borrowing SignaturePrivateKey
        ) throws -> KeyPackageBundle {
            try KeyPackageBundle(
                suite,
                credential: .basic(identity: Array(name.utf8)),
                signatureKey: key,
                capabilities: Capabilities(cipherSuites: [suite]),
                lifetime: Lifetime(notBefore: 0, notAfter: .max)
            )
        }

        let aliceKey = try SignaturePrivateKey(suite)
        let bobKey = try SignaturePrivateKey(suite)
        let bobBundle = try makeKeyPackage(for: "bob", signedWith: bobKey)
        let published = MLSMessage.keyPackage(bobBundle.keyPackage).encoded

        var alice = try Group(
            creating: Array("a group".utf8),
            with: try makeKeyPackage(for: "alice", signedWith: aliceKey)
        )
        guard case .keyPackage(let bobKeyPackage) = try MLSMessage(decoding: published) else { throw Unexpected() }
        let adding = try alice.commit([.add(bobKeyPackage)], signatureKey: aliceKey)
        guard let welcome = adding.welcome else { throw Unexpected() }
        try alice.merge(adding.takeStaged())
        let invitation = MLSMessage.welcome(welcome).encoded

        guard case .welcome(let received) = try MLSMessage(decoding: invitation) else { throw Unexpected() }
        let join = try PendingJoin(received, keyPackage: bobBundle)
        let names = join.tree.members.map { $0.leaf.credential }
        guard names.contains(.basic(identity: Array("alice".utf8))) else { throw Unexpected() }
        var bob = join.accept()

        let sent = try alice.protect(Array("Can you call me?".utf8), signatureKey: aliceKey).encoded

        guard case .application(let message) = try bob.open(try MLSMessage(decoding: sent)) else { throw Unexpected() }
        print(String(decoding: message.data, as: UTF8.self))

        let removing = try alice.commit([.remove(bob.ownLeaf)], signatureKey: aliceKey)
        let removal = removing.message.encoded
        try alice.merge(removing.takeStaged())

        guard case .commit(let commit) = try bob.open(try MLSMessage(decoding: removal)) else { throw Unexpected() }
        print(commit.changes.removes(bob.ownLeaf))  // true: this is where Bob's way ends

        let later = try alice.protect(Array("He is gone.".utf8), signatureKey: aliceKey).encoded
        do {
            _ = try bob.open(try MLSMessage(decoding: later))
        } catch MLSError.invalid(.epochMatches) {
            print("not for Bob")
        }
        // end of the tutorial
        #expect(message.data == Array("Can you call me?".utf8))
        #expect(message.sender == alice.ownLeaf)
        #expect(commit.changes.removes(bob.ownLeaf))
        #expect(throws: MLSError.invalid(.epochMatches)) { try bob.open(try MLSMessage(decoding: later)) }
        #expect(throws: MLSError.misuse(.removedFromGroup)) { _ = try bob.stage(commit).context }
    }

    @Test("the article shows the code that runs")
    func articleIsCode() throws {
        let file = URL(fileURLWithPath: #filePath)
        let source = try String(contentsOf: file, encoding: .utf8)
        let shown = try #require(
            source.components(separatedBy: "        // end of the tutorial\n").first?
                .components(separatedBy: "        // tutorial\n").last
        )
        // Tests/MLSTests/TutorialTests.swift
        let root = file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let article = try String(
            contentsOf: root.appendingPathComponent("Sources/MLS/MLS.docc/TwoMembers.md"),
            encoding: .utf8
        )
        let blocks = article.components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(Self.lines(blocks.joined()) == Self.lines(shown))
    }

    /// Without indentation and empty lines.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
