internal import TLSCodec

/// Proposals from outside a group (RFC 9420, section 12.1.8). They are not encrypted: their senders have no keys to.
extension PublicMessage {
    /// Asks the members to add the sender.
    /// - Parameter signatureKey: of the KeyPackage.
    /// - Throws: `unsupportedCipherSuite`, `signatureKeyMismatch`.
    public init(
        proposingOwn keyPackage: KeyPackage,
        to groupID: [UInt8],
        epoch: UInt64,
        signatureKey: borrowing SignaturePrivateKey,
        authenticatedData: [UInt8] = []
    ) throws(MLSError) {
        guard signatureKey.publicKey == keyPackage.leafNode.signatureKey else { throw .misuse(.signatureKeyMismatch) }
        let content = FramedContent(
            groupID: groupID,
            epoch: epoch,
            sender: .newMemberProposal,
            authenticatedData: authenticatedData,
            content: .proposal(.add(keyPackage))
        )
        try self.init(fromOutside: content, keyPackage.cipherSuite, signatureKey)
    }

    /// Asks the members for a change, as one of those in the group's `external_senders` extension.
    /// - Parameters:
    ///   - sender: the place in that list.
    ///   - suite: of the group.
    ///   - signatureKey: the one in the list.
    /// - Throws: `unsupportedCipherSuite`, `unsupportedProposal`.
    public init(
        proposing proposal: Proposal,
        asExternalSender sender: UInt32,
        to groupID: [UInt8],
        epoch: UInt64,
        _ suite: CipherSuite,
        signatureKey: borrowing SignaturePrivateKey,
        authenticatedData: [UInt8] = []
    ) throws(MLSError) {
        guard proposal.isAllowedFromExternalSender else { throw .misuse(.unsupportedProposal) }
        let content = FramedContent(
            groupID: groupID,
            epoch: epoch,
            sender: .external(sender),
            authenticatedData: authenticatedData,
            content: .proposal(proposal)
        )
        try self.init(fromOutside: content, suite, signatureKey)
    }

    private init(
        fromOutside content: FramedContent,
        _ suite: CipherSuite,
        _ signatureKey: borrowing SignaturePrivateKey
    ) throws(MLSError) {
        guard let crypto = Crypto(suite) else { throw .misuse(.unsupportedCipherSuite) }
        // No GroupContext: those outside do not know it (section 6.1).
        let signature = AuthenticatedContent.signature(
            of: content,
            .publicMessage,
            context: [],
            with: signatureKey,
            crypto
        )
        self.init(
            content: content,
            auth: FramedContentAuthData(signature: signature, confirmationTag: nil),
            membershipTag: nil
        )
    }
}

extension Proposal {
    /// Whether one in the `external_senders` extension may send it (section 12.1.8).
    var isAllowedFromExternalSender: Bool {
        switch self {
        case .add, .remove, .preSharedKey, .reInit, .groupContextExtensions: true
        case .update, .externalInit: false
        }
    }
}
