import Coalition
import RelayAPI
import Sodium
import TLSCodec

@testable import MLS
@testable import MemberClient

/// A Welcome as somebody wants it, honest or not: to a new group of the sender's device, the receiver's and others'.
struct CraftedWelcome: Sendable {
    /// Of the GroupContext.
    var extensions: Extensions
    /// Of the sender's leaf.
    var ownExtensions: Extensions
    /// Added beside the receiver.
    var others: [Proposal] = []
    /// Attestations beside leaves, of the receiver and the others.
    var attestations: [PresentedAttestation]
    /// From the founding charter to the one before that in the GroupContext.
    var chain: [SignedCharter]
    var secrets: OrganisationSecrets?
    /// Whether somebody else's key signs it.
    var isSignedByAnotherKey = false
    /// In place of one that is taken from the receiver's mailbox.
    var keyPackage: KeyPackage?
}

extension Member {
    /// Takes a KeyPackage of a device, as for a conversation with it.
    func takeKeyPackage(of device: DeviceIdentity) async throws -> (keyPackage: KeyPackage, inbox: WelcomeDestination) {
        guard let addition = try await engine.additions(of: [device]).first,
            case .keyPackage(let keyPackage) = try MLSMessage(decoding: addition.keyPackage)
        else { throw NotInTheGroup() }
        return (keyPackage, addition.welcome)
    }

    /// Sends a Welcome to a device, without asking whether it is allowed. The group's mailbox is never made.
    /// - Parameter edit: changes what would be a right Welcome to a direct conversation with the receiver.
    /// - Returns: the KeyPackage that it used.
    @discardableResult
    func send(
        welcomeTo device: DeviceIdentity,
        edit: (inout CraftedWelcome, GroupTerms) throws -> Void = { _, _ in }
    ) async throws -> KeyPackage {
        let (package, destination) = try await takeKeyPackage(of: device)
        let (used, delivery) = try engine.vault.write { transaction in
            let terms = try engine.directTerms(with: device, transaction)
            var crafted = try engine.honestWelcome(to: device, terms, transaction)
            try edit(&crafted, terms)
            let used = crafted.keyPackage ?? package
            let contents = try engine.contents(of: crafted, using: used, transaction)
            return (used, try engine.seal(contents, crafted, to: destination, transaction))
        }
        _ = try await engine.relay(of: destination.inbox).answer(to: delivery).get()
        return used
    }
}

extension Engine {
    fileprivate func directTerms(
        with device: DeviceIdentity,
        _ transaction: borrowing VaultTransaction
    ) throws -> GroupTerms {
        let own = try transaction.device()
        return GroupTerms(
            charter: try signedCharter(transaction),
            profile: try GroupProfile(
                kind: GroupProfile.direct(own.identity.address.userAddress, device.address.userAddress),
                coalition: own.coalition,
                mailbox: MailboxAddress(relay: own.relay, mailbox: .random())
            )
        )
    }

    fileprivate func honestWelcome(
        to device: DeviceIdentity,
        _ terms: GroupTerms,
        _ transaction: borrowing VaultTransaction
    ) throws -> CraftedWelcome {
        let own = try transaction.device().identity
        guard let receivers = try knownAttestation(of: device.hash, transaction) else { throw NotInTheGroup() }
        return CraftedWelcome(
            extensions: terms.extensions,
            ownExtensions: DeviceLeaf.extensions(
                attestation: try knownAttestation(of: own.hash, transaction),
                addresses: nil,
                commitTime: now
            ),
            attestations: [PresentedAttestation(deviceHash: device.hash, attestation: receivers)],
            chain: try transaction.records(in: .charters, as: SignedCharter.self).map(\.record)
        )
    }

    fileprivate func contents(
        of crafted: CraftedWelcome,
        using keyPackage: KeyPackage,
        _ transaction: borrowing VaultTransaction
    ) throws -> WelcomeMessage.Contents {
        let device = try transaction.device()
        let bundle = try self.keyPackage(
            for: device,
            lifetime: Lifetime(from: now, lasting: .days(1)),
            leafExtensions: crafted.ownExtensions,
            transaction
        )
        var group = try MLS.Group(creating: GroupID.random().bytes, with: bundle, extensions: crafted.extensions)
        var options = CommitOptions()
        options.leafChanges = LeafChanges(extensions: crafted.ownExtensions)
        let pending = try group.commit(
            [.add(keyPackage)] + crafted.others,
            signatureKey: try signatureKey(transaction),
            options: options
        )
        guard let welcome = pending.welcome else { throw NotInTheGroup() }
        return WelcomeMessage.Contents(
            welcome: MLSMessage.welcome(welcome).encoded,
            incarnation: .unknown,
            opening: Position(sequence: 1, runningHash: RunningHash(opening: .random())),
            chain: crafted.chain,
            attestations: crafted.attestations,
            secrets: crafted.secrets
        )
    }

    fileprivate func seal(
        _ contents: WelcomeMessage.Contents,
        _ crafted: CraftedWelcome,
        to destination: WelcomeDestination,
        _ transaction: borrowing VaultTransaction
    ) throws -> InboxDelivery {
        guard let seed = try transaction.getSecret(.signatureSeed) else { throw NotInTheGroup() }
        let message =
            crafted.isSignedByAnotherKey
            ? WelcomeMessage(signing: contents, key: Ed25519.PrivateKey())
            : WelcomeMessage(signing: contents, key: try Ed25519.PrivateKey(seed: seed))
        return try InboxDelivery(
            sealing: .welcome(message),
            to: destination,
            kem: try transaction.device().suite.inboxKEM
        )
    }
}
