import Sodium
import TLSCodec

@testable import MLS

/// A group of three: the first member sends whatever the input says, the two others receive it. Used by one thread.
///
/// The first byte says what the rest is: an MLSMessage; the content of one, which the member signs and frames with its
/// real keys, so that it gets behind authentication; or the proposals of a Commit that the member makes by the rules.
final class LiveGroup {
    nonisolated(unsafe) static let shared = must { try LiveGroup() }

    let sender: Device
    let receivers: [Device]

    init() throws {
        KnownRandomness.begin()
        var bundles: [KeyPackageBundle.Kept] = []
        for number in 1...2 { bundles.append(try KeyPackageBundle.Kept("receiver \(number)")) }
        let key = try Device.key()
        let group = try Group(creating: Array("group".utf8), with: try Device.bundle("sender", key))
        sender = Device(key: key, group: group)
        let pending = try sender.group.commit(bundles.map { .add($0.keyPackage) }, signatureKey: sender.key)
        guard let welcome = pending.welcome else { throw MLSError.internalBug("no Welcome") }
        try sender.group.merge(pending.takeStaged())
        receivers = try bundles.map { try $0.join(welcome) }
        // So that opening anything later derives no ratchets: a refused message then leaves every byte as it was.
        let message = try sender.group.protect([], signatureKey: sender.key)
        for receiver in receivers { _ = try receiver.group.open(message) }
        for device in [sender] + receivers { try device.keep() }
    }

    func run(_ input: [UInt8]) {
        guard let form = input.first else { return }
        let bytes = Array(input.dropFirst())
        switch form {
        case 0:
            guard let message = try? MLSMessage(decoding: bytes) else { return }
            deliver(message)
        case 1, 2:
            guard let content = content(bytes) else { return }
            deliver(framed(content, asPrivateMessage: form == 2))
        case 3:
            var reader = Reader(bytes)
            guard let proposals = try? reader.readVector(of: Proposal.self) else { return }
            commit(proposals)
        default: break
        }
    }

    // MARK: Sending

    /// A content, its leaves signed by the sender so that they are judged by more than their signatures.
    private func content(_ bytes: [UInt8]) -> Content? {
        var reader = Reader(bytes)
        guard let type: ContentType = try? reader.read(), let content = try? Content(type, from: &reader) else {
            return nil
        }
        switch content {
        case .application: return content
        case .proposal(let proposal): return .proposal(signed(proposal))
        case .commit(let commit):
            let proposals = commit.proposals.map { proposal in
                if case .proposal(let value) = proposal { ProposalOrRef.proposal(signed(value)) } else { proposal }
            }
            let path = commit.path.map { UpdatePath(leafNode: signed($0.leafNode), nodes: $0.nodes) }
            return .commit(Commit(proposals: proposals, path: path))
        }
    }

    private func signed(_ proposal: Proposal) -> Proposal {
        switch proposal {
        case .update(let leaf): return .update(signed(leaf))
        case .add(var keyPackage):
            let crypto = sender.group.crypto
            keyPackage.leafNode.signatureKey = Self.newcomer.publicKey
            keyPackage.leafNode.signature = crypto.sign(
                keyPackage.leafNode.toBeSignedInKeyPackage(),
                label: .leafNode,
                with: Self.newcomer
            )
            keyPackage.signature = crypto.sign(keyPackage.toBeSigned(), label: .keyPackage, with: Self.newcomer)
            return .add(keyPackage)
        default: return proposal
        }
    }

    private static let newcomer = must { try Device.key() }

    private func signed(_ leaf: LeafNode) -> LeafNode {
        var leaf = leaf
        leaf.signatureKey = sender.key.publicKey
        let place = LeafNode.Place(groupID: sender.group.context.groupID, leaf: sender.group.ownLeaf)
        leaf.sign(at: place, with: sender.key, sender.group.crypto)
        return leaf
    }

    private func framed(_ content: Content, asPrivateMessage isPrivate: Bool) -> MLSMessage {
        let framed = sender.group.epoch.framed(content, authenticatedData: [])
        let wireFormat: WireFormat = isPrivate ? .privateMessage : .publicMessage
        let signature = AuthenticatedContent.signature(
            of: framed,
            wireFormat,
            context: sender.group.epoch.encodedContext,
            with: sender.key,
            sender.group.crypto
        )
        let authenticated = AuthenticatedContent(
            wireFormat: wireFormat,
            content: framed,
            auth: FramedContentAuthData(signature: signature, confirmationTag: content.type == .commit ? [0] : nil)
        )
        let framing: HandshakeFraming = isPrivate ? .privateMessage(.none) : .publicMessage
        guard let message = try? sender.group.epoch.frame(authenticated, framing) else {
            preconditionFailure("the sender has no key")
        }
        must { try sender.restore() }
        return message
    }

    // MARK: Receiving

    /// What a receiver made of a message.
    private enum Outcome: Equatable {
        case refused(MLSError)
        case opened
        /// The authenticator of the next epoch.
        case committed([UInt8])
    }

    private func deliver(_ message: MLSMessage) {
        let outcomes = receivers.map { receive(message, $0) }
        for (receiver, outcome) in zip(receivers, outcomes) {
            if case .refused(let error) = outcome {
                if case .internalBug(let what) = error { preconditionFailure(what) }
                precondition(receiver.isUnchanged, "a refused message has changed the group")
            }
        }
        precondition(isAgreement(outcomes[0], outcomes[1]), "\(outcomes)")
        if case .committed = outcomes[0], case .committed = outcomes[1] { converse() }
        for (receiver, outcome) in zip(receivers, outcomes) {
            if case .refused = outcome { continue }
            must { try receiver.restore() }
        }
    }

    private func isAgreement(_ first: Outcome, _ second: Outcome) -> Bool {
        for outcome in [first, second] {
            switch outcome {
            // One's own message, one's own removal, and what only one's own secrets can tell.
            case .refused(.misuse): return true
            case .refused(.invalid(let rule)) where rule.failsOnlyForMe: return true
            default: break
            }
        }
        return first == second
    }

    /// Opens and follows a message. A Commit without a path gets the confirmation tag that it should have had.
    private func receive(_ message: MLSMessage, _ receiver: Device) -> Outcome {
        do throws(MLSError) {
            guard case .commit(let verified) = try receiver.group.open(message) else { return .opened }
            let confirmed = VerifiedCommit(
                changes: verified.changes,
                path: verified.path,
                confirmationTag: verified.path == nil
                    ? confirmationTag(verified.changes.context) : verified.confirmationTag,
                externalInitSecret: verified.externalInitSecret,
                provisionalContext: verified.provisionalContext
            )
            let staged: StagedCommit
            do throws(MLSError) {
                staged = try receiver.group.stage(confirmed)
            } catch {
                // The message is authentic, and its key used up.
                try receiver.restore()
                throw error
            }
            let authenticator = staged.epochAuthenticator
            try receiver.group.merge(staged)
            return .committed(authenticator)
        } catch {
            return .refused(error)
        }
    }

    private func confirmationTag(_ context: GroupContext) -> [UInt8] {
        let crypto = sender.group.crypto
        let zero = crypto.zeroSecret
        let joinerSecret = KeySchedule.joinerSecret(
            initSecret: sender.group.epoch.secrets.initSecret.secret,
            commitSecret: zero,
            context: context.encoded,
            crypto
        )
        return KeySchedule.epochSecrets(joinerSecret: joinerSecret, pskSecret: zero, context: context.encoded, crypto)
            .confirmationTag(context.confirmedTranscriptHash, crypto)
    }

    /// The group goes on.
    private func converse() {
        let message = must { try receivers[0].group.protect([1], signatureKey: receivers[0].key) }
        _ = must { try receivers[1].group.open(message) }
    }

    /// A Commit that its sender can make, every receiver that it leaves in the group can follow.
    private func commit(_ proposals: [Proposal]) {
        guard let pending = try? sender.group.commit(proposals.map(signed), signatureKey: sender.key) else {
            must { try sender.restore() }
            return
        }
        let message = pending.message
        for receiver in receivers {
            let outcome = receive(message, receiver)
            if pending.changes.removes(receiver.group.ownLeaf) {
                precondition(outcome == .refused(.misuse(.removedFromGroup)), "\(outcome)")
            } else {
                precondition(outcome == .committed(pending.staged.epochAuthenticator), "\(outcome)")
            }
            must { try receiver.restore() }
        }
        must { try sender.restore() }
    }
}

extension KeyPackageBundle {
    /// A bundle in a collection, which holds copyable values alone.
    struct Kept {
        let keyPackage: KeyPackage
        let serialized: HeldSecret
        let key: HeldSecret

        init(_ name: String) throws {
            let key = try Device.key()
            let bundle = try Device.bundle(name, key)
            keyPackage = bundle.keyPackage
            serialized = HeldSecret(bundle.serialized())
            self.key = HeldSecret(key.raw)
        }

        func bundle() throws -> KeyPackageBundle { try KeyPackageBundle(serialized: serialized.secret) }

        func join(_ welcome: Welcome) throws -> Device {
            let join = try PendingJoin(welcome, keyPackage: try bundle())
            return Device(key: try signatureKey(), group: join.accept())
        }

        func signatureKey() throws -> SignaturePrivateKey {
            try SignaturePrivateKey(keyPackage.cipherSuite, raw: key.secret)
        }
    }
}
