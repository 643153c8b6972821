public import TLSCodec

/// `Credential` (RFC 9420, section 5.3). What it means is for the application, the Authentication Service, to judge.
public enum Credential: Hashable, Sendable {
    case basic(identity: [UInt8])
    /// DER-encoded certificates, the holder's first.
    case x509(certificates: [[UInt8]])

    public var type: CredentialType {
        switch self {
        case .basic: .basic
        case .x509: .x509
        }
    }
}

extension Credential: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        switch try reader.read(CredentialType.self) {
        case .basic: self = .basic(identity: try reader.readVector())
        case .x509: self = .x509(certificates: try reader.readVector(of: OpaqueElement.self).map(\.bytes))
        default: throw .invalid("credential type")
        }
    }

    public func encode(to writer: inout Writer) {
        writer.write(type)
        switch self {
        case .basic(let identity): writer.writeVector(identity)
        case .x509(let certificates): writer.writeVector(certificates.map(OpaqueElement.init))
        }
    }
}
