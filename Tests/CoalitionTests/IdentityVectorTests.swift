import RelayAPI
import TLSCodec
import Testing

@testable import Coalition
@testable import Sodium

@Suite("Vectors of attestations, charters and invitations")
struct IdentityVectorTests {
    let fixture: CoalitionFixture
    let founding: Charter
    let coalition: CoalitionID
    let device: DeviceFixture
    let now = OrganisationFixture.now

    init() throws {
        fixture = try CoalitionFixture()
        founding = fixture.founding
        coalition = fixture.coalition
        device = try DeviceFixture("Layla@josa/laptop", number: 20)
    }

    func describe(_ organisation: OrganisationFixture) -> [String: Any] {
        [
            "id": organisation.name.description, "root_seed": hex(organisation.root.seed.exposed()),
            "root_key": hex(organisation.root.publicKey), "admin_seed": hex(organisation.admin.seed.exposed()),
            "admin_key": hex(organisation.admin.publicKey),
            "contact_private_key": hex(organisation.contact.raw.exposed()),
            "contact_key": hex(organisation.contact.publicKey),
            "organisation": hex(encoding: organisation.entry),
            "root_fingerprint": hex(organisation.entry.rootFingerprint),
            "admin_certificate": hex(encoding: organisation.certificate),
        ]
    }

    // MARK: Attestations

    @Test("attestation.json")
    func attestation() throws {
        let charter = try founding.successor(organisations: [fixture.smex.entry, fixture.josa.entry])
        let valid = fixture.josa.attest(device.identity, in: coalition)
        let long = fixture.josa.attest(
            device.identity,
            in: coalition,
            for: Period(notBefore: now, notAfter: now.advanced(by: .days(400)).later(by: 1))
        )
        let foreign = fixture.smex.attest(device.identity, in: coalition)
        var changed = valid.encoded
        changed[changed.count - 1] ^= 1
        let cases: [(String, Attestation, Time?, IdentityError?)] = [
            ("valid", valid, now, nil), ("valid at the first second", valid, valid.period.notBefore, nil),
            ("valid at the last second", valid, valid.period.notAfter, nil),
            ("too early", valid, valid.period.notBefore.earlier(by: 1), .attestationOutsidePeriod),
            ("too late", valid, valid.period.notAfter.later(by: 1), .attestationOutsidePeriod),
            ("too late, and times are not checked", valid, nil, nil),
            ("a second more than 400 days", long, now, .attestationPeriodTooLong),
            ("by another organisation", foreign, now, .certificateOfAnotherOrganisation),
            ("changed", try Attestation(decoding: changed), now, .attestationSignature),
        ]
        let described = try cases.map { name, attestation, time, error -> [String: Any] in
            let verify = {
                _ = try attestation.verify(for: device.identity, in: coalition, charter: charter, at: time)
            }
            if let error { #expect(throws: error, performing: verify) } else { try verify() }
            var vector: [String: Any] = [
                "name": name, "attestation": hex(encoding: attestation), "valid": error == nil,
            ]
            if let time { vector["at"] = time.seconds }
            if let error { vector["why"] = "\(error)" }
            return vector
        }
        try VectorFile(name: "attestation")
            .check([
                "coalition_id": hex(coalition), "organisation": describe(fixture.josa),
                "device": [
                    "identity": device.identity.address.description,
                    "signature_key": hex(device.identity.signatureKey),
                    "device_identity": hex(encoding: device.identity), "device_hash": hex(device.identity.hash),
                ],
                "attestations": described,
            ])
    }

    // MARK: Charters

    func change(
        _ name: String,
        _ old: Charter,
        to new: Charter,
        by organisations: [OrganisationFixture],
        _ violation: CharterViolation? = nil
    ) throws -> [String: Any] {
        let approvals = organisations.map { $0.approve(new, after: old, in: coalition) }
        let judge = { _ = try old.judge(changeTo: new, approvals: approvals, in: coalition, at: now) }
        if let violation { #expect(throws: violation, performing: judge) } else { try judge() }
        var vector: [String: Any] = [
            "name": name, "at": now.seconds, "from": hex(encoding: old), "from_hash": hex(old.hash),
            "to": hex(encoding: SignedCharter(new, approvals: approvals)), "to_hash": hex(new.hash),
            "allowed": violation == nil,
        ]
        if let violation { vector["why"] = "\(violation)" }
        return vector
    }

    @Test("charter.json")
    func charter() throws {
        let all = fixture.all
        let gathered = try founding.successor(organisations: all.map(\.entry))
        let constituted = try gathered.successor(phase: .constituted, quorum: 4)
        let renamed = try constituted.successor(name: Text("other"))
        let without = try constituted.successor(organisations: Array(constituted.organisations.dropLast()))
        let alone = try constituted.successor(quorum: 1, organisations: [fixture.masaar.entry])
        let suspension = Suspension(target: .device(device.identity.hash), by: fixture.insm.name, at: now)
        let suspended = try constituted.successor(suspensions: [suspension])
        let confirmed = try suspended.successor(suspensions: [suspension.confirmed])
        let four = Array(all.prefix(4))
        let changes = [
            try change("the founder admits four", founding, to: gathered, by: [fixture.smex]),
            try change("another admits them", founding, to: gathered, by: [fixture.josa], .notApproved),
            try change("the founder constitutes", gathered, to: constituted, by: [fixture.smex]),
            try change("four of five rename", constituted, to: renamed, by: four),
            try change("three of five rename", constituted, to: renamed, by: Array(four.dropLast()), .notApproved),
            try change("the others remove one", constituted, to: without, by: four),
            try change("one leaves", constituted, to: without, by: [fixture.masaar]),
            try change("one removes all others", constituted, to: alone, by: [fixture.masaar], .notApproved),
            try change("one suspends a device", constituted, to: suspended, by: [fixture.insm]),
            try change("in another's name", constituted, to: suspended, by: [fixture.josa], .notApproved),
            try change("a quorum confirms it", suspended, to: confirmed, by: four),
            try change(
                "the founding phase comes back",
                constituted,
                to: try constituted.successor(phase: .founding, quorum: 0),
                by: all,
                .notProvidedFor
            ),
        ]
        try VectorFile(name: "charter")
            .check([
                "organisations": all.map(describe), "founding": hex(encoding: founding), "coalition_id": hex(coalition),
                "changes": changes, "statements": statements(under: constituted),
            ])
    }

    func statements(under charter: Charter) -> [[String: Any]] {
        let groupID = pattern(0x70, count: 16)
        let subject = ApprovalSubject.removal(of: device.identity.hash, under: charter, in: coalition)
        func removal(_ organisations: [OrganisationFixture]) -> Statement {
            Statement(about: device.identity.hash, reason: .removal(organisations.map { $0.approve(subject) }))
        }
        let leaving = Leaving(of: device.identity, from: groupID, in: coalition, expires: now, key: device.key)
        let cases: [(String, Statement, Time, Bool)] = [
            ("removal by its own organisation", removal([fixture.josa]), now, true),
            ("removal by another", removal([fixture.smex]), now, false),
            (
                "removal by a quorum of the others",
                removal([fixture.smex, fixture.insm, fixture.hamleh, fixture.masaar]), now, true
            ),
            ("leaving", Statement(about: device.identity.hash, reason: .leaving(leaving)), now, true),
            (
                "leaving, too late", Statement(about: device.identity.hash, reason: .leaving(leaving)),
                now.later(by: 1), false
            ),
        ]
        return cases.map { name, statement, time, holds in
            #expect(
                statement.holds(
                    for: device.identity,
                    in: coalition,
                    groupID: groupID,
                    charter: charter,
                    at: time
                ) == holds
            )
            return [
                "name": name, "statement": hex(encoding: statement), "group_id": hex(groupID),
                "device_identity": hex(encoding: device.identity), "charter": hex(encoding: charter),
                "at": time.seconds, "holds": holds,
            ]
        }
    }

    // MARK: Invitations

    @Test("invitation.json")
    func invitation() throws {
        let secret = pattern(0x51, count: 32)
        let inbox = MailboxID(unchecked: pattern(0x10, count: 16))
        let entryID = EntryID(unchecked: pattern(0x20, count: 16))
        func invitation(_ kind: Invitation.Kind, _ organisation: OrganisationFixture) throws -> Invitation {
            try Invitation(
                kind: kind,
                relay: RelayAddress("https://relay.example:8443/"),
                inbox: inbox,
                secret: Secret(copying: secret),
                childToken: AccessToken(unchecked: pattern(0x91, count: 32)),
                coalition: coalition,
                cipherSuite: 3,
                inviter: fixture.smex.entry,
                organisation: organisation.name,
                user: #require(Name("noor")),
                expires: now.advanced(by: Invitation.duration)
            )
        }
        let invitations = [try invitation(.colleague, fixture.smex), try invitation(.organisation, fixture.josa)]
        for invitation in invitations {
            #expect(try Invitation(text: invitation.text).encoded == invitation.encoded)
        }
        let request = JoinRequest(
            keyPackage: [1, 2, 3],
            welcomeCapability: Capability(unchecked: pattern(0xd0, count: 32)),
            organisation: fixture.josa.entry
        )
        let key = EnvelopeKey(invitationSecret: Secret(copying: secret), inbox: inbox)
        let context = JoinRequest.context(inbox: inbox, entryID: entryID)
        let body = try key.seal(request.encoded, in: context, nonce: pattern(0x60, count: 24))
        let hash = JoinRequestHash(of: body)
        try VectorFile(name: "invitation")
            .check([
                "invitations": invitations.map(describe),
                "request": [
                    "secret": hex(secret), "inbox": hex(inbox), "entry_id": hex(entryID),
                    "nonce": hex(pattern(0x60, count: 24)), "join_request": hex(encoding: request),
                    "body": hex(body.bytes), "request_hash": hex(hash), "request_id": hash.requestID,
                    "code": try JoinCode(for: hash, answering: invitations[0]).description,
                ],
                "welcome": welcome(),
            ])
    }

    func describe(_ invitation: Invitation) -> [String: Any] {
        [
            "kind": invitation.kind.rawValue, "relay": invitation.relay.string, "inbox": hex(invitation.inbox),
            "secret": hex(invitation.secret.exposed()), "child_token": hex(invitation.childToken),
            "coalition_id": hex(invitation.coalition), "cipher_suite": invitation.cipherSuite,
            "inviter": invitation.inviter.description, "root_fingerprint": hex(invitation.rootFingerprint),
            "organisation": invitation.organisation.description, "user": invitation.user.description,
            "expires": invitation.expires.seconds, "invitation": hex(encoding: invitation),
            "text": invitation.text, "append_capability": hex(invitation.appendCapability),
            "joiner_grant": hex(encoding: invitation.joinerGrant),
        ]
    }

    func welcome() -> [String: Any] {
        let contents = WelcomeMessage.Contents(
            welcome: [1, 2, 3],
            incarnation: Incarnation(unchecked: pattern(0x30, count: 16)),
            opening: Position(sequence: 9, runningHash: RunningHash(unchecked: pattern(0x40, count: 32))),
            chain: [SignedCharter(founding)],
            attestations: [
                PresentedAttestation(
                    deviceHash: device.identity.hash,
                    attestation: fixture.josa.attest(device.identity, in: coalition)
                )
            ],
            secrets: OrganisationSecrets(
                contactKey: fixture.josa.contact,
                accessToken: AccessToken(unchecked: pattern(0x92, count: 32))
            )
        )
        let message = WelcomeMessage(signing: contents, key: device.key)
        #expect(message.isSigned(by: device.identity.signatureKey))
        return [
            "signature_key": hex(device.identity.signatureKey), "tbs": hex(encoding: contents),
            "welcome_message": hex(encoding: message),
        ]
    }
}
