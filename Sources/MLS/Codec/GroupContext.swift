public import TLSCodec

/// `GroupContext` (RFC 9420, section 8.1): what all members of an epoch agree on.
public struct GroupContext: Hashable, Sendable {
    public let version: ProtocolVersion
    public let cipherSuite: CipherSuite
    public let groupID: [UInt8]
    public internal(set) var epoch: UInt64
    public internal(set) var treeHash: [UInt8]
    public internal(set) var confirmedTranscriptHash: [UInt8]
    public internal(set) var extensions: Extensions

    init(
        cipherSuite: CipherSuite,
        groupID: [UInt8],
        epoch: UInt64,
        treeHash: [UInt8],
        confirmedTranscriptHash: [UInt8],
        extensions: Extensions
    ) {
        version = .mls10
        self.cipherSuite = cipherSuite
        self.groupID = groupID
        self.epoch = epoch
        self.treeHash = treeHash
        self.confirmedTranscriptHash = confirmedTranscriptHash
        self.extensions = extensions
    }

    /// Goes on to the next epoch's number. A Welcome can lead into the last epoch that the number can name.
    /// - Throws: `epochHasNext`.
    mutating func advance() throws(MLSError) {
        let (next, isPastTheLast) = epoch.addingReportingOverflow(1)
        try require(!isPastTheLast, .epochHasNext)
        epoch = next
    }
}

extension GroupContext: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        version = try reader.read()
        cipherSuite = try reader.read()
        groupID = try reader.readVector()
        epoch = try reader.readUInt64()
        treeHash = try reader.readVector()
        confirmedTranscriptHash = try reader.readVector()
        extensions = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(version)
        writer.write(cipherSuite)
        writer.writeVector(groupID)
        writer.write(epoch)
        writer.writeVector(treeHash)
        writer.writeVector(confirmedTranscriptHash)
        writer.write(extensions)
    }
}

/// `GroupInfo` (RFC 9420, section 12.4.3): an epoch, signed by a member for those who join it.
public struct GroupInfo: Hashable, Sendable {
    public let groupContext: GroupContext
    public let extensions: Extensions
    public let confirmationTag: [UInt8]
    public let signer: LeafIndex
    public internal(set) var signature: [UInt8]

    init(groupContext: GroupContext, extensions: Extensions, confirmationTag: [UInt8], signer: LeafIndex) {
        self.groupContext = groupContext
        self.extensions = extensions
        self.confirmationTag = confirmationTag
        self.signer = signer
        signature = []
    }

    /// `GroupInfoTBS`.
    func toBeSigned() -> [UInt8] {
        var writer = Writer()
        encodeUnsigned(to: &writer)
        return writer.bytes
    }

    private func encodeUnsigned(to writer: inout Writer) {
        writer.write(groupContext)
        writer.write(extensions)
        writer.writeVector(confirmationTag)
        writer.write(signer)
    }
}

extension GroupInfo: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        groupContext = try reader.read()
        extensions = try reader.read()
        confirmationTag = try reader.readVector()
        signer = try reader.read()
        signature = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        encodeUnsigned(to: &writer)
        writer.writeVector(signature)
    }
}
