import Sodium
import TLSCodec
import Testing

@testable import MLS

@Suite("Vectors: groups", .enabled(if: VectorFiles.arePresent, VectorFiles.missing))
struct GroupVectors {
    struct WelcomeVector: Decodable {
        let initPriv, keyPackage, signerPub, welcome: Hex
    }

    @Test("welcome", arguments: VectorFiles.suites)
    func welcome(suite: CipherSuite) throws {
        let crypto = try #require(Crypto(suite))
        for vector in try VectorFiles.load("welcome", suite, as: WelcomeVector.self) {
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

    @Test(
        "passive clients",
        arguments: [
            ("passive-client-welcome", suite3), ("passive-client-handling-commit", suite3),
            ("passive-client-unmerged", suite3), ("passive-client-random", suite3),
            ("passive-client-random", suiteF04D),
        ]
    )
    func passiveClients(file: String, suite: CipherSuite) throws {
        var skipped: [String] = []
        var followed = 0
        for (number, vector) in try VectorFiles.load(file, suite, as: PassiveClient.self).enumerated() {
            do {
                try follow(vector, counting: &followed)
            } catch MLSError.invalid(.supportedPreSharedKey) {
                skipped.append("case \(number): its Welcome needs a PSK")
            } catch MLSError.invalid(.supportedProposal) {
                skipped.append("case \(number): a Commit needs a PSK or ReInit")
            } catch MLSError.invalid(.supportedSender) {
                skipped.append("case \(number): a Commit comes from outside")
            }
        }
        let vectors = skipped.isEmpty ? "nothing left out" : "left out: " + skipped.joined(separator: "; ")
        print("\(file), suite \(suite.rawValue): \(followed) epochs followed, \(vectors)")
    }

    private func follow(_ vector: PassiveClient, counting followed: inout Int) throws {
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
        let tree = try vector.ratchetTree.map { try RatchetTree(decoding: $0.bytes) }
        let join = try PendingJoin(welcome, keyPackage: bundle, ratchetTree: tree)
        #expect(join.epochAuthenticator == vector.initialEpochAuthenticator.bytes)
        followed += 1
        var group = join.accept()
        for epoch in vector.epochs {
            for proposal in epoch.proposals {
                _ = try group.open(try MLSMessage(decoding: proposal.bytes))
            }
            guard case .commit(let verified) = try group.open(try MLSMessage(decoding: epoch.commit.bytes)) else {
                Issue.record("not a Commit")
                return
            }
            try group.merge(try group.stage(verified))
            #expect(group.epochAuthenticator == epoch.epochAuthenticator.bytes)
            followed += 1
        }
    }
}
