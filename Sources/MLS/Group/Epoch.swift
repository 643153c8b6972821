public import Sodium
internal import TLSCodec

/// One epoch of a group, as one member has it, without the tree: enough to send and to export.
///
/// It is restored from two small parts, so that sending never reads the tree; and sending changes the smaller one
/// alone (`serializedSending()`). Keep that part before the message leaves: a key that is used twice betrays both
/// messages.
public struct Epoch: ~Copyable, Sendable {
    let crypto: Crypto
    public let context: GroupContext
    /// What most signatures, tags and derivations cover.
    let encodedContext: [UInt8]
    let ownSignatureKey: [UInt8]
    /// Of the Commit that began the epoch.
    let confirmationTag: [UInt8]
    let interimTranscriptHash: [UInt8]
    /// Of the Commit that began the epoch: it ended the group.
    let reInit: ReInit?
    let secrets: EpochSecrets
    let privateKeys: PrivateKeys
    var pendingProposals: PendingProposals
    var sending: SendingRatchets

    public var ownLeaf: LeafIndex { privateKeys.leaf }

    init(
        _ crypto: Crypto,
        context: GroupContext,
        ownSignatureKey: [UInt8],
        confirmationTag: [UInt8],
        reInit: ReInit?,
        secrets: EpochSecrets,
        privateKeys: PrivateKeys,
        pendingProposals: PendingProposals = PendingProposals(),
        sending: SendingRatchets
    ) {
        self.crypto = crypto
        self.context = context
        encodedContext = context.encoded
        self.ownSignatureKey = ownSignatureKey
        self.confirmationTag = confirmationTag
        interimTranscriptHash = TranscriptHash.interim(
            confirmed: context.confirmedTranscriptHash,
            confirmationTag: confirmationTag,
            crypto
        )
        self.reInit = reInit
        self.secrets = secrets
        self.privateKeys = privateKeys
        self.pendingProposals = pendingProposals
        self.sending = sending
    }

    /// The same for all members who agree on everything (RFC 9420, section 8.7). Compared out of band, it is no
    /// secret.
    public var epochAuthenticator: [UInt8] { secrets.epochAuthenticator.secret.exposed() }

    /// A secret for the application, from this epoch's secrets (RFC 9420, section 8.5).
    /// - Parameter length: in bytes.
    /// - Throws: `secretTooLong`.
    public borrowing func export(label: String, context: [UInt8], length: Int) throws(MLSError) -> Secret {
        guard 0...(255 * crypto.hashLength) ~= length else { throw .misuse(.secretTooLong) }
        return secrets.export(label: label, context: context, length: length, crypto)
    }

    /// What proves membership in this epoch to a later one (RFC 9420, section 8.6).
    public var resumptionPSK: Secret { secrets.resumptionPSK.secret.copy() }

    /// Encrypts an application message to the group (RFC 9420, section 15).
    /// - Parameters:
    ///   - authenticatedData: sent along, readable and unchangeable.
    ///   - signatureKey: of this member's leaf.
    /// - Throws: `signatureKeyMismatch`; `proposalsPending` when a Commit is due first, because some proposal can be
    ///   committed (section 12.4);
    ///   `groupReinitialized`, `ratchetExhausted`.
    public mutating func protect(
        _ data: [UInt8],
        authenticatedData: [UInt8] = [],
        signatureKey: borrowing SignaturePrivateKey,
        padding: Padding = .none
    ) throws(MLSError) -> MLSMessage {
        try requireActive()
        guard !pendingProposals.isCommitDue else { throw .misuse(.proposalsPending) }
        let content = framed(.application(data), authenticatedData: authenticatedData)
        let signed = try sign(content, .privateMessage, with: signatureKey)
        return .privateMessage(try encrypt(signed, padding: padding))
    }

    // MARK: What a Group does with it

    /// The application's keys, and the one that every member has.
    func with(_ preSharedKeys: PreSharedKeys) -> PreSharedKeys {
        var all = preSharedKeys
        all.insert(secrets.resumptionPSK, as: .resumption(groupID: context.groupID, epoch: context.epoch))
        return all
    }

    func framed(_ content: Content, authenticatedData: [UInt8]) -> FramedContent {
        FramedContent(
            groupID: context.groupID,
            epoch: context.epoch,
            sender: .member(ownLeaf),
            authenticatedData: authenticatedData,
            content: content
        )
    }

    /// Section 12.4.2: nothing is sent any more in a group that a ReInit has ended.
    func requireActive() throws(MLSError) {
        guard reInit == nil else { throw .misuse(.groupReinitialized) }
    }

    func requireOwn(_ signatureKey: borrowing SignaturePrivateKey) throws(MLSError) {
        guard signatureKey.publicKey == ownSignatureKey else { throw .misuse(.signatureKeyMismatch) }
    }

    /// Signs anything but a Commit, whose confirmation tag comes later.
    func sign(
        _ content: FramedContent,
        _ wireFormat: WireFormat,
        with key: borrowing SignaturePrivateKey
    ) throws(MLSError) -> AuthenticatedContent {
        try requireOwn(key)
        let signature = AuthenticatedContent.signature(
            of: content,
            wireFormat,
            context: encodedContext,
            with: key,
            crypto
        )
        return AuthenticatedContent(
            wireFormat: wireFormat,
            content: content,
            auth: FramedContentAuthData(signature: signature, confirmationTag: nil)
        )
    }

    mutating func encrypt(_ content: AuthenticatedContent, padding: Padding) throws(MLSError) -> PrivateMessage {
        content.privateMessage(
            from: ownLeaf,
            key: try sending.next(content.content.content.type.ratchet, crypto),
            senderDataSecret: secrets.senderData.secret,
            padding: padding,
            crypto
        )
    }

    mutating func frame(_ content: AuthenticatedContent, _ framing: HandshakeFraming) throws(MLSError) -> MLSMessage {
        switch framing {
        case .publicMessage:
            .publicMessage(
                content.publicMessage(membershipKey: secrets.membershipKey.secret, context: encodedContext, crypto)
            )
        case .privateMessage(let padding):
            .privateMessage(try encrypt(content, padding: padding))
        }
    }
}

// MARK: - Serialisation

extension Epoch {
    /// Everything of the epoch but its ratchets and the tree. For keeping, sealed.
    public borrowing func serialized() -> Secret {
        var writer = SecretWriter()
        writer.write(.epoch)
        writer.writeValue(context)
        writer.write { $0.writeVector(ownSignatureKey) }
        writer.write { $0.writeVector(confirmationTag) }
        writer.writeOptionalValue(reInit)
        secrets.write(to: &writer)
        privateKeys.write(to: &writer)
        pendingProposals.write(to: &writer)
        return writer.finish()
    }

    /// This member's own ratchets. For keeping, sealed, before each message leaves.
    public borrowing func serializedSending() -> Secret {
        var writer = SecretWriter()
        writer.write(.sending)
        writer.write { $0.write(context.epoch) }
        sending.write(to: &writer)
        return writer.finish()
    }

    /// Of this member's own ratchets the one for Commits, to open those that come back in another encryption
    /// (`Group.openOwnCommit`). For keeping, sealed, from before the epoch's first Commit is made.
    public borrowing func serializedHandshakes() -> Secret {
        var writer = SecretWriter()
        writer.write(.handshakes)
        writer.write { $0.write(context.epoch) }
        sending.handshake.write(to: &writer)
        return writer.finish()
    }

    /// - Parameter serialized: from `serializedHandshakes()` of the same epoch.
    func handshakes(_ serialized: borrowing Secret) throws(MLSError) -> ReceivingRatchet {
        try wireForm { () throws(CodecError) in
            var reader = try SecretReader(serialized.copy(), of: .handshakes)
            var number = Reader(try reader.readFixed(8))
            guard try number.readUInt64() == context.epoch else { throw .invalid("epoch of the handshakes part") }
            let head = try HashRatchet(from: &reader)
            try reader.finish()
            return ReceivingRatchet(head)
        }
    }

    /// - Parameters:
    ///   - epoch: from `serialized()`.
    ///   - sending: from `serializedSending()` of the same epoch.
    /// - Throws: `malformed`, `unsupportedCipherSuite`.
    public init(epoch: borrowing Secret, sending: borrowing Secret) throws(MLSError) {
        var reader = try wireForm { () throws(CodecError) in try SecretReader(epoch.copy(), of: .epoch) }
        let context: GroupContext = try wireForm { () throws(CodecError) in try reader.readValue() }
        guard let crypto = Crypto(context.cipherSuite) else { throw .misuse(.unsupportedCipherSuite) }
        let rest = try wireForm { () throws(CodecError) in
            let rest = (
                ownSignatureKey: try reader.readVector(),
                confirmationTag: try reader.readVector(),
                reInit: try reader.readOptionalValue(ReInit.self),
                secrets: try EpochSecrets(from: &reader),
                privateKeys: try PrivateKeys(from: &reader),
                pendingProposals: try PendingProposals(from: &reader)
            )
            try reader.finish()
            return rest
        }
        let ratchets = try wireForm { () throws(CodecError) in
            var reader = try SecretReader(sending.copy(), of: .sending)
            var number = Reader(try reader.readFixed(8))
            guard try number.readUInt64() == context.epoch else { throw .invalid("epoch of the sending part") }
            let ratchets = try SendingRatchets(from: &reader)
            try reader.finish()
            return ratchets
        }
        self.init(
            crypto,
            context: context,
            ownSignatureKey: rest.ownSignatureKey,
            confirmationTag: rest.confirmationTag,
            reInit: rest.reInit,
            secrets: rest.secrets,
            privateKeys: rest.privateKeys,
            pendingProposals: rest.pendingProposals,
            sending: ratchets
        )
    }
}

extension PrivateKeys {
    fileprivate func write(to writer: inout SecretWriter) {
        writer.write(leaf.value)
        writer.write(UInt32(keys.count))
        for (node, key) in keys {
            writer.write(node.value)
            writer.writeSecret(key)
        }
    }

    fileprivate init(from reader: inout SecretReader) throws(CodecError) {
        let leaf = LeafIndex(try reader.readUInt32())
        var keys: [NodeIndex: HeldSecret] = [:]
        for _ in 0..<(try reader.readUInt32()) {
            keys[NodeIndex(try reader.readUInt32())] = HeldSecret(try reader.readSecret())
        }
        self.init(leaf: leaf, keys: keys)
    }
}
