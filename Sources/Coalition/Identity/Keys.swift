internal import Labels
public import RelayAPI
public import Sodium
internal import TLSCodec

/// The public half of an organisation's root key (Ed25519).
public struct RootPublicKey: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// The public half of an admin key (Ed25519).
public struct AdminPublicKey: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// The public half of an organisation's or a device's contact key (X25519; Protocol/envelope.md).
public struct ContactPublicKey: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// Whether it is what a key pair can have: one of low order gives everybody the same secret.
    public var isUsable: Bool { X25519.isUsable(bytes) }
}

/// An organisation's root key. Kept offline; it certifies admin keys, and nothing else.
public struct OrganisationRootKey: ~Copyable, Sendable {
    private let key: Ed25519.PrivateKey

    /// A new random key.
    public init() { key = Ed25519.PrivateKey() }

    /// - Throws: `invalidKey` unless the seed has 32 bytes.
    public init(seed: borrowing Secret) throws(SodiumError) { key = try Ed25519.PrivateKey(seed: seed) }

    /// What it is kept as: 32 bytes.
    public var seed: Secret { key.seed }

    public var publicKey: RootPublicKey { RootPublicKey(unchecked: key.publicKey) }

    /// Certifies an admin key of the organisation.
    public borrowing func certify(
        _ adminKey: AdminPublicKey,
        of organisation: Name,
        for period: Period
    ) -> AdminCertificate {
        let contents = AdminCertificate.Contents(organisation: organisation, adminKey: adminKey, period: period)
        return AdminCertificate(
            contents: contents,
            signature: Signature(unchecked: labelledSign(key: key, .adminCertificate, contents))
        )
    }
}

/// An admin's key. It attests the devices of its organisation and approves in its name.
public struct AdminKey: ~Copyable, Sendable {
    private let key: Ed25519.PrivateKey

    /// A new random key.
    public init() { key = Ed25519.PrivateKey() }

    /// - Throws: `invalidKey` unless the seed has 32 bytes.
    public init(seed: borrowing Secret) throws(SodiumError) { key = try Ed25519.PrivateKey(seed: seed) }

    /// What it is kept as: 32 bytes.
    public var seed: Secret { key.seed }

    public var publicKey: AdminPublicKey { AdminPublicKey(unchecked: key.publicKey) }

    /// Attests a device of the organisation that `certificate` is from.
    public borrowing func attest(
        _ device: DeviceIdentity,
        in coalition: CoalitionID,
        for period: Period,
        certificate: AdminCertificate
    ) -> Attestation {
        let contents = Attestation.Contents(coalition: coalition, device: device, period: period)
        return Attestation(
            admin: certificate,
            period: period,
            signature: Signature(unchecked: labelledSign(key: key, .attestation, contents))
        )
    }

    /// Approves, in the name of the organisation that `certificate` is from.
    public borrowing func approve(_ subject: ApprovalSubject, expires: Time, certificate: AdminCertificate) -> Approval
    {
        let contents = Approval.Contents(subject: subject, expires: expires)
        return Approval(
            admin: certificate,
            expires: expires,
            signature: Signature(unchecked: labelledSign(key: key, .approval, contents))
        )
    }
}

/// An Ed25519 signature.
public struct Signature: OpaqueBytes, Hashable {
    public static let length = 64
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}
