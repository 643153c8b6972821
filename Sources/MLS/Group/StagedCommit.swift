public import Sodium
internal import TLSCodec

/// The next epoch, complete and not yet in force.
public struct StagedCommit: ~Copyable, Sendable {
    /// Of the epoch that it follows.
    let previousAuthenticator: [UInt8]
    let next: Group

    public var context: GroupContext { next.context }

    public var tree: RatchetTree { next.tree }

    public var ownLeaf: LeafIndex { next.ownLeaf }

    public var epochAuthenticator: [UInt8] { next.epochAuthenticator }

    init(after previousAuthenticator: [UInt8], next: consuming Group) {
        self.previousAuthenticator = previousAuthenticator
        self.next = next
    }

    /// See `Epoch.export`: of the next epoch.
    public borrowing func export(label: String, context: [UInt8], length: Int) throws(MLSError) -> Secret {
        try next.export(label: label, context: context, length: length)
    }

    /// Whether this is the epoch that a Commit leads to.
    public borrowing func follows(_ verified: VerifiedCommit) -> Bool {
        next.context == verified.changes.context && next.epoch.confirmationTag == verified.confirmationTag
    }

    /// For keeping, sealed, until it is known whether the Commit won.
    public borrowing func serialized() -> Secret {
        var writer = SecretWriter()
        writer.write(.stagedCommit)
        writer.write { writer in
            writer.writeVector(previousAuthenticator)
            writer.writeVector(next.serializedTree())
        }
        writer.writeSecret(next.serializedEpoch())
        writer.writeSecret(next.serializedReceiving())
        writer.writeSecret(next.serializedSending())
        return writer.finish()
    }

    /// - Throws: `malformed` for anything but what `serialized()` gave.
    public init(serialized: borrowing Secret) throws(MLSError) {
        let parts = try wireForm { () throws(CodecError) in
            var reader = try SecretReader(serialized.copy(), of: .stagedCommit)
            let parts = (
                try reader.readVector(),
                try reader.readVector(),
                HeldSecret(try reader.readSecret()),
                HeldSecret(try reader.readSecret()),
                HeldSecret(try reader.readSecret())
            )
            try reader.finish()
            return parts
        }
        let (authenticator, tree, epoch, receiving, sending) = parts
        self.init(
            after: authenticator,
            next: try Group(tree: tree, epoch: epoch.secret, receiving: receiving.secret, sending: sending.secret)
        )
    }
}
