import Sodium

@testable import MLS

/// A client of a group: its signature key, its view of the group, and the pre-shared keys that it has.
final class Device {
    /// Shared by all copies of the device.
    final class Signer: Sendable {
        let key: SignaturePrivateKey

        init(_ key: consuming SignaturePrivateKey) {
            self.key = key
        }
    }

    let signer: Signer
    var group: Group
    var preSharedKeys: PreSharedKeys

    init(_ signer: Signer, _ group: consuming Group, _ preSharedKeys: PreSharedKeys = PreSharedKeys()) {
        self.signer = signer
        self.group = group
        self.preSharedKeys = preSharedKeys
    }

    /// The device as it is, to go another way.
    func copy() -> Device { Device(signer, group.copy(), preSharedKeys) }
}

extension Group {
    /// A second view of the same group. Nothing but a fuzzer may have one: two that send would use keys twice.
    func copy() -> Group {
        Group(
            epoch: Epoch(
                epoch.crypto,
                context: epoch.context,
                ownSignatureKey: epoch.ownSignatureKey,
                confirmationTag: epoch.confirmationTag,
                reInit: epoch.reInit,
                secrets: epoch.secrets,
                privateKeys: epoch.privateKeys,
                pendingProposals: epoch.pendingProposals,
                sending: epoch.sending
            ),
            tree: tree,
            receiving: receiving
        )
    }

    /// Derives the ratchets of all members, so that opening anything later derives none: a refused message then leaves
    /// every byte as it was.
    mutating func deriveRatchets() {
        for (leaf, _) in tree.members where leaf != ownLeaf {
            _ = try? receiving.step(leaf, .application, .max, crypto)
        }
    }
}

/// All that a group keeps, as it is written down.
struct GroupState {
    private let tree: [UInt8]
    private let epoch: HeldSecret
    private let receiving: HeldSecret
    private let sending: HeldSecret

    init(of group: borrowing Group) {
        tree = group.serializedTree()
        epoch = HeldSecret(group.serializedEpoch())
        receiving = HeldSecret(group.serializedReceiving())
        sending = HeldSecret(group.serializedSending())
    }

    func isEqual(to other: GroupState) -> Bool {
        tree == other.tree && epoch.secret.isEqual(to: other.epoch.secret)
            && receiving.secret.isEqual(to: other.receiving.secret)
            && sending.secret.isEqual(to: other.sending.secret)
    }

    func restored() throws(MLSError) -> Group {
        try Group(tree: tree, epoch: epoch.secret, receiving: receiving.secret, sending: sending.secret)
    }
}

/// A KeyPackage with everything private, in a collection: which holds copyable values alone.
struct Invitable {
    let keyPackage: KeyPackage
    let signer: Device.Signer
    private let serialized: HeldSecret

    static let capabilities: [ExtensionType] = [ExtensionType(rawValue: 0xff01), ExtensionType(rawValue: 0xff02)]

    init(_ name: String, _ suite: CipherSuite) throws {
        signer = Device.Signer(try SignaturePrivateKey(suite))
        let bundle = try KeyPackageBundle(
            suite,
            credential: .basic(identity: Array(name.utf8)),
            signatureKey: signer.key,
            capabilities: Capabilities(cipherSuites: [suite], extensions: Self.capabilities),
            lifetime: Lifetime(notBefore: 0, notAfter: .max)
        )
        keyPackage = bundle.keyPackage
        serialized = HeldSecret(bundle.serialized())
    }

    func bundle() throws(MLSError) -> KeyPackageBundle { try KeyPackageBundle(serialized: serialized.secret) }

    func join(
        _ welcome: Welcome,
        _ preSharedKeys: PreSharedKeys = PreSharedKeys(),
        tree: RatchetTree? = nil
    ) throws(MLSError) -> Device {
        let join = try PendingJoin(
            welcome,
            keyPackage: try bundle(),
            ratchetTree: tree,
            preSharedKeys: preSharedKeys
        )
        return Device(signer, join.accept(), preSharedKeys)
    }
}
