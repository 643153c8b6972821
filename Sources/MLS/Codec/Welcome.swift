internal import Sodium
public import TLSCodec

/// `EncryptedGroupSecrets` (RFC 9420, section 12.4.3.1).
public struct EncryptedGroupSecrets: Hashable, Sendable, WireCodable {
    public let newMember: KeyPackageRef
    public let encryptedGroupSecrets: HPKECiphertext

    init(newMember: KeyPackageRef, encryptedGroupSecrets: HPKECiphertext) {
        self.newMember = newMember
        self.encryptedGroupSecrets = encryptedGroupSecrets
    }

    public init(from reader: inout Reader) throws(CodecError) {
        newMember = try reader.read()
        encryptedGroupSecrets = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(newMember)
        writer.write(encryptedGroupSecrets)
    }
}

/// `Welcome` (RFC 9420, section 12.4.3.1).
public struct Welcome: Hashable, Sendable, WireCodable {
    public let cipherSuite: CipherSuite
    public let secrets: [EncryptedGroupSecrets]
    public let encryptedGroupInfo: [UInt8]

    init(cipherSuite: CipherSuite, secrets: [EncryptedGroupSecrets], encryptedGroupInfo: [UInt8]) {
        self.cipherSuite = cipherSuite
        self.secrets = secrets
        self.encryptedGroupInfo = encryptedGroupInfo
    }

    public init(from reader: inout Reader) throws(CodecError) {
        cipherSuite = try reader.read()
        secrets = try reader.readVector()
        encryptedGroupInfo = try reader.readVector()
    }

    public func encode(to writer: inout Writer) {
        writer.write(cipherSuite)
        writer.writeVector(secrets)
        writer.writeVector(encryptedGroupInfo)
    }
}

/// `GroupSecrets` (RFC 9420, section 12.4.3.1). It is read from, and written into, locked memory alone.
struct GroupSecrets: ~Copyable {
    let joinerSecret: Secret
    let pathSecret: HeldSecret?
    let preSharedKeys: [PreSharedKeyID]

    init(joinerSecret: consuming Secret, pathSecret: HeldSecret?, preSharedKeys: [PreSharedKeyID]) {
        self.joinerSecret = joinerSecret
        self.pathSecret = pathSecret
        self.preSharedKeys = preSharedKeys
    }

    init(decoding bytes: consuming Secret) throws(CodecError) {
        var reader = SecretReader(bytes)
        let joinerSecret = try reader.readSecret()
        var pathSecret: HeldSecret?
        switch try reader.readUInt8() {
        case 0: break
        case 1: pathSecret = HeldSecret(try reader.readSecret())
        default: throw .invalid("presence byte")
        }
        var identifiers = Reader(try reader.readVector())
        var preSharedKeys: [PreSharedKeyID] = []
        while !identifiers.isAtEnd {
            guard preSharedKeys.count < Commit.maximumProposals else { throw .tooLong }
            preSharedKeys.append(try identifiers.read())
        }
        try reader.finish()
        self.init(joinerSecret: joinerSecret, pathSecret: pathSecret, preSharedKeys: preSharedKeys)
    }

    func encoded() -> Secret {
        var writer = SecretWriter()
        writer.writeSecret(joinerSecret)
        writer.write(UInt8(pathSecret == nil ? 0 : 1))
        if let pathSecret { writer.writeSecret(pathSecret.secret) }
        writer.write { $0.writeVector(preSharedKeys) }
        return writer.finish()
    }
}
