import Sodium

@testable import MLS

/// A member's signature key and its view of the group, and how to put that back to where it was.
final class Device {
    let key: SignaturePrivateKey
    var group: Group
    private var kept: Parts
    private var restored: Parts

    private struct Parts {
        let tree: [UInt8]
        let epoch: HeldSecret
        let receiving: HeldSecret
        let sending: HeldSecret

        init(of group: borrowing Group) {
            tree = group.serializedTree()
            epoch = HeldSecret(group.serializedEpoch())
            receiving = HeldSecret(group.serializedReceiving())
            sending = HeldSecret(group.serializedSending())
        }

        func isEqual(to other: Parts) -> Bool {
            tree == other.tree && epoch.secret.isEqual(to: other.epoch.secret)
                && receiving.secret.isEqual(to: other.receiving.secret)
                && sending.secret.isEqual(to: other.sending.secret)
        }
    }

    init(key: consuming SignaturePrivateKey, group: consuming Group) {
        self.key = key
        kept = Parts(of: group)
        restored = kept
        self.group = group
    }

    /// Makes the present state the one that `restore` goes back to.
    func keep() throws(MLSError) {
        kept = Parts(of: group)
        try restore()
    }

    func restore() throws(MLSError) {
        group = try Group(
            tree: kept.tree,
            epoch: kept.epoch.secret,
            receiving: kept.receiving.secret,
            sending: kept.sending.secret
        )
        // A restored state may list its secrets in another order than the one it was written from.
        restored = Parts(of: group)
    }

    var isUnchanged: Bool { restored.isEqual(to: Parts(of: group)) }

    static func bundle(_ name: String, _ key: borrowing SignaturePrivateKey) throws -> KeyPackageBundle {
        let suite = CipherSuite.x25519ChaCha20SHA256Ed25519
        return try KeyPackageBundle(
            suite,
            credential: .basic(identity: Array(name.utf8)),
            signatureKey: key,
            capabilities: Capabilities(cipherSuites: [suite]),
            lifetime: Lifetime(notBefore: 0, notAfter: .max)
        )
    }

    static func key() throws -> SignaturePrivateKey { try SignaturePrivateKey(.x25519ChaCha20SHA256Ed25519) }
}
