public import TLSCodec

/// `Capabilities` (RFC 9420, section 7.2): what a client supports beyond what every client must.
public struct Capabilities: Hashable, Sendable, WireCodable {
    public var versions: [ProtocolVersion]
    public var cipherSuites: [CipherSuite]
    public var extensions: [ExtensionType]
    public var proposals: [ProposalType]
    public var credentials: [CredentialType]

    public init(
        versions: [ProtocolVersion] = [.mls10],
        cipherSuites: [CipherSuite],
        extensions: [ExtensionType] = [],
        proposals: [ProposalType] = [],
        credentials: [CredentialType] = [.basic]
    ) {
        self.versions = versions
        self.cipherSuites = cipherSuites
        self.extensions = extensions
        self.proposals = proposals
        self.credentials = credentials
    }

    public init(from reader: inout Reader) throws(CodecError) {
        versions = try reader.readVector()
        cipherSuites = try reader.readVector()
        extensions = try reader.readVector()
        proposals = try reader.readVector()
        credentials = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(versions)
        writer.writeVector(cipherSuites)
        writer.writeVector(extensions)
        writer.writeVector(proposals)
        writer.writeVector(credentials)
    }
}

/// `Lifetime` (RFC 9420, section 7.2): when a KeyPackage may be used, in seconds since 1970, both ends included.
public struct Lifetime: Hashable, Sendable, WireCodable {
    public let notBefore: UInt64
    public let notAfter: UInt64

    public init(notBefore: UInt64, notAfter: UInt64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    public func contains(_ time: UInt64) -> Bool {
        notBefore <= time && time <= notAfter
    }

    public init(from reader: inout Reader) throws(CodecError) {
        notBefore = try reader.readUInt64()
        notAfter = try reader.readUInt64()
    }

    public func encode(to writer: inout Writer) {
        writer.write(notBefore)
        writer.write(notAfter)
    }
}
