import Sodium
import TLSCodec
import Testing

@testable import MLS

@Suite("Vectors: cryptography", .enabled(if: VectorFiles.arePresent, VectorFiles.missing))
struct CryptoVectors {
    struct CryptoBasics: Decodable {
        struct RefHash: Decodable {
            let label: String
            let value: Hex
            let out: Hex
        }
        struct Expand: Decodable {
            let secret: Hex
            let label: String
            let context: Hex
            let length: Int
            let out: Hex
        }
        struct Derive: Decodable {
            let secret: Hex
            let label: String
            let out: Hex
        }
        struct DeriveTree: Decodable {
            let secret: Hex
            let label: String
            let generation: UInt32
            let length: Int
            let out: Hex
        }
        struct Sign: Decodable {
            let priv: Hex
            let pub: Hex
            let content: Hex
            let label: String
            let signature: Hex
        }
        struct Encrypt: Decodable {
            let priv: Hex
            let pub: Hex
            let label: String
            let context: Hex
            let plaintext: Hex
            let kemOutput: Hex
            let ciphertext: Hex
        }
        let refHash: RefHash
        let expandWithLabel: Expand
        let deriveSecret: Derive
        let deriveTreeSecret: DeriveTree
        let signWithLabel: Sign
        let encryptWithLabel: Encrypt
    }

    @Test("crypto-basics", arguments: VectorFiles.suites(with: "crypto-basics"))
    func cryptoBasics(_ vectors: VectorSuite) throws {
        let crypto = try vectors.crypto()
        for vector in try vectors.load("crypto-basics", as: CryptoBasics.self) {
            let ref = vector.refHash
            #expect(crypto.refHash(label: ref.label, ref.value.bytes) == ref.out.bytes)
            let expand = vector.expandWithLabel
            let expanded = crypto.expand(
                expand.secret.secret,
                label: expand.label,
                context: expand.context.bytes,
                count: expand.length
            )
            #expect(expanded.exposed() == expand.out.bytes)
            let derive = vector.deriveSecret
            let derived = crypto.derive(derive.secret.secret, label: derive.label)
            #expect(derived.exposed() == derive.out.bytes)
            let tree = vector.deriveTreeSecret
            let treeSecret = crypto.deriveTree(
                tree.secret.secret,
                label: tree.label,
                generation: tree.generation,
                count: tree.length
            )
            #expect(treeSecret.exposed() == tree.out.bytes)
            let sign = vector.signWithLabel
            let isValid = crypto.verify(
                sign.signature.bytes,
                of: sign.content.bytes,
                labelled: sign.label,
                publicKey: sign.pub.bytes
            )
            #expect(isValid)
            let encrypt = vector.encryptWithLabel
            let sealed = HPKECiphertext(kemOutput: encrypt.kemOutput.bytes, ciphertext: encrypt.ciphertext.bytes)
            let again = crypto.encryptor(label: encrypt.label, context: encrypt.context.bytes)
                .encrypt(encrypt.plaintext.secret, to: encrypt.pub.bytes)
            for ciphertext in [sealed, try #require(again)] {
                let opened = crypto.decrypt(
                    ciphertext,
                    with: encrypt.priv.secret,
                    publicKey: encrypt.pub.bytes,
                    label: encrypt.label,
                    context: encrypt.context.bytes
                )
                #expect(opened?.exposed() == encrypt.plaintext.bytes)
            }
        }
    }

    struct KeyScheduleVector: Decodable {
        struct Epoch: Decodable {
            struct Exporter: Decodable {
                let label: String
                let context: Hex
                let length: Int
                let secret: Hex
            }
            let treeHash, commitSecret, pskSecret, confirmedTranscriptHash: Hex
            let groupContext, joinerSecret, welcomeSecret, initSecret: Hex
            let senderDataSecret, encryptionSecret, exporterSecret, epochAuthenticator: Hex
            let externalSecret, confirmationKey, membershipKey, resumptionPsk, externalPub: Hex
            let exporter: Exporter
        }
        let groupId: Hex
        let initialInitSecret: Hex
        let epochs: [Epoch]
    }

    @Test("key-schedule", arguments: VectorFiles.suites(with: "key-schedule"))
    func keySchedule(_ vectors: VectorSuite) throws {
        let crypto = try vectors.crypto()
        for vector in try vectors.load("key-schedule", as: KeyScheduleVector.self) {
            var initSecret = vector.initialInitSecret.held
            for (number, epoch) in vector.epochs.enumerated() {
                let context = GroupContext(
                    cipherSuite: vectors.suite,
                    groupID: vector.groupId.bytes,
                    epoch: UInt64(number),
                    treeHash: epoch.treeHash.bytes,
                    confirmedTranscriptHash: epoch.confirmedTranscriptHash.bytes,
                    extensions: []
                )
                .encoded
                #expect(context == epoch.groupContext.bytes)
                let joiner = KeySchedule.joinerSecret(
                    initSecret: initSecret.secret,
                    commitSecret: epoch.commitSecret.secret,
                    context: context,
                    crypto
                )
                #expect(joiner.exposed() == epoch.joinerSecret.bytes)
                let psk = epoch.pskSecret.secret
                let welcome = KeySchedule.welcomeSecret(joinerSecret: joiner, pskSecret: psk, crypto)
                #expect(welcome.exposed() == epoch.welcomeSecret.bytes)
                let secrets = KeySchedule.epochSecrets(
                    joinerSecret: joiner,
                    pskSecret: psk,
                    context: context,
                    crypto
                )
                let kept = secrets.kept
                #expect(kept.senderData.secret.exposed() == epoch.senderDataSecret.bytes)
                #expect(secrets.encryptionSecret.secret.exposed() == epoch.encryptionSecret.bytes)
                #expect(kept.exporter.secret.exposed() == epoch.exporterSecret.bytes)
                #expect(kept.epochAuthenticator.secret.exposed() == epoch.epochAuthenticator.bytes)
                #expect(kept.external.secret.exposed() == epoch.externalSecret.bytes)
                #expect(secrets.confirmationKey.exposed() == epoch.confirmationKey.bytes)
                #expect(kept.membershipKey.secret.exposed() == epoch.membershipKey.bytes)
                #expect(kept.resumptionPSK.secret.exposed() == epoch.resumptionPsk.bytes)
                #expect(kept.initSecret.secret.exposed() == epoch.initSecret.bytes)
                let external = try crypto.deriveKeyPair(kept.external.secret)
                #expect(external.publicKey == epoch.externalPub.bytes)
                let exported = kept.export(
                    label: epoch.exporter.label,
                    context: epoch.exporter.context.bytes,
                    length: epoch.exporter.length,
                    crypto
                )
                #expect(exported.exposed() == epoch.exporter.secret.bytes)
                initSecret = kept.initSecret
            }
        }
    }

    struct PSKSecret: Decodable {
        struct PreSharedKey: Decodable {
            let pskId, psk, pskNonce: Hex
        }
        let psks: [PreSharedKey]
        let pskSecret: Hex
    }

    @Test("psk_secret", arguments: VectorFiles.suites(with: "psk_secret"))
    func pskSecret(_ vectors: VectorSuite) throws {
        for vector in try vectors.load("psk_secret", as: PSKSecret.self) {
            var keys = PreSharedKeys()
            var ids: [PreSharedKeyID] = []
            for key in vector.psks {
                let id = PreSharedKeyID(source: .external(id: key.pskId.bytes), nonce: key.pskNonce.bytes)
                keys.insert(key.psk.secret, as: id.name)
                ids.append(id)
            }
            #expect(try keys.secret(for: ids, vectors.crypto()).exposed() == vector.pskSecret.bytes)
        }
    }

    struct SecretTreeVector: Decodable {
        struct SenderData: Decodable {
            let senderDataSecret, ciphertext, key, nonce: Hex
        }
        struct Generation: Decodable {
            let generation: UInt32
            let applicationKey, applicationNonce, handshakeKey, handshakeNonce: Hex
        }
        let encryptionSecret: Hex
        let senderData: SenderData
        let leaves: [[Generation]]
    }

    @Test("secret-tree", arguments: VectorFiles.suites(with: "secret-tree"))
    func secretTree(_ vectors: VectorSuite) throws {
        let crypto = try vectors.crypto()
        for vector in try vectors.load("secret-tree", as: SecretTreeVector.self) {
            let senderData = SenderDataKey(
                vector.senderData.senderDataSecret.secret,
                ciphertext: vector.senderData.ciphertext.bytes,
                crypto
            )
            #expect(senderData.key.exposed() == vector.senderData.key.bytes)
            #expect(senderData.nonce == vector.senderData.nonce.bytes)
            let count = try #require(LeafCount(holding: vector.leaves.count))
            var tree = SecretTree(encryptionSecret: vector.encryptionSecret.held, leafCount: count)
            for (index, generations) in vector.leaves.enumerated() {
                let leaf = LeafIndex(UInt32(index))
                for expected in generations {
                    let application = try tree.step(leaf, .application, expected.generation, crypto)
                    tree.take(application)
                    #expect(application.key.key.exposed() == expected.applicationKey.bytes)
                    #expect(application.key.nonce(guardedBy: []) == expected.applicationNonce.bytes)
                    let handshake = try tree.step(leaf, .handshake, expected.generation, crypto)
                    tree.take(handshake)
                    #expect(handshake.key.key.exposed() == expected.handshakeKey.bytes)
                    #expect(handshake.key.nonce(guardedBy: []) == expected.handshakeNonce.bytes)
                }
            }
        }
    }

    struct TranscriptVector: Decodable {
        let confirmationKey, authenticatedContent, interimTranscriptHashBefore: Hex
        let confirmedTranscriptHashAfter, interimTranscriptHashAfter: Hex
    }

    @Test("transcript-hashes", arguments: VectorFiles.suites(with: "transcript-hashes"))
    func transcriptHashes(_ vectors: VectorSuite) throws {
        let crypto = try vectors.crypto()
        for vector in try vectors.load("transcript-hashes", as: TranscriptVector.self) {
            let content = try AuthenticatedContent(decoding: vector.authenticatedContent.bytes)
            let tag = try #require(content.auth.confirmationTag)
            let confirmed = TranscriptHash.confirmed(
                interim: vector.interimTranscriptHashBefore.bytes,
                content.wireFormat,
                content.content,
                signature: content.auth.signature,
                crypto
            )
            #expect(confirmed == vector.confirmedTranscriptHashAfter.bytes)
            let isConfirmed = crypto.isValid(mac: tag, for: confirmed, key: vector.confirmationKey.secret)
            #expect(isConfirmed)
            let interim = TranscriptHash.interim(confirmed: confirmed, confirmationTag: tag, crypto)
            #expect(interim == vector.interimTranscriptHashAfter.bytes)
        }
    }
}
