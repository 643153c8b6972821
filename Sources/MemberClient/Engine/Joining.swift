public import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// A device that has asked to be admitted, and waits (Protocol/joining.md). Ended by `wait` or by `close`.
public final class Joining: Sendable {
    private let engine: Engine
    /// To be read to the admin by voice: `XXXX-XXXX-XXXX`.
    public let code: String
    /// When the invitation ends.
    public let expires: Time
    public let address: DeviceAddress

    init(_ engine: Engine) throws {
        let (joining, device) = try engine.vault.read { transaction in
            (try transaction.record(.joining, as: JoiningRecord.self), try transaction.device())
        }
        guard let joining else { throw VaultError.damaged("no join") }
        self.engine = engine
        code = joining.code
        expires = joining.invitation.expires
        address = device.identity.address
    }

    /// Waits to be admitted. This value is used up when the member is returned; when it throws, it can wait again.
    /// - Throws: `temporary` when nobody has approved yet; `violation` for a Welcome that breaks a rule of policy.md;
    ///   `notPermitted` when the invitation has expired.
    public func wait(seconds: UInt64) async throws(MemberError) -> Member {
        try await describingErrors {
            let deadline = engine.now.seconds + seconds
            while true {
                try await engine.sendRequest()
                let left = deadline > engine.now.seconds ? deadline - engine.now.seconds : 0
                try await engine.syncInbox(waitSeconds: UInt16(min(left, 30)))
                if try engine.isAdmitted() {
                    try await engine.completeJoining()
                    return try Member(engine)
                }
                try engine.checkRefusal()
                if engine.now.seconds >= deadline { throw try engine.notYetAdmitted() }
            }
        }
    }

    /// Ends the connections and closes the vault. The join goes on when it is begun again with the same home.
    public func close() async {
        await engine.close()
    }
}

extension Engine {
    /// Draws everything that a join needs, and puts it on disk before anything is sent.
    func prepareJoining(_ invitation: Invitation, device name: Name, relayToken: AccessToken?) throws {
        let suite = CipherSuite(rawValue: invitation.cipherSuite)
        let address = DeviceAddress(
            UserAddress(user: invitation.user, organisation: invitation.organisation),
            device: name
        )
        let welcomeCapability = Capability.random()
        try vault.write { transaction in
            let device = try makeDevice(
                address,
                suite: suite,
                relay: try RelayAddress(invitation.relay.string),
                coalition: invitation.coalition,
                token: invitation.childToken,
                welcome: Grant(capabilityHash: welcomeCapability.hash, rights: .append, uses: JoinRequest.welcomeUses),
                transaction
            )
            var attestation: Attestation?
            var organisation: Organisation?
            if invitation.kind == .organisation {
                let made = try makeOrganisation(
                    invitation.organisation,
                    token: relayToken ?? invitation.childToken,
                    device: device,
                    transaction
                )
                organisation = made.entry
                attestation = made.attestation
            } else {
                let record = OrganisationRecord(accessToken: relayToken, adminCertificate: nil)
                try transaction.setRecord(.organisation, to: record)
            }
            let request = try makeRequest(
                device,
                attestation,
                welcomeCapability,
                organisation,
                answering: invitation,
                transaction
            )
            let code = try JoinCode(for: JoinRequestHash(of: SealedBody(request.body)), answering: invitation)
            let joining = JoiningRecord(invitation: invitation, code: code.description, request: request)
            try transaction.setRecord(.joining, to: joining)
            try makeKeyPackages(transaction)
        }
    }

    private func makeOrganisation(
        _ name: Name,
        token: AccessToken,
        device: DeviceRecord,
        _ transaction: borrowing VaultTransaction
    ) throws -> (entry: Organisation, attestation: Attestation) {
        let rootKey = OrganisationRootKey()
        let contactKey = ContactKey()
        let organisation = try Organisation(id: name, rootKey: rootKey.publicKey, contactKey: contactKey.publicKey)
        let attestation = try makeAdmin(
            rootKey,
            of: organisation,
            contactKey: contactKey,
            token: token,
            device: device,
            transaction
        )
        return (organisation, attestation)
    }

    private func makeRequest(
        _ device: DeviceRecord,
        _ attestation: Attestation?,
        _ welcomeCapability: Capability,
        _ organisation: Organisation?,
        answering invitation: Invitation,
        _ transaction: borrowing VaultTransaction
    ) throws -> AppendRequest {
        let bundle = try keyPackage(
            for: device,
            lifetime: Lifetime(from: now, lasting: .days(30)),
            leafExtensions: DeviceLeaf.extensions(
                attestation: attestation,
                addresses: try addresses(of: device, transaction),
                commitTime: nil
            ),
            transaction
        )
        guard let reference = bundle.reference else { throw VaultError.damaged("a KeyPackage without reference") }
        try transaction.setSecret(.keyPackage(reference.bytes), to: bundle.serialized())
        let request = JoinRequest(
            keyPackage: MLSMessage.keyPackage(bundle.keyPackage).encoded,
            welcomeCapability: welcomeCapability,
            organisation: organisation
        )
        let entryID = EntryID.random()
        let body = try EnvelopeKey(invitationSecret: invitation.secret, inbox: invitation.inbox)
            .seal(request.encoded, in: JoinRequest.context(inbox: invitation.inbox, entryID: entryID))
        return AppendRequest(
            access: Access(mailbox: invitation.inbox, capability: invitation.appendCapability),
            epoch: 0,
            entryID: entryID,
            kind: .application,
            body: body.bytes
        )
    }

    /// Makes the mailboxes and hands the request over, as far as that has not been done.
    func sendRequest() async throws {
        guard let joining = try vault.read({ try $0.record(.joining, as: JoiningRecord.self) }), !joining.isRequested
        else {
            return
        }
        do {
            try await createMailboxes()
        } catch let error as RelayError where error.refusesToken {
            throw MemberError.invitationUsed
        }
        try await publishKeyPackages()
        try await observer.willTake(.appendRequest)
        let relay = await relay(at: try RelayAddress(joining.invitation.relay.string))
        _ = try await relay.append(joining.request)
        try vault.write { transaction in
            guard var joining = try transaction.record(.joining, as: JoiningRecord.self) else { return }
            joining.isRequested = true
            try transaction.setRecord(.joining, to: joining)
        }
    }

    func isAdmitted() throws -> Bool {
        try vault.read { try $0.device().coalitionGroup != nil }
    }

    /// What is still to be done when the Welcome has been accepted.
    func completeJoining() async throws {
        try vault.write { try $0.delete(.joining) }
        try await leavingToLater {
            try await completeSetup()
            if let coalition = try vault.read({ try $0.device().coalitionGroup }) { try await syncGroup(coalition) }
        }
    }

    /// Goes on when the relay does not do the rest now: the device is a member already, and any later command does it.
    func leavingToLater(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch  where !isCancellation(error) && MemberError(error).isRefusal {
            return
        }
    }

    /// A Welcome that was refused will not come a second time.
    func checkRefusal() throws {
        let refusals = try vault.read { transaction in
            try transaction.records(in: .findings, as: FindingRecord.self).map(\.record)
                .filter { $0.kind == .welcomeRefused }
        }
        guard let refusal = refusals.last else { return }
        let rule = refusal.parameters.first { $0.name == "rule" }?.value ?? ""
        throw MemberError(
            .violation,
            "the admission breaks a rule of the coalition's policy: \(rule)",
            lost: "nothing was lost: this device has joined nothing",
            advice: "tell the admin who invited you, by a channel you trust; somebody may have interfered"
        )
    }

    func notYetAdmitted() throws -> MemberError {
        let expires = try vault.read { try $0.record(.joining, as: JoiningRecord.self)?.invitation.expires }
        if let expires, now > expires {
            return MemberError(
                .notPermitted,
                "the invitation has expired without having been approved",
                advice: "ask for another one, and join from a new home"
            )
        }
        return MemberError(
            .temporary,
            "the request has not been approved yet",
            advice: "read the code to the admin, and run join again with the same home"
        )
    }
}
