internal import Crypto
internal import FoundationEssentials
public import NIOSSL
public import RelayAPI
internal import SwiftASN1
internal import X509

/// The key and certificate by which clients know a relay.
public struct RelayIdentity: Sendable {
    private let chain: [NIOSSLCertificate]
    private let key: NIOSSLPrivateKey

    /// SHA-256 of the certificate's SubjectPublicKeyInfo.
    public let pin: KeyPin

    /// - Parameters:
    ///   - certificatePEM: the relay's certificate first, then those that lead to a root.
    ///   - keyPEM: the private key of the first.
    public init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws(RelayIdentityError) {
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(certificatePEM)
            guard let leaf = chain.first else { throw RelayIdentityError.certificate }
            pin = KeyPin(subjectPublicKeyInfo: try leaf.extractPublicKey().toSPKIBytes())
        } catch {
            throw .certificate
        }
        do {
            key = try NIOSSLPrivateKey(bytes: keyPEM, format: .pem)
        } catch {
            throw .key
        }
        // What BoringSSL looks at when it is given both.
        guard (try? NIOSSLContext(configuration: tlsConfiguration)) != nil else { throw .mismatch }
    }

    /// - Parameter pem: key and certificate in one, as `makeSelfSigned` makes them.
    public init(pem: [UInt8]) throws(RelayIdentityError) {
        try self.init(certificatePEM: pem, keyPEM: pem)
    }

    /// TLS 1.2 or later; the server adds the versions of HTTP that it speaks.
    public var tlsConfiguration: TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    /// A new P-256 key and a certificate for it, both in PEM. Clients accept it by its pin, whatever it says: so it
    /// says nothing, its dates do not tell when it was made, and it is good for longer than anybody needs it.
    public static func makeSelfSigned() throws -> [UInt8] {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("aadr-relay") }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: 1_735_689_600),  // 2025-01-01
            notValidAfter: Date(timeIntervalSince1970: 4_102_444_800),  // 2100-01-01
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                SubjectAlternativeNames([.dnsName("aadr-relay")])
            },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
        let text = key.pemRepresentation + "\n" + (try certificate.serializeAsPEM().pemString) + "\n"
        return Array(text.utf8)
    }
}

public enum RelayIdentityError: Error, Equatable, CustomStringConvertible {
    case certificate
    case key
    case mismatch

    public var description: String {
        switch self {
        case .certificate: "there is no certificate in PEM in it"
        case .key: "there is no private key in PEM in it"
        case .mismatch: "the certificate and this private key do not go together, or cannot be used"
        }
    }
}
