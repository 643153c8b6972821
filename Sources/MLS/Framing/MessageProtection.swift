internal import Sodium
internal import TLSCodec

/// Padding inside a PrivateMessage (RFC 9420, section 6.3.1), of what is encrypted.
public enum Padding: Hashable, Sendable {
    case none
    /// Up to the next multiple of so many bytes.
    case toMultiple(of: Int)

    fileprivate func count(for length: Int) -> Int {
        switch self {
        case .none: 0
        case .toMultiple(let size): size > 1 ? (size - length % size) % size : 0
        }
    }
}

/// `SenderData` (RFC 9420, section 6.3.2).
struct SenderData: Hashable, Sendable, WireCodable {
    let leaf: LeafIndex
    let generation: UInt32
    let reuseGuard: [UInt8]

    static let reuseGuardLength = 4

    init(leaf: LeafIndex, generation: UInt32, reuseGuard: [UInt8]) {
        self.leaf = leaf
        self.generation = generation
        self.reuseGuard = reuseGuard
    }

    init(from reader: inout Reader) throws(CodecError) {
        leaf = try reader.read()
        generation = try reader.readUInt32()
        reuseGuard = try reader.readFixed(Self.reuseGuardLength)
    }

    func encode(to writer: inout Writer) {
        writer.write(leaf)
        writer.write(generation)
        writer.writeFixed(reuseGuard)
    }
}

/// The key that hides who sent a PrivateMessage, from a sample of its ciphertext (section 6.3.2).
struct SenderDataKey: ~Copyable {
    let key: Secret
    let nonce: [UInt8]

    init(_ secret: borrowing Secret, ciphertext: [UInt8], _ crypto: Crypto) {
        let sample = Array(ciphertext.prefix(crypto.hashLength))
        key = crypto.expand(secret, label: "key", context: sample, count: crypto.keyLength)
        nonce = crypto.expand(secret, label: "nonce", context: sample, count: crypto.nonceLength).exposed()
    }
}

extension AuthenticatedContent {
    /// Signs a content as a member (section 6.1).
    /// - Parameter context: the encoded GroupContext.
    static func signature(
        of content: FramedContent,
        _ wireFormat: WireFormat,
        context: [UInt8],
        with key: borrowing SignaturePrivateKey,
        _ crypto: Crypto
    ) -> [UInt8] {
        crypto.sign(content.toBeSigned(wireFormat, context: context), label: .framedContent, with: key)
    }

    func hasValidSignature(context: [UInt8], publicKey: [UInt8], _ crypto: Crypto) -> Bool {
        crypto.verify(
            auth.signature,
            of: content.toBeSigned(wireFormat, context: context),
            label: .framedContent,
            publicKey: publicKey
        )
    }

    /// As a PublicMessage of a member (section 6.2).
    func publicMessage(membershipKey: borrowing Secret, context: [UInt8], _ crypto: Crypto) -> PublicMessage {
        PublicMessage(
            content: content,
            auth: auth,
            membershipTag: crypto.mac(toBeMACed(context: context), key: membershipKey)
        )
    }

    /// As a PrivateMessage (section 6.3).
    func privateMessage(
        from leaf: LeafIndex,
        key: MessageKey,
        senderDataSecret: borrowing Secret,
        padding: Padding,
        _ crypto: Crypto
    ) -> PrivateMessage {
        var writer = Writer(capacity: 2048)
        content.content.encode(to: &writer)
        auth.encode(to: &writer)
        writer.writeFixed(repeatElement(0, count: padding.count(for: writer.bytes.count)))
        let reuseGuard = Random.bytes(SenderData.reuseGuardLength)
        let ciphertext = crypto.seal(
            writer.bytes,
            key: key.key,
            nonce: key.nonce(guardedBy: reuseGuard),
            authenticatedData: PrivateMessage.contentAAD(content)
        )
        let senderData = SenderData(leaf: leaf, generation: key.generation, reuseGuard: reuseGuard)
        let senderDataKey = SenderDataKey(senderDataSecret, ciphertext: ciphertext, crypto)
        return PrivateMessage(
            groupID: content.groupID,
            epoch: content.epoch,
            contentType: content.content.type,
            authenticatedData: content.authenticatedData,
            encryptedSenderData: crypto.seal(
                senderData.encoded,
                key: senderDataKey.key,
                nonce: senderDataKey.nonce,
                authenticatedData: SenderData.aad(content.groupID, content.epoch, content.content.type)
            ),
            ciphertext: ciphertext
        )
    }
}

extension PublicMessage {
    func hasValidMembershipTag(membershipKey: borrowing Secret, context: [UInt8], _ crypto: Crypto) -> Bool {
        guard let membershipTag else { return false }
        return crypto.isValid(
            mac: membershipTag,
            for: authenticatedContent.toBeMACed(context: context),
            key: membershipKey
        )
    }
}

extension PrivateMessage {
    /// Who sent it, and with which key.
    /// - Throws: `senderDataAuthentic`.
    func senderData(_ secret: borrowing Secret, _ crypto: Crypto) throws(MLSError) -> SenderData {
        let senderDataKey = SenderDataKey(secret, ciphertext: ciphertext, crypto)
        let plaintext = crypto.open(
            encryptedSenderData,
            key: senderDataKey.key,
            nonce: senderDataKey.nonce,
            authenticatedData: SenderData.aad(groupID, epoch, contentType)
        )
        guard let plaintext else { throw .invalid(.senderDataAuthentic) }
        return try wireForm { () throws(CodecError) in try SenderData(decoding: plaintext) }
    }

    /// The content, its signature still to be verified.
    /// - Throws: `contentAuthentic`, `paddingIsZero`, `malformed`.
    func open(_ senderData: SenderData, key: MessageKey, _ crypto: Crypto) throws(MLSError) -> AuthenticatedContent {
        let plaintext = crypto.open(
            ciphertext,
            key: key.key,
            nonce: key.nonce(guardedBy: senderData.reuseGuard),
            authenticatedData: contentAAD
        )
        guard let plaintext else { throw .invalid(.contentAuthentic) }
        var reader = Reader(plaintext)
        let (content, auth) = try wireForm { () throws(CodecError) in
            (try Content(contentType, from: &reader), try FramedContentAuthData(contentType, from: &reader))
        }
        try require(reader.readRest().allSatisfy { $0 == 0 }, .paddingIsZero)
        return AuthenticatedContent(
            wireFormat: .privateMessage,
            content: FramedContent(
                groupID: groupID,
                epoch: epoch,
                sender: .member(senderData.leaf),
                authenticatedData: authenticatedData,
                content: content
            ),
            auth: auth
        )
    }
}

extension SenderData {
    /// `SenderDataAAD` (section 6.3.2).
    static func aad(_ groupID: [UInt8], _ epoch: UInt64, _ contentType: ContentType) -> [UInt8] {
        var writer = Writer(capacity: groupID.count + 16)
        writer.writeVector(groupID)
        writer.write(epoch)
        writer.write(contentType)
        return writer.bytes
    }
}
