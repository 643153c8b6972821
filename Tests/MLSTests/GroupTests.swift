import Sodium
import TLSCodec
import Testing

@testable import MLS

@Suite("Groups")
struct GroupTests {
    @Test("members who follow the same Commits agree and read each other", arguments: [1, 2, 3, 5, 8, 13])
    func agreement(count: Int) throws {
        try Party(count, filled: false).expectAgreement()
        try Party(count, filled: true).expectAgreement()
    }

    @Test("a removed member sees its removal and opens nothing later")
    func removal() throws {
        var party = try Party(4)
        let removed = party.members.remove(at: 2)
        let sent = try party.commit([.remove(LeafIndex(2))], by: party[0])
        let verified = try removed.openCommit(sent.message)
        #expect(verified.changes.removes(removed.group.ownLeaf))
        #expect(throws: MLSError.misuse(.removedFromGroup)) { _ = try removed.group.stage(verified) }
        try party.expectAgreement()
        let later = try party[0].send("later")
        #expect(throws: MLSError.invalid(.epochMatches)) { _ = try removed.group.open(later) }
        // Not even when the epoch is set right: its keys are others.
        guard case .privateMessage(let message) = later else { return }
        let moved = PrivateMessage(
            groupID: message.groupID,
            epoch: removed.group.context.epoch,
            contentType: message.contentType,
            authenticatedData: message.authenticatedData,
            encryptedSenderData: message.encryptedSenderData,
            ciphertext: message.ciphertext
        )
        #expect(throws: MLSError.invalid(.senderDataAuthentic)) {
            _ = try removed.group.open(.privateMessage(moved))
        }
    }

    @Test("a removed member's place goes to the next one who is added")
    func reuseOfLeaves() throws {
        var party = try Party(5)
        party.members.remove(at: 1)
        try party.commit([.remove(LeafIndex(1))], by: party[2])
        try party.add("newcomer", by: 3)
        #expect(party.members.last?.group.ownLeaf == LeafIndex(1))
        try party.expectAgreement()
    }

    @Test("a tree shrinks when its right half empties, and members still agree")
    func truncation() throws {
        var party = try Party(5)
        party.members.removeLast()
        try party.commit([.remove(LeafIndex(4))], by: party[1])
        #expect(party[0].group.tree.leafCount.value == 4)
        try party.expectAgreement()
    }

    @Test("a member that is unmerged below a filled parent opens its own ciphertext")
    func unmergedReceiver() throws {
        // Member 3 is added beside 2, whose parent node others have filled before.
        var party = try Party(4)
        party.members.remove(at: 3)
        try party.commit([.remove(LeafIndex(3))], by: party[0])
        try party.commit(by: party[2])
        var options = CommitOptions()
        options.alwaysHasPath = false
        try party.add("newcomer", by: 0, options: options)
        let root = party[0].group.tree.leafCount.root
        #expect(party[0].group.tree.parent(at: root)?.unmergedLeaves == [LeafIndex(3)])
        try party.commit(by: party[1])
        try party.expectAgreement()
    }

    @Test("Adds, Removes, Updates and extensions by reference take effect together")
    func proposalsByReference() throws {
        var party = try Party(5)
        let newKey = try SignaturePrivateKey(suite3)
        let bundle = try Member.bundle("newcomer", newKey)
        let framings: [HandshakeFraming] = [.publicMessage, .privateMessage(.toMultiple(of: 256))]
        let add = try party[1].group.propose(.add(bundle.keyPackage), signatureKey: party[1].key, framing: framings[0])
        try party.deliver(add, from: party[1])
        let remove = try party[2].group.propose(.remove(LeafIndex(4)), signatureKey: party[2].key, framing: framings[1])
        try party.deliver(remove, from: party[2])
        let update = try party[3].group.proposeUpdate(signatureKey: party[3].key)
        try party.deliver(update, from: party[3])
        let extensions: Extensions = [Extension(type: .test, data: [1, 2, 3])]
        let context = try party[0].group.propose(.groupContextExtensions(extensions), signatureKey: party[0].key)
        try party.deliver(context, from: party[0])

        #expect(throws: MLSError.misuse(.proposalsPending)) { _ = try party[0].send("too early") }
        let oldLeaf = party[0].group.tree[LeafIndex(3)]
        party.members.removeLast()
        let pending = try party[0].group.commit(signatureKey: party[0].key)
        let message = pending.message
        let invitation = pending.welcome
        let welcome = try #require(invitation)
        try party[0].group.merge(pending.takeStaged())
        for member in party.members.dropFirst() {
            let changes = try member.follow(message)
            #expect(changes.proposals.count == 4)
            #expect(changes.proposals.map(\.isByReference) == [true, true, true, true])
            // Two places are free when the Add is applied, after the Remove.
            #expect(changes.added.map(\.index) == [LeafIndex(4)])
            #expect(changes.added.map(\.sender) == [.member(LeafIndex(1))])
            #expect(changes.removed.map(\.index) == [LeafIndex(4)])
            #expect(changes.updated.map(\.index) == [LeafIndex(3)])
            #expect(changes.updated.first?.old == oldLeaf)
            #expect(changes.groupContextExtensions == extensions)
            #expect(changes.committer == LeafIndex(0))
        }
        let join = try PendingJoin(welcome, keyPackage: bundle)
        party.members.append(Member(name: "newcomer", key: newKey, group: join.accept()))
        #expect(party[4].group.context.extensions == extensions)
        try party.expectAgreement()
    }

    @Test("a proposal that cannot stand keeps nobody from sending, nor from committing those that can")
    func invalidProposals() throws {
        let party = try Party(4)
        let forger = Forger(member: party[3])
        let taken = party[0].group.tree[LeafIndex(0)]?.encryptionKey ?? []
        let unsupported = Extensions([Extension(type: .unsupported, data: [])])
        let proposals: [Proposal] = [
            .reInit(.test(version: ProtocolVersion(rawValue: 0))),
            .externalInit(kemOutput: []),
            .groupContextExtensions(unsupported),
            .add(try Forger.add(party[1].key)),
            .remove(LeafIndex(9)),
            .preSharedKey(PreSharedKeyID(source: .external(id: [1]), nonce: [1])),
            try forger.update { $0.encryptionKey = taken },
        ]
        for proposal in proposals {
            for receiver in party.members.dropLast() {
                _ = try receiver.group.open(forger.publicMessage(.proposal(proposal)))
            }
        }
        let message = try party[0].send("nothing to commit")
        #expect(try party[1].openData(message) == Array("nothing to commit".utf8))
        let good = try party[1].group.proposeUpdate(signatureKey: party[1].key)
        for receiver in [party[0], party[2]] { _ = try receiver.group.open(good) }
        #expect(throws: MLSError.misuse(.proposalsPending)) { _ = try party[0].send("too early") }
        let sent = try party[0].commit()
        for member in [party[1], party[2]] {
            let changes = try member.follow(sent.message)
            #expect(changes.proposals.count == 1)
            #expect(changes.updated.map(\.index) == [LeafIndex(1)])
        }
    }

    @Test("a Commit shows policy every change before it is staged")
    func changes() throws {
        let party = try Party(3)
        var options = CommitOptions()
        options.authenticatedData = [9, 9]
        options.leafChanges.extensions = [Extension(type: .leafTest, data: [7])]
        let before = party[1].group.tree
        let pending = try party[0].group
            .commit(
                [.remove(LeafIndex(2))],
                signatureKey: party[0].key,
                options: options
            )
        let changes = try party[1].openCommit(pending.message).changes
        #expect(changes.authenticatedData == [9, 9])
        #expect(changes.committerLeaf == before[LeafIndex(0)])
        #expect(changes.pathLeaf?.extensions[.leafTest] == [7])
        #expect(changes.pathLeaf?.credential == changes.committerLeaf?.credential)
        #expect(changes.pathLeaf?.signatureKey == changes.committerLeaf?.signatureKey)
        #expect(changes.removed.first?.leaf == before[LeafIndex(2)])
        #expect(changes.previousTree.encoded == before.encoded)
        #expect(changes.tree.encoded == pending.staged.tree.encoded)
        #expect(changes.context == pending.staged.context)
        #expect(changes.previousContext.epoch + 1 == changes.context.epoch)
    }

    @Test("of two racing Commits the loser drops its own and follows the winner's")
    func race() throws {
        let party = try Party(3)
        let first = try party[0].group.commit(signatureKey: party[0].key)
        let second = try party[1].group.commit(signatureKey: party[1].key)
        for member in [party[1], party[2]] { try member.follow(first.message) }
        let late = second.message
        #expect(throws: MLSError.invalid(.epochMatches)) { _ = try party[2].group.open(late) }
        try party[0].group.merge(first.takeStaged())
        let loser = second.takeStaged()
        let before = party[1].group.epochAuthenticator
        do {
            try party[1].group.merge(loser)
            Issue.record("merged a Commit of an epoch that is over")
        } catch {
            #expect(error == .misuse(.staleCommit))
        }
        #expect(party[1].group.epochAuthenticator == before)
        try party.expectAgreement()
    }

    @Test("a staged epoch exports what the merged one will, and dropping it changes nothing")
    func staging() throws {
        let party = try Party(2)
        let pending = try party[0].group.commit(signatureKey: party[0].key)
        let before = party[1].group.epochAuthenticator
        let verified = try party[1].openCommit(pending.message)
        do {
            let dropped = try party[1].group.stage(verified)
            #expect(dropped.epochAuthenticator != before)
        }
        #expect(party[1].group.epochAuthenticator == before)
        let staged = try party[1].group.stage(verified)
        let exported = try staged.export(label: "test", context: [1], length: 40).exposed()
        #expect(try pending.staged.export(label: "test", context: [1], length: 40).exposed() == exported)
        #expect(staged.epochAuthenticator == pending.staged.epochAuthenticator)
        try party[1].group.merge(staged)
        #expect(try party[1].group.export(label: "test", context: [1], length: 40).exposed() == exported)
        #expect(try party[1].group.export(label: "other", context: [1], length: 40).exposed() != exported)
        #expect(throws: MLSError.misuse(.secretTooLong)) {
            _ = try party[1].group.export(label: "test", context: [], length: 8161).count
        }
    }

    @Test("a joiner judges context, tree and signer before the group exists")
    func pendingJoin() throws {
        let party = try Party(3)
        let key = try SignaturePrivateKey(suite3)
        let bundle = try Member.bundle("newcomer", key)
        let serialized = bundle.serialized()
        var options = CommitOptions()
        options.groupInfoExtensions = [Extension(type: .unsupported, data: [5])]
        options.welcomeHasTree = false
        let sent = try party.commit([.add(bundle.keyPackage)], by: party[1], options: options)
        let welcome = try #require(sent.welcome)
        #expect(throws: MLSError.misuse(.treeNeeded)) {
            _ = try PendingJoin(welcome, keyPackage: try KeyPackageBundle(serialized: serialized)).ownLeaf
        }
        let join = try PendingJoin(welcome, keyPackage: bundle, ratchetTree: party[0].group.tree)
        #expect(join.groupInfo.signer == LeafIndex(1))
        #expect(join.groupInfo.extensions[.unsupported] == [5])
        #expect(join.context == party[0].group.context)
        #expect(join.tree.members.count == 4)
        #expect(join.ownLeaf == LeafIndex(3))
        #expect(join.epochAuthenticator == party[0].group.epochAuthenticator)
    }

    @Test("public framing carries proposals and Commits")
    func publicFraming() throws {
        let party = try Party(3)
        var options = CommitOptions()
        options.framing = .publicMessage
        try party.commit(by: party[2], options: options)
        try party.expectAgreement()
    }

    @Test("what is unknown, GREASE too, passes wherever newer clients may say it")
    func unknownValues() throws {
        var party = try Party(2)
        let key = try SignaturePrivateKey(suite3)
        let grease = ExtensionType(rawValue: 0x0a0a)
        let bundle = try KeyPackageBundle(
            suite3,
            credential: .basic(identity: [1]),
            signatureKey: key,
            capabilities: Capabilities(
                versions: [.mls10, ProtocolVersion(rawValue: 0x1a1a)],
                cipherSuites: [CipherSuite(rawValue: 0x2a2a), suite3],
                extensions: [grease, .test],
                proposals: [ProposalType(rawValue: 0x3a3a)],
                credentials: [CredentialType(rawValue: 0x4a4a), .basic]
            ),
            lifetime: Member.lifetime,
            extensions: [Extension(type: ExtensionType(rawValue: 0x5a5a), data: [1, 2])],
            leafExtensions: [Extension(type: grease, data: [3])]
        )
        var options = CommitOptions()
        options.groupInfoExtensions = [Extension(type: ExtensionType(rawValue: 0x6a6a), data: [4])]
        let sent = try party.commit([.add(bundle.keyPackage)], by: party[0], options: options)
        let join = try PendingJoin(try #require(sent.welcome), keyPackage: bundle)
        party.members.append(Member(name: "newcomer", key: key, group: join.accept()))
        try party.expectAgreement()
    }

    @Test("only the leaf's own signature key signs, nobody removes itself, and nobody opens its own message")
    func misuse() throws {
        let party = try Party(2)
        let other = try SignaturePrivateKey(suite3)
        #expect(throws: MLSError.misuse(.signatureKeyMismatch)) {
            _ = try party[0].group.protect([1], signatureKey: other)
        }
        #expect(throws: MLSError.misuse(.signatureKeyMismatch)) {
            _ = try party[0].group.commit(signatureKey: other).message
        }
        #expect(throws: MLSError.misuse(.removeSelf)) {
            _ = try party[0].group.commit([.remove(LeafIndex(0))], signatureKey: party[0].key).message
        }
        let own = try party[0].send("own")
        #expect(throws: MLSError.misuse(.ownMessage)) { _ = try party[0].group.open(own) }
        #expect(throws: MLSError.misuse(.unsupportedProposal)) {
            _ = try party[0].group.propose(.externalInit(kemOutput: []), signatureKey: party[0].key)
        }
        #expect(throws: MLSError.misuse(.unsupportedCipherSuite)) {
            _ = try SignaturePrivateKey(CipherSuite(rawValue: 0x0a0a)).publicKey
        }
    }
}

@Suite("Messages")
struct MessageTests {
    @Test("messages come out of order within the window, once each")
    func outOfOrder() throws {
        let party = try Party(2)
        let messages = try (0..<8).map { try party[0].send("\($0)") }
        #expect(try party[1].openData(messages[7]) == Array("7".utf8))
        for number in 2...6 { #expect(try party[1].openData(messages[number]) == Array("\(number)".utf8)) }
        // 7 - 5 = 2 is the oldest that was kept.
        for number in 0...7 {
            #expect(throws: MLSError.invalid(.generationUnused)) { _ = try party[1].group.open(messages[number]) }
        }
    }

    @Test("a message exactly as far ahead as allowed opens")
    func forwardLimit() throws {
        let party = try Party(2)
        var last = try party[0].send("0")
        for number in 1...Int(ReceivingRatchet.forwardLimit) { last = try party[0].send("\(number)") }
        #expect(try party[1].openData(last) == Array("1000".utf8))
    }

    @Test("a forgery uses up no key")
    func forgery() throws {
        let party = try Party(2)
        let message = try party[0].send("true")
        guard case .privateMessage(let real) = message else { return }
        let forged = PrivateMessage(
            groupID: real.groupID,
            epoch: real.epoch,
            contentType: real.contentType,
            authenticatedData: [1],
            encryptedSenderData: real.encryptedSenderData,
            ciphertext: real.ciphertext
        )
        #expect(throws: MLSError.invalid(.contentAuthentic)) { _ = try party[1].group.open(.privateMessage(forged)) }
        #expect(try party[1].openData(message) == Array("true".utf8))
    }

    @Test("padding hides lengths up to its multiple", arguments: [0, 1, 100, 1000, 5000])
    func padding(length: Int) throws {
        let party = try Party(2)
        let data = [UInt8](repeating: 0, count: length)
        let message = try party[0].group
            .protect(
                data,
                authenticatedData: [4],
                signatureKey: party[0].key,
                padding: .toMultiple(of: 1024)
            )
        guard case .privateMessage(let sealed) = message else { return }
        #expect(sealed.ciphertext.count % 1024 == 16)
        guard case .application(let opened) = try party[1].group.open(message) else { return }
        #expect(opened.data == data)
        #expect(opened.authenticatedData == [4])
        #expect(opened.sender == LeafIndex(0))
    }
}
