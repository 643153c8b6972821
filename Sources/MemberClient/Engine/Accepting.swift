internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// Why a Welcome is not accepted.
enum RefusedWelcome: Error {
    /// A rule of Protocol/policy.md, "Joining".
    case rule(String)
    /// J8.
    case secondUse
    /// Not the Welcome's fault.
    case state(any Error)
}

/// Becoming a member of a group: a Welcome is judged by J1 to J8 (Protocol/policy.md), and the group is kept.
extension Engine {
    func accept(_ message: WelcomeMessage, _ transaction: borrowing VaultTransaction) throws(RefusedWelcome) {
        let (welcome, reference) = try keyPackageUsed(by: message, transaction)
        do {
            guard let serialized = try transaction.getSecret(.keyPackage(reference)) else {
                throw RefusedWelcome.secondUse
            }
            let join = try pendingJoin(welcome, serialized)
            let judged = try JoinPolicy.judge(
                join,
                message: message,
                expecting: try expectation(transaction),
                use: .first
            )
            try keep(join.accept(), judged, message, reference, transaction)
        } catch let error as RefusedWelcome {
            throw error
        } catch let error as PolicyViolation {
            throw .rule("\(error)")
        } catch {
            throw .state(error)
        }
    }

    /// What a Welcome must be for: the coalition that this device has asked to join, or a group of devices that it knows.
    private func expectation(_ transaction: borrowing VaultTransaction) throws -> JoinPolicy.Expectation {
        let device = try transaction.device()
        let group: JoinPolicy.Expectation.Group
        if device.coalitionGroup == nil, let joining = try transaction.record(.joining, as: JoiningRecord.self) {
            group = .coalition(
                inviter: joining.invitation.inviter,
                rootFingerprint: joining.invitation.rootFingerprint
            )
        } else {
            group = .other(try directory(transaction))
        }
        return JoinPolicy.Expectation(
            coalition: device.coalition,
            cipherSuite: device.suite,
            group: group,
            device: device.identity
        )
    }

    /// Which of this device's KeyPackages a Welcome uses, the first time (J8).
    private func keyPackageUsed(
        by message: WelcomeMessage,
        _ transaction: borrowing VaultTransaction
    ) throws(RefusedWelcome) -> (Welcome, reference: [UInt8]) {
        guard case .welcome(let welcome)? = try? MLSMessage(decoding: message.contents.welcome) else {
            throw .rule("J1")
        }
        do {
            for secret in welcome.secrets {
                let reference = secret.newMember.bytes
                if try transaction.get(.usedKeyPackage(reference)) != nil { throw RefusedWelcome.secondUse }
                if try transaction.get(.keyPackage(reference)) != nil { return (welcome, reference) }
            }
        } catch let error as RefusedWelcome {
            throw error
        } catch {
            throw .state(error)
        }
        throw .rule("J1")
    }

    private func pendingJoin(_ welcome: Welcome, _ serialized: borrowing Secret) throws -> PendingJoin {
        let bundle = try KeyPackageBundle(serialized: serialized)
        do throws(MLSError) {
            return try PendingJoin(welcome, keyPackage: bundle)
        } catch {
            throw RefusedWelcome.rule("J1")
        }
    }

    private func keep(
        _ mls: consuming MLS.Group,
        _ judged: JudgedJoin,
        _ message: WelcomeMessage,
        _ reference: [UInt8],
        _ transaction: borrowing VaultTransaction
    ) throws {
        // What cannot be asked anywhere would be asked for ever.
        guard let id = GroupID(mls.context.groupID), judged.terms.profile.mailbox.isParseable else {
            throw RefusedWelcome.rule("J2")
        }
        guard try !transaction.groupIDs().contains(id) else { throw RefusedWelcome.rule("J1") }
        try checkPlace(for: judged.terms.profile.kind, transaction)
        let mailbox = judged.terms.profile.mailbox.mailbox
        let keys = try GroupEpochKeys(mailbox: mailbox) { label, context, length throws(MLSError) in
            try mls.export(label: label, context: context, length: length)
        }
        let record = GroupRecord(
            profile: judged.terms.profile,
            cursor: Cursor(
                incarnation: message.contents.incarnation,
                epoch: mls.context.epoch,
                opening: message.contents.opening
            ),
            capability: keys.capability,
            lastCommitTime: SendPolicy.time(clock: Time(seconds: 0), tree: mls.tree)
        )
        if judged.terms.profile.kind == .coalition { try enterCoalition(id, mls, judged, message, transaction) }
        let group = LoadedGroup(id, record: record, mls: mls)
        try transaction.addGroup(id, record)
        try group.save(in: transaction)
        try transaction.setRecord(.presentedAttestations(of: id), to: RecordList(judged.presented))
        try use(reference, transaction)
    }

    /// Between the same two: one begins anew when its mailbox is lost.
    private static var mostConversations: Int { 64 }

    /// A group that there is no name for would pass for the coalition, and conversations without end would all be read with
    /// every sync.
    private func checkPlace(
        for kind: GroupProfile.Kind,
        _ transaction: borrowing VaultTransaction
    ) throws {
        switch kind {
        case .coalition: return
        case .group: throw RefusedWelcome.rule("J2")
        case .direct:
            let alike = try transaction.groupIDs()
                .filter { id in
                    let record = try transaction.group(id)
                    return record.profile.kind == kind && record.stopped == nil
                }
            guard alike.count >= Self.mostConversations else { return }
            // Those that a device began which has left the coalition are not written to any more.
            guard try alike.count(where: { try isCovered($0, transaction) }) < Self.mostConversations else {
                throw RefusedWelcome.rule("J7")
            }
        }
    }

    private func enterCoalition(
        _ id: GroupID,
        _ mls: borrowing MLS.Group,
        _ judged: JudgedJoin,
        _ message: WelcomeMessage,
        _ transaction: borrowing VaultTransaction
    ) throws {
        var device = try transaction.device()
        device.coalitionGroup = id
        try transaction.setRecord(.device, to: device)
        try transaction.setRecord(.charter, to: judged.terms.charter)
        for charter in message.contents.chain { _ = try transaction.append(charter.encoded, to: .charters) }
        if let secrets = message.contents.secrets {
            var organisation = try transaction.organisation()
            organisation.accessToken = organisation.accessToken ?? secrets.accessToken
            try transaction.setRecord(.organisation, to: organisation)
            try transaction.setSecret(.organisationContactKey, to: try secrets.contactKey().raw)
        }
        try settleClaims(epoch: mls.context.epoch, authenticator: mls.epochAuthenticator, transaction)
    }

    /// Marks a KeyPackage as used; its private half goes, unless it is the one of last resort.
    private func use(_ reference: [UInt8], _ transaction: borrowing VaultTransaction) throws {
        let records = try transaction.records(in: .keyPackages, as: KeyPackageRecord.self)
        let found = records.first { $0.record.reference == reference }
        guard found?.record.isLastResort != true else { return }
        try transaction.set(.usedKeyPackage(reference), to: [])
        try transaction.delete(.keyPackage(reference))
        guard let found else { return }
        try transaction.delete(found.number, in: .keyPackages)
        try demandKeyPackages(transaction)
    }
}
