internal import Labels
internal import RelayAPI
public import TLSCodec

/// An organisation's root key vouches for an admin key (Protocol/identity.md, "Admin certificate").
///
///     struct {
///         AdminCertificateTBS tbs;
///         opaque signature[64];
///     } AdminCertificate;
public struct AdminCertificate: WireCodable, Sendable {
    /// What is signed.
    ///
    ///     struct {
    ///         opaque organisation<V>;
    ///         opaque admin_key[32];
    ///         uint64 not_before;
    ///         uint64 not_after;
    ///     } AdminCertificateTBS;
    public struct Contents: WireCodable, Sendable {
        public let organisation: Name
        public let adminKey: AdminPublicKey
        public let period: Period

        init(organisation: Name, adminKey: AdminPublicKey, period: Period) {
            self.organisation = organisation
            self.adminKey = adminKey
            self.period = period
        }

        public init(from reader: inout Reader) throws(CodecError) {
            organisation = try reader.read()
            adminKey = try reader.read()
            period = try reader.read()
        }

        public func encode(to writer: inout Writer) {
            writer.write(organisation)
            writer.write(adminKey)
            writer.write(period)
        }
    }

    public let contents: Contents
    public let signature: Signature

    public static let longestPeriod = Time.Duration.days(1100)

    init(contents: Contents, signature: Signature) {
        self.contents = contents
        self.signature = signature
    }

    public init(from reader: inout Reader) throws(CodecError) {
        contents = try reader.read()
        signature = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(contents)
        writer.write(signature)
    }

    /// An admin key that an organisation of a charter has vouched for; only verification makes one.
    struct Verified {
        let organisation: Organisation
        let adminKey: AdminPublicKey
    }

    /// - Parameter time: nil where signatures are checked and periods are not (Protocol/identity.md, last paragraph).
    func verify(for organisation: Organisation, at time: Time?) throws(IdentityError) -> Verified {
        guard contents.organisation == organisation.id else { throw .certificateOfAnotherOrganisation }
        guard
            isValidLabelledSignature(
                signature.bytes,
                publicKey: organisation.rootKey.bytes,
                .adminCertificate,
                contents
            )
        else { throw .certificateSignature }
        if let time {
            guard contents.period.isAtMost(Self.longestPeriod) else { throw .certificatePeriodTooLong }
            guard contents.period.contains(time) else { throw .certificateOutsidePeriod }
        }
        return Verified(organisation: organisation, adminKey: contents.adminKey)
    }
}

/// Why a certificate or an attestation does not show what it should.
public enum IdentityError: Error, Equatable, Sendable {
    /// The charter has no such organisation.
    case unknownOrganisation
    case certificateOfAnotherOrganisation
    case certificateSignature
    /// Over 1,100 days, or less than nothing.
    case certificatePeriodTooLong
    case certificateOutsidePeriod
    case attestationSignature
    /// Over 400 days, or less than nothing.
    case attestationPeriodTooLong
    case attestationOutsidePeriod
}

extension Label {
    static let adminCertificate = Label("admin certificate")
}
