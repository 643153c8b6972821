internal import Labels
public import RelayAPI
public import Sodium
public import TLSCodec

/// What somebody who has been added is sent (Protocol/joining.md, "Approval").
///
///     struct {
///         WelcomeMessageTBS tbs;
///         opaque signature[64];
///     } WelcomeMessage;
public struct WelcomeMessage: WireCodable, Sendable {
    /// What is signed.
    ///
    ///     struct {
    ///         uint8 version;
    ///         opaque welcome<V>;
    ///         opaque incarnation[16];
    ///         Position opening;
    ///         SignedCharter chain<V>;
    ///         PresentedAttestation attestations<V>;
    ///         optional<OrganisationSecrets> secrets;
    ///     } WelcomeMessageTBS;
    public struct Contents: WireCodable, Sendable {
        public static let version: UInt8 = 1

        /// An MLSMessage with the Welcome.
        public let welcome: [UInt8]
        /// Of the relay that has the group's mailbox.
        public let incarnation: Incarnation
        /// Of the epoch that the Commit opened: where the joiner begins to read.
        public let opening: Position
        /// From the founding charter to the one before that in the GroupContext.
        public let chain: [SignedCharter]
        /// Of the leaves that do not carry their own.
        public let attestations: [PresentedAttestation]
        /// For a colleague.
        public let secrets: OrganisationSecrets?

        public init(
            welcome: [UInt8],
            incarnation: Incarnation,
            opening: Position,
            chain: [SignedCharter],
            attestations: [PresentedAttestation],
            secrets: OrganisationSecrets? = nil
        ) {
            self.welcome = welcome
            self.incarnation = incarnation
            self.opening = opening
            self.chain = chain
            self.attestations = attestations
            self.secrets = secrets
        }

        public init(from reader: inout Reader) throws(CodecError) {
            guard try reader.readUInt8() == Self.version else { throw .invalid("Welcome message version") }
            welcome = try reader.readVector()
            incarnation = try reader.read()
            opening = try reader.read()
            chain = try reader.readVector()
            attestations = try reader.readVector()
            secrets = try reader.readOptional()
        }

        public func encode(to writer: inout Writer) {
            writer.write(Self.version)
            writer.writeVector(welcome)
            writer.write(incarnation)
            writer.write(opening)
            writer.writeVector(chain)
            writer.writeVector(attestations)
            writer.writeOptional(secrets)
        }
    }

    public let contents: Contents
    public let signature: Signature

    /// - Parameter key: the private half of the signature key in the leaf of the Welcome's signer.
    public init(signing contents: Contents, key: borrowing Ed25519.PrivateKey) {
        self.contents = contents
        signature = Signature(unchecked: labelledSign(key: key, .welcomeMessage, contents))
    }

    public init(from reader: inout Reader) throws(CodecError) {
        contents = try reader.read()
        signature = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(contents)
        writer.write(signature)
    }

    /// Whether the holder of this leaf signature key signed it (rule J6).
    public func isSigned(by signatureKey: [UInt8]) -> Bool {
        isValidLabelledSignature(signature.bytes, publicKey: signatureKey, .welcomeMessage, contents)
    }
}

/// What an organisation's devices share.
///
///     struct {
///         opaque contact_private_key[32];
///         opaque access_token<V>;
///     } OrganisationSecrets;
public struct OrganisationSecrets: WireCodable, Sendable, CustomStringConvertible {
    /// In ordinary memory, because it goes into a message that is about to be sealed, or comes out of one.
    private let contactPrivateKey: [UInt8]
    public let accessToken: AccessToken?

    public init(contactKey: borrowing ContactKey, accessToken: AccessToken?) {
        contactPrivateKey = contactKey.raw.exposed()
        self.accessToken = accessToken
    }

    public init(from reader: inout Reader) throws(CodecError) {
        contactPrivateKey = try reader.readFixed(ContactPublicKey.length)
        let token = try reader.readVector(maximum: AccessToken.length)
        accessToken = AccessToken(token)
        guard token.isEmpty || accessToken != nil else { throw .invalid("access token") }
    }

    public func encode(to writer: inout Writer) {
        writer.writeFixed(contactPrivateKey)
        writer.writeVector(accessToken?.bytes ?? [])
    }

    /// The organisation's contact key.
    public func contactKey() throws(SodiumError) -> ContactKey {
        try ContactKey(raw: Secret(copying: contactPrivateKey))
    }

    /// Never the secrets.
    public var description: String { "OrganisationSecrets" }
}

extension Label {
    static let welcomeMessage = Label("welcome message")
}
