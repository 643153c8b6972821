import Labels
import Sodium
import TLSCodec
import Testing

@Suite struct LabelsTests {
    private let label = Label("test")

    @Test func aLabelledStructureIsItsPrefixedNameThenItsContent() {
        #expect(Labelled(label, [1, 2]).encoded == [12] + Array("AADR-v1 test".utf8) + [2, 1, 2])
    }

    @Test func theHashIsOverTheLabelledStructure() {
        #expect(labelledHash(label, [1, 2]) == SHA256.hash(Labelled(label, [1, 2]).encoded))
        #expect(labelledHash(label, [1, 2]) != labelledHash(Label("test2"), [1, 2]))
    }

    @Test func aSignatureIsGoodForItsLabelAndContentAlone() {
        let key = Ed25519.PrivateKey()
        let content = Labelled(label, [1])
        let signature = labelledSign(key: key, label, content)
        let publicKey = key.publicKey
        #expect(isValidLabelledSignature(signature, publicKey: publicKey, label, content))
        #expect(!isValidLabelledSignature(signature, publicKey: publicKey, Label("other"), content))
        #expect(!isValidLabelledSignature(signature, publicKey: publicKey, label, Labelled(label, [2])))
    }

    @Test func derivedSecretsDifferByLabelAndContext() {
        let secret = Secret.random(count: 32)
        let derived = labelledDerive(secret: secret, label, context: [1], count: 40)
        let again = labelledDerive(secret: secret, label, context: [1], count: 40)
        let otherLabel = labelledDerive(secret: secret, Label("other"), context: [1], count: 40)
        let otherContext = labelledDerive(secret: secret, label, context: [2], count: 40)
        #expect(derived.exposed() == again.exposed())
        #expect(derived.exposed() != otherLabel.exposed())
        #expect(derived.exposed() != otherContext.exposed())
        #expect(derived.exposed().count == 40)
    }
}
