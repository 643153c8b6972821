public import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// Whom an invitation is for.
public enum Invitee: Sendable {
    /// A user of one's own organisation.
    case colleague(Name)
    /// The first admin of a new member organisation.
    case organisation(Name, firstAdmin: Name)
}

/// An invitation to be passed on, by a channel that both sides trust: whoever reads it can answer it, once.
public struct IssuedInvitation: Sendable {
    public let text: String
    public let expires: Time
    public let user: UserAddress
}

extension Engine {
    private static var colleagueQuota: (mailboxes: UInt32, days: UInt16) { (2, 7) }
    private static var organisationQuota: (mailboxes: UInt32, days: UInt16) { (64, 90) }

    func invite(_ invitee: Invitee) async throws -> IssuedInvitation {
        let draft = try vault.read { try self.draft(of: invitee, $0) }
        let invitation = draft.invitation
        let quota = invitation.kind == .colleague ? Self.colleagueQuota : Self.organisationQuota
        let relay = await relay(at: draft.relay)
        // Nothing is kept before the relay has made both: an invitation that half exists is of no use to anybody. When there is
        // not enough left for both, what is spent in vain is the one mailbox.
        let inbox = OwnMailbox(mailbox: invitation.inbox, capability: .random())
        let created = try await relay.create(
            CreateRequest(
                accessToken: draft.token,
                mailbox: invitation.inbox,
                epoch: 0,
                grants: [
                    Grant(capabilityHash: inbox.capability.hash, rights: [.read, .delete]), invitation.joinerGrant,
                ]
            )
        )
        _ = try await relay.childToken(
            ChildTokenRequest(
                accessToken: draft.token,
                child: invitation.childToken,
                mailboxes: quota.mailboxes,
                days: quota.days
            )
        )
        var record = InvitationRecord(invitation: invitation, inbox: inbox)
        record.inbox.cursor.incarnation = created.incarnation
        try vault.write { transaction in
            _ = try transaction.append(record.encoded, to: .invitations)
        }
        return IssuedInvitation(
            text: invitation.text,
            expires: invitation.expires,
            user: UserAddress(user: invitation.user, organisation: invitation.organisation)
        )
    }

    private struct Draft {
        let invitation: Invitation
        let relay: RelayAddress
        let token: AccessToken
    }

    private func draft(of invitee: Invitee, _ transaction: borrowing VaultTransaction) throws -> Draft {
        let device = try transaction.device()
        let own = try transaction.organisation()
        guard own.adminCertificate != nil else { throw MemberError.notAnAdmin }
        guard let token = own.accessToken else { throw MemberError.noToken }
        let charter = try charter(transaction)
        guard let inviter = charter.organisation(named: device.identity.address.organisation) else {
            throw MemberError.notAMember
        }
        let organisation: Name
        let user: Name
        switch invitee {
        case .colleague(let name):
            organisation = inviter.id
            user = name
        case .organisation(let name, let firstAdmin):
            guard charter.organisation(named: name) == nil else {
                throw MemberError(
                    .badInput,
                    "\(name) is a member organisation already",
                    advice: "its own admins invite its people"
                )
            }
            guard charter.phase == .founding, charter.founder.id == inviter.id else {
                throw MemberError(
                    .notPermitted,
                    "only the founder admits organisations in the founding phase, and a quorum afterwards",
                    advice: "ask the founding organisation, or propose the new one"
                )
            }
            organisation = name
            user = firstAdmin
        }
        let invitation = try Invitation(
            kind: organisation == inviter.id ? .colleague : .organisation,
            relay: device.relay,
            inbox: .random(),
            secret: .random(count: 32),
            childToken: .random(),
            coalition: device.coalition,
            cipherSuite: device.suite.rawValue,
            inviter: inviter,
            organisation: organisation,
            user: user,
            expires: now.advanced(by: Invitation.duration)
        )
        return Draft(invitation: invitation, relay: device.relay, token: token)
    }
}
