import RelayAPI
import Sodium
import TLSCodec
import Testing

@testable import Coalition

/// An organisation with its keys, which follow from a number: the same in every run.
final class OrganisationFixture: Sendable {
    let name: Name
    let root: OrganisationRootKey
    let admin: AdminKey
    let contact: ContactKey
    let entry: Organisation
    let certificate: AdminCertificate

    /// When certificates, attestations and approvals of the fixtures are valid.
    static let now = Time(seconds: 1_800_000_000)
    static let period = Period(notBefore: Time(seconds: 1_799_000_000), notAfter: Time(seconds: 1_820_000_000))

    init(_ name: String, number: UInt8) throws {
        self.name = try #require(Name(name))
        root = try OrganisationRootKey(seed: Self.seed(number, 1))
        admin = try AdminKey(seed: Self.seed(number, 2))
        contact = try ContactKey(raw: Self.seed(number, 3))
        entry = try Organisation(
            id: self.name,
            rootKey: root.publicKey,
            contactKey: contact.publicKey,
            names: [DisplayName(language: "en", name: Text("The \(name)"))]
        )
        certificate = root.certify(admin.publicKey, of: self.name, for: Self.period)
    }

    static func seed(_ number: UInt8, _ purpose: UInt8) -> Secret {
        Secret(copying: [UInt8](repeating: number, count: 31) + [purpose])
    }

    func approve(_ charter: Charter, after current: Charter, in coalition: CoalitionID) -> Approval {
        approve(.charter(charter, after: current, in: coalition))
    }

    func approve(_ subject: ApprovalSubject, expires: Time = now.advanced(by: .days(30))) -> Approval {
        admin.approve(subject, expires: expires, certificate: certificate)
    }

    func attest(_ device: DeviceIdentity, in coalition: CoalitionID, for period: Period? = nil) -> Attestation {
        admin.attest(
            device,
            in: coalition,
            for: period
                ?? Period(notBefore: Self.now.earlier(by: 86_400), notAfter: Self.now.advanced(by: .days(200))),
            certificate: certificate
        )
    }
}

extension Time {
    func earlier(by seconds: UInt64) -> Time { Time(seconds: self.seconds - seconds) }
    func later(by seconds: UInt64) -> Time { Time(seconds: self.seconds + seconds) }
}

/// A device with its signature key.
final class DeviceFixture: Sendable {
    let key: Ed25519.PrivateKey
    let identity: DeviceIdentity

    init(_ address: String, number: UInt8) throws {
        key = try Ed25519.PrivateKey(seed: OrganisationFixture.seed(number, 9))
        identity = DeviceIdentity(address: try #require(DeviceAddress(address)), signatureKey: key.publicKey)
    }
}

/// Five organisations and the founding charter of the first.
struct CoalitionFixture: Sendable {
    let smex, josa, insm, hamleh, masaar: OrganisationFixture
    let founding: Charter
    let coalition: CoalitionID

    var all: [OrganisationFixture] { [smex, josa, insm, hamleh, masaar] }

    init() throws {
        smex = try OrganisationFixture("SMEX", number: 1)
        josa = try OrganisationFixture("JOSA", number: 2)
        insm = try OrganisationFixture("INSM", number: 3)
        hamleh = try OrganisationFixture("7amleh", number: 4)
        masaar = try OrganisationFixture("Masaar", number: 5)
        founding = try Charter(
            nonce: pattern(0, count: 32),
            name: Text("تحالف"),
            number: 0,
            previous: .none,
            phase: .founding,
            quorum: 0,
            organisations: [smex.entry],
            suspensions: []
        )
        coalition = CoalitionID(founding: founding.hash)
    }

    /// The charter after the founder has admitted the others, and still decides.
    func gathered(_ organisations: [OrganisationFixture]? = nil) throws -> Charter {
        try founding.successor(organisations: (organisations ?? all).map(\.entry))
    }

    /// A charter under which a quorum decides.
    func constituted(_ organisations: [OrganisationFixture]? = nil, quorum: UInt16? = nil) throws -> Charter {
        let gathered = try gathered(organisations)
        return try gathered.successor(
            phase: .constituted,
            quorum: quorum ?? Charter.defaultQuorum(of: gathered.organisations.count)
        )
    }

    /// What `judge` says of a change that these organisations approve.
    @discardableResult
    func judge(
        _ old: Charter,
        to new: Charter,
        approvedBy organisations: [OrganisationFixture],
        at time: Time? = OrganisationFixture.now
    ) throws -> CharterChange {
        try old.judge(
            changeTo: new,
            approvals: organisations.map { $0.approve(new, after: old, in: coalition) },
            in: coalition,
            at: time
        )
    }
}
