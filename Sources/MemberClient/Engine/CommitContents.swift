internal import Coalition
internal import MLS
internal import RelayAPI
internal import Sodium
internal import TLSCodec

/// What an admin signs into a Commit: removals, admissions; attestations are in Attesting.swift. All of it is made for the epoch at hand, because
/// approvals are bound to the charter.
extension Engine {
    /// How long what an admin signs is good for.
    private static var approvalDuration: Time.Duration { .days(7) }

    func removalStatement(
        of device: DeviceIdentity,
        at time: Time,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws -> Statement {
        let charter = try GroupTerms(reading: group.mls.context).charter.charter
        let approval = try withAdminKey(transaction) { key, certificate in
            key.approve(
                .removal(of: device.hash, under: charter, in: group.record.profile.coalition),
                expires: time.advanced(by: Self.approvalDuration),
                certificate: certificate
            )
        }
        return Statement(about: device.hash, reason: .removal([approval]))
    }

    /// A change of charter that admits an organisation.
    func admission(
        of organisation: Organisation,
        to charter: Charter,
        at time: Time,
        in group: LoadedGroup,
        _ transaction: borrowing VaultTransaction
    ) throws -> Proposal {
        let next: Charter
        do throws(CodecError) {
            next = try charter.successor(organisations: charter.organisations + [organisation])
        } catch {
            throw ImpossibleCommit(reason: "the charter cannot take \(organisation.id) (\(error))")
        }
        let approval = try withAdminKey(transaction) { key, certificate in
            key.approve(
                .charter(next, after: charter, in: group.record.profile.coalition),
                expires: time.advanced(by: Self.approvalDuration),
                certificate: certificate
            )
        }
        let terms = try GroupTerms(reading: group.mls.context)
        return .groupContextExtensions(terms.under(SignedCharter(next, approvals: [approval])).extensions)
    }

    /// Lends the admin key of this device's user.
    func withAdminKey<Result>(
        _ transaction: borrowing VaultTransaction,
        _ body: (borrowing AdminKey, AdminCertificate) throws -> Result
    ) throws -> Result {
        guard let certificate = try transaction.organisation().adminCertificate,
            let seed = try transaction.getSecret(.adminKey)
        else { throw MemberError.notAnAdmin }
        return try body(try AdminKey(seed: seed), certificate)
    }
}
