public import Coalition
internal import HPKE
internal import MLS
public import RelayAPI
internal import Sodium
internal import TLSCodec

/// What a coalition is founded with.
public struct Founding: Sendable {
    public let relay: RelayAddress
    public let relayToken: AccessToken
    /// The coalition's name: 1 to 256 bytes of text.
    public let coalition: String
    public let organisation: Name
    public let user: Name
    public let device: Name
    public let suite: SuiteName

    public init(
        relay: RelayAddress,
        relayToken: AccessToken,
        coalition: String,
        organisation: Name,
        user: Name,
        device: Name,
        suite: SuiteName = .xwing
    ) {
        self.relay = relay
        self.relayToken = relayToken
        self.coalition = coalition
        self.organisation = organisation
        self.user = user
        self.device = device
        self.suite = suite
    }
}

extension Engine {
    /// Makes the founder's keys, charter and group, all on disk before anything is sent.
    func prepareFounding(_ founding: Founding) throws {
        let suite = founding.suite.cipherSuite
        let rootKey = OrganisationRootKey()
        let contactKey = ContactKey()
        let organisation = try Organisation(
            id: founding.organisation,
            rootKey: rootKey.publicKey,
            contactKey: contactKey.publicKey
        )
        let charter = try Charter(founding: Text(founding.coalition), by: organisation)
        let coalition = CoalitionID(founding: charter.hash)
        let address = DeviceAddress(
            UserAddress(user: founding.user, organisation: founding.organisation),
            device: founding.device
        )
        try vault.write { transaction in
            let device = try makeDevice(
                address,
                suite: suite,
                relay: founding.relay,
                coalition: coalition,
                token: founding.relayToken,
                welcome: nil,
                transaction
            )
            let attestation = try makeAdmin(
                rootKey,
                of: organisation,
                contactKey: contactKey,
                token: founding.relayToken,
                device: device,
                transaction
            )
            let profile = try GroupProfile(
                kind: .coalition,
                coalition: coalition,
                mailbox: MailboxAddress(relay: founding.relay, mailbox: .random())
            )
            let id = try createGroup(
                GroupTerms(charter: SignedCharter(charter), profile: profile),
                (attestation, try addresses(of: device, transaction)),
                token: founding.relayToken,
                transaction
            )
            var founded = device
            founded.coalitionGroup = id
            try transaction.setRecord(.device, to: founded)
            let group = try LoadedGroup(id, in: transaction)
            try transaction.setRecord(.charter, to: SignedCharter(charter))
            try settleClaims(epoch: 0, authenticator: group.mls.epochAuthenticator, transaction)
            try makeKeyPackages(transaction)
        }
    }

    /// Draws a device's keys and mailboxes.
    /// - Parameter welcome: the grant on the inbox for whoever admits the device.
    func makeDevice(
        _ address: DeviceAddress,
        suite: CipherSuite,
        relay: RelayAddress,
        coalition: CoalitionID,
        token: AccessToken,
        welcome: Grant?,
        _ transaction: borrowing VaultTransaction
    ) throws -> DeviceRecord {
        let signature = Ed25519.PrivateKey()
        let inboxKey = try suite.inboxKEM.generateKeyPair()
        let contactKey = ContactKey()
        let device = DeviceRecord(
            identity: DeviceIdentity(address: address, signatureKey: signature.publicKey),
            suite: suite,
            relay: relay,
            coalition: coalition,
            coalitionGroup: nil,
            inbox: OwnMailbox(mailbox: .random(), capability: .random()),
            keyPackages: OwnMailbox(mailbox: .random(), capability: .random()),
            inboxKey: inboxKey.publicKey
        )
        try transaction.setRecord(.device, to: device)
        try transaction.setSecret(.signatureSeed, to: signature.seed)
        try transaction.setSecret(.inboxPrivateKey, to: inboxKey.raw)
        try transaction.setSecret(.contactKey, to: contactKey.raw)
        try transaction.setSecret(.keyPackageSecret, to: .random(count: Addresses.keyPackageSecretLength))
        try orderMailboxes(of: device, token: token, welcome: welcome, transaction)
        return device
    }

    /// Orders a device's own mailboxes.
    func orderMailboxes(
        of device: DeviceRecord,
        token: AccessToken,
        welcome: Grant?,
        _ transaction: borrowing VaultTransaction
    ) throws {
        let inboxOwner = Grant(capabilityHash: device.inbox.capability.hash, rights: [.read, .delete, .grant])
        let keyPackageOwner = Grant(
            capabilityHash: device.keyPackages.capability.hash,
            rights: [.read, .append, .delete, .grant]
        )
        for (mailbox, grants) in [
            (device.inbox, [inboxOwner] + (welcome.map { [$0] } ?? [])), (device.keyPackages, [keyPackageOwner]),
        ] {
            let creation = CreationRecord(
                relay: device.relay,
                request: CreateRequest(accessToken: token, mailbox: mailbox.mailbox, epoch: 0, grants: grants),
                group: nil
            )
            _ = try transaction.append(creation.encoded, to: .creations)
        }
    }

    /// Makes this device's user the first admin of an organisation.
    /// - Returns: the device's attestation.
    func makeAdmin(
        _ rootKey: borrowing OrganisationRootKey,
        of organisation: Organisation,
        contactKey: borrowing ContactKey,
        token: AccessToken?,
        device: DeviceRecord,
        _ transaction: borrowing VaultTransaction
    ) throws -> Attestation {
        let adminKey = AdminKey()
        let time = now
        let certificate = rootKey.certify(
            adminKey.publicKey,
            of: organisation.id,
            for: Period(from: time, lasting: .days(1095))
        )
        try transaction.setSecret(.rootKey, to: rootKey.seed)
        try transaction.setSecret(.adminKey, to: adminKey.seed)
        try transaction.setSecret(.organisationContactKey, to: contactKey.raw)
        try transaction.setRecord(
            .organisation,
            to: OrganisationRecord(accessToken: token, adminCertificate: certificate)
        )
        return adminKey.attest(
            device.identity,
            in: device.coalition,
            for: Period(from: time, lasting: Self.attestationDuration),
            certificate: certificate
        )
    }

    /// The addresses with the present contact key.
    func addresses(of device: DeviceRecord, _ transaction: borrowing VaultTransaction) throws -> Addresses {
        guard let raw = try transaction.getSecret(.contactKey) else { throw VaultError.damaged("no contact key") }
        return try addresses(of: device, contactKey: try ContactKey(raw: raw).publicKey, transaction)
    }

    /// What is still to be done at the relay after founding or joining.
    func completeSetup() async throws {
        try await createMailboxes()
        try await publishKeyPackages()
        try await renewGrants()
    }
}
