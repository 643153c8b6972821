internal import Labels
public import RelayAPI
public import TLSCodec

/// A device, told by its name and its key:
///
///     struct {
///         opaque identity<V>;
///         opaque signature_key<V>;
///     } DeviceIdentity;
public struct DeviceIdentity: WireCodable, Sendable {
    public let address: DeviceAddress
    /// The Ed25519 key of its leaves: 32 bytes.
    public let signatureKey: [UInt8]

    static let maximumIdentityLength = 3 * Name.maximumLength + 2
    static let signatureKeyLength = 32

    public init(address: DeviceAddress, signatureKey: [UInt8]) {
        self.address = address
        self.signatureKey = signatureKey
    }

    public init(from reader: inout Reader) throws(CodecError) {
        let identity = try reader.readVector(maximum: Self.maximumIdentityLength)
        guard let address = DeviceAddress(identity: identity) else { throw .invalid("identity") }
        self.address = address
        signatureKey = try reader.readVector(maximum: Self.signatureKeyLength)
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(address.identity)
        writer.writeVector(signatureKey)
    }

    public var hash: DeviceHash { DeviceHash(unchecked: labelledHash(.device, self)) }
}

/// `LabelledHash("device", DeviceIdentity)`: what approvals, statements and suspensions name a device by.
public struct DeviceHash: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// `LabelledHash("organisation root", OrganisationRoot)`, over an organisation's name as given and its root key: what an
/// invitation names an organisation by.
///
///     struct {
///         opaque organisation<V>;
///         opaque root_key[32];
///     } OrganisationRoot;
public struct RootFingerprint: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public init(organisation: Name, rootKey: RootPublicKey) {
        var root = Writer()
        root.write(organisation)
        root.write(rootKey)
        self.init(unchecked: labelledHash(.organisationRoot, root.bytes))
    }
}

extension Label {
    static let device = Label("device")
    static let organisationRoot = Label("organisation root")
}
