import Coalition
import HPKE
import MLS
import RelayAPI
import Sodium
import TLSCodec

@testable import MemberClient

/// A request to join as somebody wants it, honest or not.
struct CraftedRequest: Sendable {
    var device = "laptop"
    var addresses = CraftedAddresses()
    /// For how long its KeyPackage may be used, from a day ago.
    var lasting = Time.Duration.days(30)
    var organisation: Organisation?

    init() {}
}

/// Addresses as somebody wants them: those of a device that can be reached, unless they are changed.
struct CraftedAddresses: Sendable {
    var inboxRelay = "http://127.0.0.1:8443/"
    var keyPackagesRelay = "http://127.0.0.1:8443/"
    /// Nil for a right one.
    var inboxKey: [UInt8]?
    var contactKey = ContactKey().publicKey

    init() {}

    func made(_ suite: CipherSuite) throws -> Addresses {
        try Addresses(
            inbox: try Self.address(inboxRelay),
            inboxKey: try inboxKey ?? suite.inboxKEM.generateKeyPair().publicKey,
            contactKey: contactKey,
            keyPackages: try Self.address(keyPackagesRelay),
            keyPackageSecret: Random.bytes(Addresses.keyPackageSecretLength)
        )
    }

    /// With whatever text, as it can come from others.
    private static func address(_ relay: String) throws -> MailboxAddress {
        var writer = Writer()
        writer.writeVector(relay.utf8)
        writer.write(MailboxID.random())
        return try MailboxAddress(decoding: writer.bytes)
    }
}

extension ContactPublicKey {
    /// Of low order: with it, everybody has the same secret.
    static let zero = ContactPublicKey(unchecked: [UInt8](repeating: 0, count: length))
}

extension TestCoalition {
    /// Answers an invitation, without a home and without ever reading what comes of it.
    func answer(_ issued: IssuedInvitation, with crafted: CraftedRequest = CraftedRequest()) async throws {
        let invitation = try Invitation(text: issued.text)
        let entryID = EntryID.random()
        let body = try EnvelopeKey(invitationSecret: invitation.secret, inbox: invitation.inbox)
            .seal(
                JoinRequest(answering: invitation, crafted).encoded,
                in: JoinRequest.context(inbox: invitation.inbox, entryID: entryID)
            )
        _ = try await relay.append(
            AppendRequest(
                access: Access(mailbox: invitation.inbox, capability: invitation.appendCapability),
                epoch: 0,
                entryID: entryID,
                kind: .application,
                body: body.bytes
            )
        )
    }
}

extension JoinRequest {
    init(answering invitation: Invitation, _ crafted: CraftedRequest = CraftedRequest()) throws {
        let suite = CipherSuite(rawValue: invitation.cipherSuite)
        let user = UserAddress(user: invitation.user, organisation: invitation.organisation)
        guard let device = Name(crafted.device) else { throw NotInTheGroup() }
        let dayAgo = SystemClock.secondsSince1970() - 86_400
        let bundle = try KeyPackageBundle(
            suite,
            credential: .basic(identity: DeviceAddress(user, device: device).identity),
            signatureKey: try SignaturePrivateKey(suite),
            capabilities: .profile(suite),
            lifetime: Lifetime(notBefore: dayAgo, notAfter: dayAgo + crafted.lasting.seconds),
            leafExtensions: DeviceLeaf.extensions(
                attestation: nil,
                addresses: try crafted.addresses.made(suite),
                commitTime: nil
            )
        )
        self.init(
            keyPackage: MLSMessage.keyPackage(bundle.keyPackage).encoded,
            welcomeCapability: .random(),
            organisation: crafted.organisation
        )
    }
}
