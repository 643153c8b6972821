public import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// A request to be admitted that waits for an admin.
public struct JoinRequestEntry: Sendable {
    public let id: String
    public let address: DeviceAddress
    public let isNewOrganisation: Bool
    /// Of the device that asks: its device hash in hexadecimal, in groups of four.
    public let fingerprint: String
    public let expires: Time
}

extension Engine {
    /// Reads the inboxes of this device's invitations, and keeps the requests in them.
    func syncInvitations() async throws {
        for (number, record) in try vault.read({ try $0.records(in: .invitations, as: InvitationRecord.self) }) {
            guard !record.isVoid, record.request?.isApproved != true else { continue }
            guard now <= record.invitation.expires else {
                try await discard(number, record)
                continue
            }
            // A relay that was restored knows nothing of the newest inboxes; those before them have requests all the same.
            try await tolerating(lossOf: nil) { try await syncInvitation(number, record) }
        }
    }

    private func syncInvitation(_ number: UInt64, _ record: InvitationRecord) async throws {
        let response = try await relay(of: record.address)
            .read(
                ReadRequest(
                    access: record.inbox.access,
                    incarnation: .unknown,
                    after: record.inbox.cursor.last.sequence
                )
            )
        let log = GroupLog(response, from: record.inbox.cursor)
        guard !log.entries.isEmpty else { return }
        try vault.write { transaction in
            guard var record = try transaction.record(number, in: .invitations, as: InvitationRecord.self) else {
                return
            }
            for entry in log.entries where entry.sequence > record.inbox.cursor.last.sequence {
                if case .present(let body) = entry.body { try take(body, entry, &record, transaction) }
                record.inbox.cursor.last = entry.position
            }
            try transaction.replace(number, in: .invitations, with: record.encoded)
        }
    }

    /// Takes what came in answer to an invitation: the first request that is well-formed. A different second one voids
    /// the invitation, because somebody else has read it.
    private func take(
        _ body: [UInt8],
        _ entry: LogEntry,
        _ record: inout InvitationRecord,
        _ transaction: borrowing VaultTransaction
    ) throws {
        let hash: JoinRequestHash
        let request: JoinRequest
        do {
            let sealed = try SealedBody(body)
            hash = JoinRequestHash(of: sealed)
            let key = EnvelopeKey(invitationSecret: record.invitation.secret, inbox: record.invitation.inbox)
            let context = JoinRequest.context(inbox: record.invitation.inbox, entryID: entry.entryID)
            request = try JoinRequest(decoding: try key.open(sealed, in: context).bytes)
            _ = try applicant(request, answering: record.invitation)
        } catch {
            try note(badRequest: error, transaction)
            return
        }
        if let known = record.request {
            guard known.hash != hash.bytes else { return }
            record.isVoid = true
            record.request = nil
            let user = UserAddress(user: record.invitation.user, organisation: record.invitation.organisation)
            try transaction.note(FindingRecord(.invitationVoided, at: now, parameters: ["for": user.description]))
            return
        }
        record.request = InvitationRecord.StoredRequest(hash: hash.bytes, request: request)
    }

    private func note(badRequest error: any Error, _ transaction: borrowing VaultTransaction) throws {
        try transaction.note(FindingRecord(.badRequest, at: now, parameters: ["reason": "\(error)"]))
    }

    /// Who asks, if the request answers the invitation (Protocol/joining.md, "Approval").
    func applicant(_ request: JoinRequest, answering invitation: Invitation) throws -> Applicant {
        guard case .keyPackage(let keyPackage) = try MLSMessage(decoding: request.keyPackage) else {
            throw BadRequest.notAKeyPackage
        }
        try keyPackage.validate(at: now.seconds)
        guard keyPackage.cipherSuite.rawValue == invitation.cipherSuite,
            let leaf = try? DeviceLeaf(reading: keyPackage.leafNode)
        else { throw BadRequest.otherSuiteOrName }
        let address = leaf.identity.address
        guard address.user == invitation.user, address.organisation == invitation.organisation else {
            throw BadRequest.otherSuiteOrName
        }
        guard let addresses = leaf.addresses, addresses.areUsable(with: try keyPackage.cipherSuite.inboxKEM) else {
            throw BadRequest.noUsableAddresses
        }
        // Every device of the coalition derives capabilities from it.
        guard request.organisation?.contactKey.isUsable != false else { throw BadRequest.unusableContactKey }
        switch (invitation.kind, request.organisation) {
        case (.colleague, nil): break
        case (.organisation, let organisation?) where organisation.id == invitation.organisation: break
        default: throw BadRequest.otherKind
        }
        return Applicant(device: leaf.identity, keyPackage: keyPackage, addresses: addresses)
    }

    struct Applicant {
        let device: DeviceIdentity
        let keyPackage: KeyPackage
        let addresses: Addresses
    }

    private enum BadRequest: Error {
        case notAKeyPackage
        case otherSuiteOrName
        case noUsableAddresses
        case unusableContactKey
        case otherKind
    }

    /// Requests that wait. One that was right when it came and no longer is, because its KeyPackage has expired, is noted and
    /// left out.
    func waitingRequests() throws -> [JoinRequestEntry] {
        try vault.write { transaction in
            try transaction.records(in: .invitations, as: InvitationRecord.self)
                .compactMap { _, record -> JoinRequestEntry? in
                    guard let stored = record.request, !stored.isApproved, !record.isVoid,
                        now <= record.invitation.expires
                    else { return nil }
                    let applicant: Applicant
                    do {
                        applicant = try self.applicant(stored.request, answering: record.invitation)
                    } catch {
                        try note(badRequest: error, transaction)
                        return nil
                    }
                    return JoinRequestEntry(
                        id: stored.id,
                        address: applicant.device.address,
                        isNewOrganisation: record.invitation.kind == .organisation,
                        fingerprint: grouped(hexadecimal(applicant.device.hash.bytes)),
                        expires: record.invitation.expires
                    )
                }
        }
    }

    /// Takes an invitation back, with whatever came in answer.
    func deny(_ id: String) async throws {
        let found = try vault.read { try $0.invitation(answeredBy: id) }
        guard let found else { throw MemberError.unknownRequest(id) }
        if found.record.request?.isApproved == true { try vault.write { try takeBackApproval(found.record, $0) } }
        try await discard(found.number, found.record)
    }

    private func discard(_ number: UInt64, _ record: InvitationRecord) async throws {
        try vault.write { transaction in
            guard var record = try transaction.record(number, in: .invitations, as: InvitationRecord.self) else {
                return
            }
            record.isVoid = true
            record.request = nil
            try transaction.replace(number, in: .invitations, with: record.encoded)
        }
        try await tolerating(lossOf: nil) {
            _ = try await relay(of: record.address)
                .delete(DeleteRequest(access: record.inbox.access, upTo: record.inbox.cursor.last.sequence))
        }
    }
}

extension InvitationRecord {
    var address: MailboxAddress {
        get throws { MailboxAddress(relay: try RelayAddress(invitation.relay.string), mailbox: invitation.inbox) }
    }
}

extension InvitationRecord.StoredRequest {
    /// What people call it.
    var id: String { JoinRequestHash(unchecked: hash).requestID }
}

extension VaultTransaction {
    /// The invitation that a request answers, unless it is void.
    func invitation(answeredBy id: String) throws(VaultError) -> (number: UInt64, record: InvitationRecord)? {
        try records(in: .invitations, as: InvitationRecord.self)
            .first { !$0.record.isVoid && $0.record.request?.id == id.lowercased() }
            .map { ($0.number, $0.record) }
    }
}

/// In groups of four, for people to compare.
private func grouped(_ text: String) -> String {
    var groups: [Substring] = []
    var rest = text[...]
    while !rest.isEmpty {
        groups.append(rest.prefix(4))
        rest = rest.dropFirst(4)
    }
    return groups.joined(separator: " ")
}
