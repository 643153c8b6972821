import Sodium
import TLSCodec

@testable import MLS

/// A client whom a member invites with whatever the input says. Used by one thread.
///
/// The first byte says what the rest is: a Welcome; a GroupInfo, which the inviter signs and encrypts with its real
/// keys, with the confirmation tag that it should have; a ratchet tree in such a GroupInfo; or a KeyPackage to judge.
final class Invitee {
    nonisolated(unsafe) static let shared = must { try Invitee() }

    let kept: KeyPackageBundle.Kept
    private let inviter: LiveGroup
    let welcome: Welcome
    private let joinerSecret: HeldSecret
    private let pathSecret: HeldSecret?
    let groupInfo: GroupInfo

    init() throws {
        inviter = try LiveGroup()
        kept = try KeyPackageBundle.Kept("invitee")
        let pending = try inviter.sender.group.commit([.add(kept.keyPackage)], signatureKey: inviter.sender.key)
        guard let welcome = pending.welcome else { throw MLSError.internalBug("no Welcome") }
        self.welcome = welcome
        let crypto = inviter.sender.group.crypto
        let secrets = try welcome.groupSecrets(for: try kept.bundle(), crypto)
        joinerSecret = HeldSecret(secrets.joinerSecret.copy())
        pathSecret = secrets.pathSecret
        groupInfo = try welcome.groupInfo(
            welcomeSecret: KeySchedule.welcomeSecret(
                joinerSecret: secrets.joinerSecret,
                pskSecret: crypto.zeroSecret,
                crypto
            ),
            crypto
        )
    }

    func run(_ input: [UInt8]) {
        guard let form = input.first else { return }
        let bytes = Array(input.dropFirst())
        switch form {
        case 0:
            guard let welcome = try? Welcome(decoding: bytes) else { return }
            join(welcome)
        case 1, 2:
            guard let info = try? GroupInfo(decoding: bytes) else { return }
            join(sealed(info.groupContext, info.extensions, signer: form == 1 ? groupInfo.signer : info.signer))
        case 3:
            guard var tree = try? RatchetTree(decoding: bytes) else { return }
            var context = groupInfo.groupContext
            context.treeHash = tree.treeHash(inviter.sender.group.crypto)
            join(sealed(context, [Extension(type: .ratchetTree, data: bytes)], signer: groupInfo.signer))
        case 4:
            guard let keyPackage = try? KeyPackage(decoding: bytes) else { return }
            try? keyPackage.validate(at: 1)
        default: break
        }
    }

    private func sealed(_ context: GroupContext, _ extensions: Extensions, signer: LeafIndex) -> Welcome {
        let crypto = inviter.sender.group.crypto
        let zero = crypto.zeroSecret
        let secrets = KeySchedule.epochSecrets(
            joinerSecret: joinerSecret.secret,
            pskSecret: zero,
            context: context.encoded,
            crypto
        )
        var extensions = extensions
        if extensions[.ratchetTree] == nil, let tree = groupInfo.extensions[.ratchetTree] {
            extensions.set(Extension(type: .ratchetTree, data: tree))
        }
        var info = GroupInfo(
            groupContext: context,
            extensions: extensions,
            confirmationTag: secrets.confirmationTag(context.confirmedTranscriptHash, crypto),
            signer: signer
        )
        info.signature = crypto.sign(info.toBeSigned(), label: .groupInfo, with: inviter.sender.key)
        let welcomeSecret = KeySchedule.welcomeSecret(joinerSecret: joinerSecret.secret, pskSecret: zero, crypto)
        let sealed = crypto.seal(
            info.encoded,
            key: crypto.expand(welcomeSecret, label: "key", context: [], count: crypto.keyLength),
            nonce: crypto.expand(welcomeSecret, label: "nonce", context: [], count: crypto.nonceLength).exposed(),
            authenticatedData: []
        )
        let groupSecrets = GroupSecrets(
            joinerSecret: joinerSecret.secret.copy(),
            pathSecret: pathSecret,
            preSharedKeys: []
        )
        guard
            let encrypted = crypto.encryptor(label: "Welcome", context: sealed)
                .encrypt(groupSecrets.encoded(), to: kept.keyPackage.initKey)
        else { preconditionFailure("the invitee's key is none") }
        return Welcome(
            cipherSuite: crypto.suite,
            secrets: [
                EncryptedGroupSecrets(
                    newMember: crypto.reference(to: kept.keyPackage),
                    encryptedGroupSecrets: encrypted
                )
            ],
            encryptedGroupInfo: sealed
        )
    }

    /// Whoever joins can go on: send, and commit.
    private func join(_ welcome: Welcome) {
        do throws(MLSError) {
            let bundle = try KeyPackageBundle(serialized: kept.serialized.secret)
            var group = try PendingJoin(welcome, keyPackage: bundle).accept()
            let key = try SignaturePrivateKey(kept.keyPackage.cipherSuite, raw: kept.key.secret)
            _ = try group.protect([1], signatureKey: key)
            let pending = try group.commit(signatureKey: key)
            try group.merge(pending.takeStaged())
        } catch {
            if case .internalBug(let what) = error { preconditionFailure(what) }
        }
    }
}
