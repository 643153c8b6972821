import Sodium
import TLSCodec
import Testing

@testable import MLS

@Suite("Vectors: groups", .enabled(if: VectorFiles.arePresent, VectorFiles.missing))
struct GroupVectors {
    struct WelcomeVector: Decodable {
        let initPriv, keyPackage, signerPub, welcome: Hex
    }

    @Test("welcome", arguments: VectorFiles.suites(with: "welcome"))
    func welcome(_ vectors: VectorSuite) throws {
        let crypto = try vectors.crypto()
        for vector in try vectors.load("welcome", as: WelcomeVector.self) {
            guard case .welcome(let welcome) = try MLSMessage(decoding: vector.welcome.bytes),
                case .keyPackage(let keyPackage) = try MLSMessage(decoding: vector.keyPackage.bytes)
            else {
                Issue.record("neither a Welcome nor a KeyPackage")
                continue
            }
            let leafKey = try crypto.generateKeyPair()
            var matching = keyPackage
            matching.leafNode.encryptionKey = leafKey.publicKey
            let own = try #require(welcome.secrets.first { $0.newMember == crypto.reference(to: keyPackage) })
            let opened = crypto.decrypt(
                own.encryptedGroupSecrets,
                with: vector.initPriv.secret,
                publicKey: keyPackage.initKey,
                label: "Welcome",
                context: welcome.encryptedGroupInfo
            )
            guard let opened else {
                Issue.record("group secrets do not decrypt")
                continue
            }
            let secrets = try GroupSecrets(decoding: opened)
            let zero = crypto.zeroSecret
            let info = try welcome.groupInfo(
                welcomeSecret: KeySchedule.welcomeSecret(
                    joinerSecret: secrets.joinerSecret,
                    pskSecret: zero,
                    crypto
                ),
                crypto
            )
            let isSigned = crypto.verify(
                info.signature,
                of: info.toBeSigned(),
                label: .groupInfo,
                publicKey: vector.signerPub.bytes
            )
            #expect(isSigned)
            let epoch = KeySchedule.epochSecrets(
                joinerSecret: secrets.joinerSecret,
                pskSecret: zero,
                context: info.groupContext.encoded,
                crypto
            )
            #expect(
                info.confirmationTag == epoch.confirmationTag(info.groupContext.confirmedTranscriptHash, crypto)
            )
        }
    }

    struct PassiveClient: Decodable {
        struct Epoch: Decodable {
            let proposals: [Hex]
            let commit, epochAuthenticator: Hex
        }
        struct PreSharedKey: Decodable {
            let pskId, psk: Hex
        }
        let externalPsks: [PreSharedKey]
        let keyPackage, encryptionPriv, initPriv, welcome, initialEpochAuthenticator: Hex
        let ratchetTree: Hex?
        let epochs: [Epoch]
    }

    @Test("passive-client-welcome", arguments: VectorFiles.suites(with: "passive-client-welcome"))
    func passiveClientWelcome(_ vectors: VectorSuite) throws {
        try follow("passive-client-welcome", of: vectors)
    }

    @Test("passive-client-handling-commit", arguments: VectorFiles.suites(with: "passive-client-handling-commit"))
    func passiveClientHandlingCommit(_ vectors: VectorSuite) throws {
        try follow("passive-client-handling-commit", of: vectors)
    }

    @Test("passive-client-unmerged", arguments: VectorFiles.suites(with: "passive-client-unmerged"))
    func passiveClientUnmerged(_ vectors: VectorSuite) throws {
        try follow("passive-client-unmerged", of: vectors)
    }

    @Test("passive-client-random", arguments: VectorFiles.suites(with: "passive-client-random"))
    func passiveClientRandom(_ vectors: VectorSuite) throws {
        try follow("passive-client-random", of: vectors)
    }

    private func follow(_ name: String, of vectors: VectorSuite) throws {
        for vector in try vectors.load(name, as: PassiveClient.self) { try follow(vector) }
    }

    private func follow(_ vector: PassiveClient) throws {
        guard case .welcome(let welcome) = try MLSMessage(decoding: vector.welcome.bytes),
            case .keyPackage(let keyPackage) = try MLSMessage(decoding: vector.keyPackage.bytes)
        else {
            Issue.record("neither a Welcome nor a KeyPackage")
            return
        }
        let bundle = try KeyPackageBundle(
            keyPackage: keyPackage,
            initKey: vector.initPriv.secret,
            encryptionKey: vector.encryptionPriv.secret
        )
        var keys = PreSharedKeys()
        for key in vector.externalPsks { keys.insert(key.psk.secret, as: .external(id: key.pskId.bytes)) }
        let join = try PendingJoin(
            welcome,
            keyPackage: bundle,
            ratchetTree: try vector.ratchetTree.map { try RatchetTree(decoding: $0.bytes) },
            preSharedKeys: keys
        )
        #expect(join.epochAuthenticator == vector.initialEpochAuthenticator.bytes)
        var group = join.accept()
        for epoch in vector.epochs {
            for proposal in epoch.proposals {
                _ = try group.open(try MLSMessage(decoding: proposal.bytes))
            }
            guard case .commit(let verified) = try group.open(try MLSMessage(decoding: epoch.commit.bytes)) else {
                Issue.record("not a Commit")
                return
            }
            keys.insert(group.predecessor())
            try group.merge(try group.stage(verified, preSharedKeys: keys))
            #expect(group.epochAuthenticator == epoch.epochAuthenticator.bytes)
        }
    }
}
