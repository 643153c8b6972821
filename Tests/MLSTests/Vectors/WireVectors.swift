import Sodium
import TLSCodec
import Testing

@testable import MLS

@Suite("Vectors: wire formats", .enabled(if: VectorFiles.arePresent, VectorFiles.missing))
struct WireVectors {
    struct Deserialization: Decodable {
        let vlbytesHeader: Hex
        let length: Int
    }

    @Test("deserialization")
    func deserialization() throws {
        for vector in try VectorFiles.suite3.load("deserialization", as: Deserialization.self) {
            guard vector.length < 1 << 20 else {
                // A gigabyte that is not there: the header alone is what the vector is about.
                #expect(throws: CodecError.truncated) {
                    var reader = Reader(vector.vlbytesHeader.bytes)
                    _ = try reader.readVector()
                }
                continue
            }
            let contents = [UInt8](repeating: 7, count: vector.length)
            var reader = Reader(vector.vlbytesHeader.bytes + contents)
            #expect(try reader.readVector() == contents)
            try reader.finish()
            var writer = Writer()
            writer.writeVector(contents)
            #expect(writer.bytes == vector.vlbytesHeader.bytes + contents)
        }
    }

    struct Messages: Decodable {
        let mlsWelcome, mlsGroupInfo, mlsKeyPackage, ratchetTree, groupSecrets: Hex
        let addProposal, updateProposal, removeProposal, preSharedKeyProposal, reInitProposal: Hex
        let externalInitProposal, groupContextExtensionsProposal, commit: Hex
        let publicMessageApplication, publicMessageProposal, publicMessageCommit, privateMessage: Hex
    }

    private func expectRoundTrip<Value: WireCodable>(_ hex: Hex, as type: Value.Type) throws {
        #expect(try Value(decoding: hex.bytes).encoded == hex.bytes)
    }

    /// The vectors hold proposals without their type.
    private func expectRoundTrip(_ hex: Hex, as type: ProposalType) throws {
        let bytes = type.encoded + hex.bytes
        let proposal = try Proposal(decoding: bytes)
        #expect(proposal.type == type)
        #expect(proposal.encoded == bytes)
    }

    @Test("messages")
    func messages() throws {
        for vector in try VectorFiles.suite3.load("messages", as: Messages.self) {
            for message in [
                vector.mlsWelcome, vector.mlsGroupInfo, vector.mlsKeyPackage, vector.publicMessageApplication,
                vector.publicMessageProposal, vector.publicMessageCommit, vector.privateMessage,
            ] {
                try expectRoundTrip(message, as: MLSMessage.self)
            }
            try expectRoundTrip(vector.addProposal, as: .add)
            try expectRoundTrip(vector.updateProposal, as: .update)
            try expectRoundTrip(vector.removeProposal, as: .remove)
            try expectRoundTrip(vector.preSharedKeyProposal, as: .preSharedKey)
            try expectRoundTrip(vector.reInitProposal, as: .reInit)
            try expectRoundTrip(vector.externalInitProposal, as: .externalInit)
            try expectRoundTrip(vector.groupContextExtensionsProposal, as: .groupContextExtensions)
            try expectRoundTrip(vector.commit, as: Commit.self)
            #expect(try RatchetTree(decoding: vector.ratchetTree.bytes).encoded == vector.ratchetTree.bytes)
            let secrets = try GroupSecrets(decoding: vector.groupSecrets.secret)
            #expect(secrets.encoded().exposed() == vector.groupSecrets.bytes)
        }
    }

    struct MessageProtection: Decodable {
        let groupId: Hex
        let epoch: UInt64
        let treeHash, confirmedTranscriptHash, signaturePriv, signaturePub: Hex
        let encryptionSecret, senderDataSecret, membershipKey: Hex
        let proposal, proposalPriv, proposalPub, commit, commitPriv, commitPub, application, applicationPriv: Hex
    }

    @Test("message-protection", arguments: VectorFiles.suites(with: "message-protection"))
    func messageProtection(_ vectors: VectorSuite) throws {
        for vector in try vectors.load("message-protection", as: MessageProtection.self) {
            let check = ProtectionCheck(vector, try vectors.crypto())
            let proposal = Content.proposal(try Proposal(decoding: vector.proposal.bytes))
            let commit = Content.commit(try Commit(decoding: vector.commit.bytes))
            try check.opensPublic(vector.proposalPub.bytes, as: proposal)
            try check.opensPublic(vector.commitPub.bytes, as: commit)
            try check.opensPrivate(vector.proposalPriv.bytes, as: proposal)
            try check.opensPrivate(vector.commitPriv.bytes, as: commit)
            try check.opensPrivate(vector.applicationPriv.bytes, as: .application(vector.application.bytes))
            for content in [proposal, commit, .application(vector.application.bytes)] {
                try check.opensWhatItSeals(content)
            }
        }
    }

    /// Leaf 1 of two is the sender.
    struct ProtectionCheck: ~Copyable {
        let vector: MessageProtection
        let crypto: Crypto
        let context: [UInt8]

        init(_ vector: MessageProtection, _ crypto: Crypto) {
            self.vector = vector
            self.crypto = crypto
            context =
                GroupContext(
                    cipherSuite: crypto.suite,
                    groupID: vector.groupId.bytes,
                    epoch: vector.epoch,
                    treeHash: vector.treeHash.bytes,
                    confirmedTranscriptHash: vector.confirmedTranscriptHash.bytes,
                    extensions: []
                )
                .encoded
        }

        func opensPublic(_ bytes: [UInt8], as content: Content) throws {
            guard case .publicMessage(let message) = try MLSMessage(decoding: bytes) else {
                Issue.record("not a PublicMessage")
                return
            }
            #expect(message.content.content == content)
            let hasTag = message.hasValidMembershipTag(
                membershipKey: vector.membershipKey.secret,
                context: context,
                crypto
            )
            #expect(hasTag)
            expectSignature(message.authenticatedContent)
        }

        func opensPrivate(_ bytes: [UInt8], as content: Content) throws {
            guard case .privateMessage(let message) = try MLSMessage(decoding: bytes) else {
                Issue.record("not a PrivateMessage")
                return
            }
            let count = try #require(LeafCount(holding: 2))
            var tree = SecretTree(encryptionSecret: vector.encryptionSecret.held, leafCount: count)
            let senderData = try message.senderData(vector.senderDataSecret.secret, crypto)
            #expect(senderData.leaf == LeafIndex(1))
            let step = try tree.step(
                senderData.leaf,
                message.contentType.ratchet,
                senderData.generation,
                crypto
            )
            let opened = try message.open(senderData, key: step.key, crypto)
            #expect(opened.content.content == content)
            expectSignature(opened)
        }

        func opensWhatItSeals(_ content: Content) throws {
            let framed = FramedContent(
                groupID: vector.groupId.bytes,
                epoch: vector.epoch,
                sender: .member(LeafIndex(1)),
                authenticatedData: [1, 2],
                content: content
            )
            let key = try SignaturePrivateKey(crypto.suite, raw: vector.signaturePriv.secret)
            #expect(key.publicKey == vector.signaturePub.bytes)
            for wireFormat in [WireFormat.publicMessage, .privateMessage] {
                let signature = AuthenticatedContent.signature(
                    of: framed,
                    wireFormat,
                    context: context,
                    with: key,
                    crypto
                )
                let signed = AuthenticatedContent(
                    wireFormat: wireFormat,
                    content: framed,
                    auth: FramedContentAuthData(
                        signature: signature,
                        confirmationTag: content.type == .commit ? [3] : nil
                    )
                )
                if wireFormat == .publicMessage {
                    let message = signed.publicMessage(
                        membershipKey: vector.membershipKey.secret,
                        context: context,
                        crypto
                    )
                    try opensPublic(MLSMessage.publicMessage(message).encoded, as: content)
                } else {
                    let count = try #require(LeafCount(holding: 2))
                    var tree = SecretTree(encryptionSecret: vector.encryptionSecret.held, leafCount: count)
                    let message = signed.privateMessage(
                        from: LeafIndex(1),
                        key: try tree.step(LeafIndex(1), content.type.ratchet, 0, crypto).key,
                        senderDataSecret: vector.senderDataSecret.secret,
                        padding: .toMultiple(of: 64),
                        crypto
                    )
                    #expect(message.ciphertext.count % 64 == 16)
                    try opensPrivate(MLSMessage.privateMessage(message).encoded, as: content)
                }
            }
        }

        private func expectSignature(_ content: AuthenticatedContent) {
            #expect(content.hasValidSignature(context: context, publicKey: vector.signaturePub.bytes, crypto))
        }
    }
}
