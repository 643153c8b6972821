internal import Labels
internal import RelayAPI
public import TLSCodec

/// An organisation vouches, through one of its admins, for a device (Protocol/identity.md, "Attestation").
///
///     struct {
///         AdminCertificate admin;
///         uint64 not_before;
///         uint64 not_after;
///         opaque signature[64];
///     } Attestation;
public struct Attestation: WireCodable, Sendable {
    /// What is signed.
    ///
    ///     struct {
    ///         opaque coalition_id[32];
    ///         DeviceIdentity device;
    ///         uint64 not_before;
    ///         uint64 not_after;
    ///     } AttestationTBS;
    struct Contents: WireEncodable {
        let coalition: CoalitionID
        let device: DeviceIdentity
        let period: Period

        func encode(to writer: inout Writer) {
            writer.write(coalition)
            writer.write(device)
            writer.write(period)
        }
    }

    public let admin: AdminCertificate
    public let period: Period
    public let signature: Signature

    public static let longestPeriod = Time.Duration.days(400)

    /// The last time at which it can be valid: its certificate may end before it does.
    public var end: Time { min(period.notAfter, admin.contents.period.notAfter) }

    init(admin: AdminCertificate, period: Period, signature: Signature) {
        self.admin = admin
        self.period = period
        self.signature = signature
    }

    public init(from reader: inout Reader) throws(CodecError) {
        admin = try reader.read()
        period = try reader.read()
        signature = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(admin)
        writer.write(period)
        writer.write(signature)
    }

    /// Checks that the device's organisation, as the charter has it, attests the device.
    /// - Parameter time: nil where a whole tree is judged later: then signatures are checked and periods are not.
    public func verify(
        for device: DeviceIdentity,
        in coalition: CoalitionID,
        charter: Charter,
        at time: Time?
    ) throws(IdentityError) -> AttestedDevice {
        guard let organisation = charter.organisation(named: device.address.organisation) else {
            throw .unknownOrganisation
        }
        let admin = try admin.verify(for: organisation, at: time)
        let contents = Contents(coalition: coalition, device: device, period: period)
        guard
            isValidLabelledSignature(signature.bytes, publicKey: admin.adminKey.bytes, .attestation, contents)
        else { throw .attestationSignature }
        if let time {
            guard period.isAtMost(Self.longestPeriod) else { throw .attestationPeriodTooLong }
            guard period.contains(time) else { throw .attestationOutsidePeriod }
        }
        return AttestedDevice(identity: device, organisation: organisation)
    }
}

/// A device that its organisation has attested; only `Attestation.verify` makes one.
public struct AttestedDevice: Sendable {
    public let identity: DeviceIdentity
    public let organisation: Organisation

    fileprivate init(identity: DeviceIdentity, organisation: Organisation) {
        self.identity = identity
        self.organisation = organisation
    }
}

/// An attestation that stands beside the leaf it is for (Protocol/mls-profile.md, "Authenticated data").
///
///     struct {
///         opaque device_hash[32];
///         Attestation attestation;
///     } PresentedAttestation;
public struct PresentedAttestation: WireCodable, Sendable {
    public let deviceHash: DeviceHash
    public let attestation: Attestation

    public init(deviceHash: DeviceHash, attestation: Attestation) {
        self.deviceHash = deviceHash
        self.attestation = attestation
    }

    public init(from reader: inout Reader) throws(CodecError) {
        deviceHash = try reader.read()
        attestation = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(deviceHash)
        writer.write(attestation)
    }
}

extension Label {
    static let attestation = Label("attestation")
}
