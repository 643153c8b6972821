import Sodium
import TLSCodec
import Testing

@testable import MLS

@Suite("Persistence")
struct PersistenceTests {
    private func restored(_ member: Member) throws -> Group {
        try Group(
            tree: member.group.serializedTree(),
            epoch: member.group.serializedEpoch(),
            receiving: member.group.serializedReceiving(),
            sending: member.group.serializedSending()
        )
    }

    @Test("a group restored after every step goes on where it was")
    func everyStep() throws {
        var party = try Party(4)
        func restart() throws {
            for member in party.members { member.group = try restored(member) }
        }
        let messages = try (0..<4).map { try party[0].send("\($0)") }
        _ = try party[1].openData(messages[2])
        try restart()
        _ = try party[1].openData(messages[0])
        #expect(throws: MLSError.invalid(.generationUnused)) { _ = try party[1].group.open(messages[2]) }
        let update = try party[2].group.proposeUpdate(signatureKey: party[2].key)
        try party.deliver(update, from: party[2])
        try restart()
        try party.commit(by: party[1])
        try restart()
        try party.add("newcomer", by: 3)
        try restart()
        party.members.removeFirst()
        try party.commit([.remove(LeafIndex(0))], by: party[1])
        try restart()
        try party.expectAgreement()
    }

    @Test("an epoch without its tree sends, exports, and never uses a key twice")
    func sendingAlone() throws {
        let party = try Party(3)
        let epochPart = party[0].group.serializedEpoch()
        var sendingPart = party[0].group.serializedSending()
        for number in 0..<3 {
            var epoch = try Epoch(epoch: epochPart, sending: sendingPart)
            let message = try epoch.protect([UInt8(number)], signatureKey: party[0].key)
            sendingPart = epoch.serializedSending()
            guard case .application(let opened) = try party[1].group.open(message) else { return }
            #expect(opened.generation == UInt32(number))
            #expect(opened.data == [UInt8(number)])
            #expect(epoch.epochAuthenticator == party[1].group.epochAuthenticator)
        }
        #expect(sendingPart.count < 100)
    }

    @Test("a pending Commit that was kept is merged after a restart")
    func pendingCommit() throws {
        let party = try Party(3)
        let pending = try party[0].group.commit(signatureKey: party[0].key)
        let message = pending.message
        let kept = pending.staged.serialized()
        party[0].group = try restored(party[0])
        try party[0].group.merge(try StagedCommit(serialized: kept))
        for member in party.members.dropFirst() { try member.follow(message) }
        try party.expectAgreement()
    }

    @Test("a Commit is known to its sender in another encryption too, and no other is taken for it")
    func ownCommit() throws {
        let party = try Party(3)
        let handshakes = party[0].group.epoch.serializedHandshakes()
        let first = try party[0].group.commit(signatureKey: party[0].key)
        let second = try party[0].group.commit(signatureKey: party[0].key)
        for message in [first.message, try party[1].group.encryptedAnew(first.message)] {
            let opened = try #require(try party[0].group.openOwnCommit(message, handshakes: handshakes))
            let follows = [first.staged.follows(opened), second.staged.follows(opened)]
            #expect(follows == [true, false])
            let theirs = try party[1].group.stage(party[1].openCommit(message)).epochAuthenticator
            let own = first.staged.epochAuthenticator
            #expect(theirs == own)
        }
        let others = try party[1].group.commit(signatureKey: party[1].key)
        let none = try party[0].group.openOwnCommit(others.message, handshakes: handshakes)
        #expect(none?.changes.committer == nil)
    }

    @Test("parts of different epochs do not fit together, and other bytes are malformed")
    func mismatch() throws {
        let party = try Party(2)
        let oldSending = party[0].group.serializedSending()
        try party.commit(by: party[1])
        let epoch = party[0].group.serializedEpoch()
        #expect(throws: MLSError.malformed(.invalid("epoch of the sending part"))) {
            _ = try Epoch(epoch: epoch, sending: oldSending).ownLeaf
        }
        #expect(throws: MLSError.malformed(.invalid("part of a serialised state"))) {
            _ = try Epoch(epoch: oldSending, sending: oldSending).ownLeaf
        }
        for length in 0..<epoch.count {
            let prefix = epoch.prefix(length)
            let sending = party[0].group.serializedSending()
            #expect(throws: MLSError.malformed(.truncated)) {
                _ = try Epoch(epoch: prefix, sending: sending).ownLeaf
            }
        }
    }

    @Test("a state in which it was not noted yet that a proposal stands alone is read, and a Commit is due")
    func pendingProposalOfBefore() throws {
        let party = try Party(2)
        _ = try party[0].group.proposeUpdate(signatureKey: party[0].key)
        let before = Secret(copying: party[0].group.serializedEpoch().exposed().dropLast())
        var epoch = try Epoch(epoch: before, sending: party[0].group.serializedSending())
        #expect(throws: MLSError.misuse(.proposalsPending)) {
            _ = try epoch.protect([], signatureKey: party[0].key)
        }
    }

    @Test("a state of another version of the format is refused")
    func version() throws {
        let party = try Party(2)
        let epoch = party[0].group.serializedEpoch()
        let sending = party[0].group.serializedSending()
        for version in [UInt8(1), 3] {
            let other = Secret(copying: [version] + epoch.exposed().dropFirst())
            #expect(throws: MLSError.malformed(.invalid("version of a serialised state"))) {
                _ = try Epoch(epoch: other, sending: sending).ownLeaf
            }
        }
    }

    @Test("a KeyPackage bundle that was kept joins, and foreign private keys are refused")
    func bundles() throws {
        let party = try Party(2)
        let key = try SignaturePrivateKey(suite3)
        let bundle = try Member.bundle("newcomer", key)
        let sent = try party.commit([.add(bundle.keyPackage)], by: party[0])
        let join = try PendingJoin(
            try #require(sent.welcome),
            keyPackage: try KeyPackageBundle(serialized: bundle.serialized())
        )
        #expect(join.ownLeaf == LeafIndex(2))
        #expect(throws: MLSError.misuse(.keyPackageMismatch)) {
            _ = try KeyPackageBundle(
                keyPackage: bundle.keyPackage,
                initKey: .random(count: 32),
                encryptionKey: .random(count: 32)
            )
            .keyPackage
        }
    }
}

extension Group {
    /// Another member's message with a later key of its sender's.
    fileprivate func encryptedAnew(_ message: MLSMessage) throws -> MLSMessage {
        guard case .privateMessage(let message) = message else { throw MLSError.invalid(.expectedWireFormat) }
        let senderData = try message.senderData(epoch.secrets.senderData.secret, crypto)
        let (leaf, generation) = (senderData.leaf, senderData.generation)
        var ratchets = receiving
        let key = try ratchets.step(leaf, .handshake, generation, crypto).key
        return .privateMessage(
            try message.open(senderData, key: key, crypto)
                .privateMessage(
                    from: leaf,
                    key: ratchets.step(leaf, .handshake, generation + 4, crypto).key,
                    senderDataSecret: epoch.secrets.senderData.secret,
                    padding: .toMultiple(of: 64),
                    crypto
                )
        )
    }
}
