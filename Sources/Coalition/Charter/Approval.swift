internal import Labels
public import TLSCodec

/// What an approval is for (Protocol/charter.md, "Approvals").
///
/// Bound to the current charter, so that it is void when that changes.
public struct ApprovalSubject: Sendable {
    enum Kind: UInt8 {
        case charter = 1
        case removal = 2
    }

    let coalition: CoalitionID
    let kind: Kind
    let currentCharter: CharterHash
    let subject: [UInt8]

    /// That `charter` takes the place of the current one.
    public static func charter(_ charter: Charter, after current: Charter, in coalition: CoalitionID) -> Self {
        Self(coalition: coalition, kind: .charter, currentCharter: current.hash, subject: charter.encoded)
    }

    /// That a device is removed from every group of the coalition.
    public static func removal(of device: DeviceHash, under current: Charter, in coalition: CoalitionID) -> Self {
        Self(coalition: coalition, kind: .removal, currentCharter: current.hash, subject: device.bytes)
    }
}

/// An admin approves in the name of an organisation.
///
///     struct {
///         AdminCertificate admin;
///         uint64 expires;
///         opaque signature[64];
///     } Approval;
public struct Approval: WireCodable, Sendable {
    /// What is signed.
    ///
    ///     struct {
    ///         opaque coalition_id[32];
    ///         ApprovalKind kind;
    ///         opaque current_charter_hash[32];
    ///         opaque subject<V>;
    ///         uint64 expires;
    ///     } ApprovalTBS;
    struct Contents: WireEncodable {
        let subject: ApprovalSubject
        let expires: Time

        func encode(to writer: inout Writer) {
            writer.write(subject.coalition)
            writer.write(subject.kind.rawValue)
            writer.write(subject.currentCharter)
            writer.writeVector(subject.subject)
            writer.write(expires)
        }
    }

    public let admin: AdminCertificate
    public let expires: Time
    public let signature: Signature

    /// How far ahead an approval may expire.
    public static let longestDuration = Time.Duration.days(30)
    /// Most approvals beside one change: one for each organisation.
    public static let maximumCount = Charter.maximumOrganisationCount

    init(admin: AdminCertificate, expires: Time, signature: Signature) {
        self.admin = admin
        self.expires = expires
        self.signature = signature
    }

    public init(from reader: inout Reader) throws(CodecError) {
        admin = try reader.read()
        expires = try reader.read()
        signature = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(admin)
        writer.write(expires)
        writer.write(signature)
    }

    /// Whether it counts, for the organisation that it is in the name of.
    /// - Parameter time: nil where signatures are checked and times are not.
    func counts(for organisation: Organisation, subject: ApprovalSubject, at time: Time?) -> Bool {
        if let time {
            guard time <= expires, expires <= time.advanced(by: Self.longestDuration) else { return false }
        }
        do throws(IdentityError) {
            let admin = try admin.verify(for: organisation, at: time)
            return isValidLabelledSignature(
                signature.bytes,
                publicKey: admin.adminKey.bytes,
                .approval,
                Contents(subject: subject, expires: expires)
            )
        } catch {
            return false
        }
    }
}

extension Charter {
    /// The organisations of this charter in whose name an approval of `subject` counts, each of them once.
    public func approvers(of subject: ApprovalSubject, approvals: [Approval], at time: Time?) -> Set<Name> {
        var approvers: Set<Name> = []
        for approval in approvals {
            let name = approval.admin.contents.organisation
            // Signatures cost time: an organisation is not asked twice.
            guard !approvers.contains(name), let organisation = organisation(named: name) else { continue }
            if approval.counts(for: organisation, subject: subject, at: time) { approvers.insert(organisation.id) }
        }
        return approvers
    }

    /// Whether those who approve are enough where a quorum decides, and nobody votes on what concerns itself.
    ///
    /// Against one organisation a quorum of all cannot be had. Then all the others are enough, if they are at least two:
    /// nobody decides alone. Against several at once it stays out of reach, or one organisation could remove all others.
    /// - Parameter concerned: organisations of this charter that are not counted.
    func isQuorum(_ approvers: Set<Name>, concerned: Set<Name>) -> Bool {
        let counted = approvers.subtracting(concerned).count
        if counted >= Int(quorum) { return true }
        return concerned.count == 1 && quorum == organisations.count && counted >= 2
            && counted == organisations.count - 1
    }
}

extension Label {
    static let approval = Label("approval")
}
