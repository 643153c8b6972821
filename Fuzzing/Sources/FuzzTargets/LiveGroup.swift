import Sodium

@testable import MLS

/// A group of three as every conversation finds it, and who else is about. Used by one thread.
///
/// Leaf 2 is not merged into the root, leaf 3 is blank, and a past epoch's resumption PSK is known to all.
final class LiveGroup {
    let suite: CipherSuite
    let members: [Device]
    /// Who may be added, or join by themselves.
    let newcomers: [Invitable]
    /// May propose from outside.
    let externalSender: Device.Signer
    let past: Predecessor
    /// What every newcomer knows too.
    let sharedKeys: PreSharedKeys

    nonisolated(unsafe) static let classical = must { try LiveGroup(.x25519ChaCha20SHA256Ed25519) }
    nonisolated(unsafe) static let postQuantum = must { try LiveGroup(.xwingChaCha20SHA256Ed25519) }

    /// One conversation in 128 is post-quantum: it takes as long as ten others.
    static func chosen(by script: inout Script) -> LiveGroup {
        script.byte() & 127 == 127 ? postQuantum : classical
    }

    enum PSK {
        static let shared: [UInt8] = [1]
        static let ofTheFirst: [UInt8] = [2]
        static let unknown: [UInt8] = [3]
    }

    init(_ suite: CipherSuite) throws {
        KnownRandomness.begin(UInt64(suite.rawValue))
        self.suite = suite
        externalSender = Device.Signer(try SignaturePrivateKey(suite))
        newcomers = try (0..<3).map { try Invitable("newcomer \($0)", suite) }
        let invited = try (0..<3).map { try Invitable("member \($0)", suite) }
        let first = Device(
            invited[0].signer,
            try Group(
                creating: Array("group".utf8),
                with: try invited[0].bundle(),
                extensions: [
                    .externalSenders([
                        ExternalSender(
                            signatureKey: externalSender.key.publicKey,
                            credential: .basic(identity: Array("outside".utf8))
                        )
                    ])
                ]
            )
        )
        let second = try invited[1].join(try first.add(invited[1].keyPackage))
        past = second.group.predecessor()
        var keys = PreSharedKeys()
        keys.insert(Secret(copying: [7]), as: .external(id: PSK.shared))
        keys.insert(past)
        sharedKeys = keys
        try first.follow(try second.commit())
        let (message, welcome) = try first.addWithoutPath(invited[2].keyPackage)
        try second.follow(message)
        let third = try invited[2].join(welcome)
        members = [first, second, third]
        for member in members {
            member.preSharedKeys = sharedKeys
            member.group.deriveRatchets()
        }
        first.preSharedKeys.insert(Secret(copying: [8]), as: .external(id: PSK.ofTheFirst))
    }
}

extension Device {
    fileprivate func commit() throws -> MLSMessage {
        let pending = try group.commit(signatureKey: signer.key)
        let message = pending.message
        try group.merge(pending.takeStaged())
        return message
    }

    fileprivate func add(_ keyPackage: KeyPackage) throws -> Welcome {
        let pending = try group.commit([.add(keyPackage)], signatureKey: signer.key)
        guard let welcome = pending.welcome else { throw MLSError.internalBug("no Welcome") }
        try group.merge(pending.takeStaged())
        return welcome
    }

    /// Who is added so is unmerged in every parent above.
    fileprivate func addWithoutPath(_ keyPackage: KeyPackage) throws -> (MLSMessage, Welcome) {
        var options = CommitOptions()
        options.alwaysHasPath = false
        let pending = try group.commit([.add(keyPackage)], signatureKey: signer.key, options: options)
        guard let welcome = pending.welcome else { throw MLSError.internalBug("no Welcome") }
        let message = pending.message
        try group.merge(pending.takeStaged())
        return (message, welcome)
    }

    fileprivate func follow(_ message: MLSMessage) throws {
        guard case .commit(let verified) = try group.open(message) else { throw MLSError.internalBug("no Commit") }
        try group.merge(try group.stage(verified))
    }
}
