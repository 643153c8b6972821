internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// Admitting whom a request is from: an intent that outlives lost races, a Commit, a Welcome.
extension Engine {
    /// - Parameter code: as the joiner read it out; nil to admit a colleague on the invitation's secret alone, not
    ///   verified.
    func approve(_ id: String, code: String?) async throws -> DeviceAddress {
        guard let found = try vault.read({ try $0.invitation(answeredBy: id) }), let stored = found.record.request
        else {
            throw MemberError.unknownRequest(id)
        }
        let invitation = found.record.invitation
        if let code {
            // Takes a fraction of a second: outside the transaction.
            try check(code, stored, invitation)
        } else if invitation.kind != .colleague {
            throw MemberError(
                .notPermitted,
                "a new organisation is never admitted without its code",
                advice: "ask the joiner to read the code out, and approve with it"
            )
        }
        guard now <= invitation.expires else {
            throw MemberError(.notPermitted, "the invitation has expired", advice: "invite again")
        }
        guard let applicant = try? applicant(stored.request, answering: invitation) else {
            throw MemberError.badRequest
        }
        let intent = try vault.write { transaction -> UInt64? in
            guard var record = try transaction.record(found.number, in: .invitations, as: InvitationRecord.self),
                var request = record.request, !record.isVoid, request.hash == stored.hash
            else { throw MemberError.unknownRequest(id) }
            if code != nil { try transaction.set(.verified(applicant.device.hash), to: []) }
            guard !request.isApproved else {
                if let number = try admissionUnderWay(of: applicant.device, transaction) { return number }
                // Nobody comes back who has been removed since.
                guard try directory(transaction).contains(applicant.device.hash) else {
                    throw MemberError.unknownRequest(id)
                }
                return nil
            }
            request.isApproved = true
            record.request = request
            try transaction.replace(found.number, in: .invitations, with: record.encoded)
            return try keep(try admission(of: applicant, stored.request, transaction), transaction)
        }
        if let intent { try await fulfil(intent) }
        try await deliverWelcomes(to: [applicant.addresses.inbox.mailbox])
        // Whoever has just joined should be able to write to this device at once. If this fails, the next sync does it.
        try? await renewGrants()
        return applicant.device.address
    }

    /// The intent by which a device that was approved before is still to be admitted.
    private func admissionUnderWay(
        of device: DeviceIdentity,
        _ transaction: borrowing VaultTransaction
    ) throws -> UInt64? {
        let coalition = try coalitionGroup(transaction)
        let intents = try transaction.records(in: .intents, as: CommitIntent.self)
        return intents.first { _, intent in
            intent.group == coalition && intent.additions.contains { $0.device.hash == device.hash }
        }?
        .number
    }

    /// Lets the requests wait again whose admission has been given up.
    func withdrawApproval(of intent: CommitIntent, _ transaction: borrowing VaultTransaction) throws {
        let given = Set(intent.additions.map(\.keyPackage))
        for (number, record) in try transaction.records(in: .invitations, as: InvitationRecord.self) {
            guard var request = record.request, request.isApproved, given.contains(request.request.keyPackage) else {
                continue
            }
            var record = record
            request.isApproved = false
            record.request = request
            try transaction.replace(number, in: .invitations, with: record.encoded)
        }
    }

    /// Takes an approval back that has not led to an admission.
    /// - Throws: when it has, or the Commit is on its way.
    func takeBackApproval(_ record: InvitationRecord, _ transaction: borrowing VaultTransaction) throws {
        guard let request = record.request,
            let applicant = try? applicant(request.request, answering: record.invitation)
        else { return }
        if try directory(transaction).contains(applicant.device.hash) { throw MemberError.admittedAlready }
        guard let number = try admissionUnderWay(of: applicant.device, transaction) else { return }
        let commits = try ownCommits(of: try coalitionGroup(transaction), in: transaction)
        guard !commits.contains(where: { $0.record.intent == number }) else { throw MemberError.admissionUnderWay }
        try transaction.delete(number, in: .intents)
    }

    /// Admits all colleagues whose requests wait. One who cannot be admitted keeps nobody else out.
    func approveAllColleagues() async throws -> [DeviceAddress] {
        var admitted: [DeviceAddress] = []
        var refusal: MemberError?
        for request in try waitingRequests() where !request.isNewOrganisation {
            do {
                admitted.append(try await approve(request.id, code: nil))
            } catch {
                let reason = MemberError(error)
                guard !isCancellation(error), ![.internal, .cannotWrite].contains(reason.kind) else { throw error }
                refusal = reason
            }
        }
        if admitted.isEmpty, let refusal { throw refusal }
        return admitted
    }

    private func check(_ code: String, _ stored: InvitationRecord.StoredRequest, _ invitation: Invitation) throws {
        let expected = try JoinCode(for: JoinRequestHash(unchecked: stored.hash), answering: invitation)
        guard let given = JoinCode(code), given.matches(expected) else {
            throw MemberError(
                .notPermitted,
                "this is not the code of that request: nobody was admitted",
                advice: "ask the joiner to read it out again; if it stays wrong, deny the request and invite anew"
            )
        }
    }

    private func admission(
        of applicant: Applicant,
        _ request: JoinRequest,
        _ transaction: borrowing VaultTransaction
    ) throws -> CommitIntent {
        CommitIntent(
            group: try coalitionGroup(transaction),
            additions: [
                CommitIntent.Addition(
                    device: applicant.device,
                    keyPackage: request.keyPackage,
                    welcome: WelcomeDestination(
                        inbox: applicant.addresses.inbox,
                        capability: request.welcomeCapability,
                        inboxKey: applicant.addresses.inboxKey
                    ),
                    getsSecrets: request.organisation == nil
                )
            ],
            organisation: request.organisation
        )
    }

    /// Removes a device from the coalition: one of this admin's organisation, or one that has made a Commit against the
    /// policy out of the present epoch (C8).
    func remove(_ address: DeviceAddress) async throws {
        let intent = try vault.write { transaction in
            let own = try transaction.device()
            let coalition = try coalitionGroup(transaction)
            let device = try directory(transaction).devices.values.map(\.identity).first { $0.address == address }
            guard let device else { throw MemberError.notInDirectory(address.description) }
            let isOwn = address.organisation == own.identity.address.organisation
            let isAdmin = try transaction.organisation().adminCertificate != nil
            guard try (isOwn && isAdmin) || isOffender(device, in: coalition, transaction) else {
                throw MemberError.notAnAdmin
            }
            guard device.hash != own.identity.hash else {
                throw MemberError(.badInput, "a device cannot remove itself", advice: "remove it from another device")
            }
            return try keep(CommitIntent(group: coalition, removals: [device]), transaction)
        }
        try await fulfil(intent)
    }

    private func isOffender(
        _ device: DeviceIdentity,
        in id: GroupID,
        _ transaction: borrowing VaultTransaction
    ) throws -> Bool {
        let offenders = try offenders(in: id, transaction)
        guard !offenders.isEmpty, let leaf = try LoadedGroup(id, in: transaction).leaf(of: device) else { return false }
        return offenders.contains(leaf)
    }
}
