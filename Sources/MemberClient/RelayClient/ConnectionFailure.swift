internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What went wrong with a connection, in our words.
enum ConnectionFailure {
    /// What an error of NIO, its TLS or its HTTP means to a client.
    static func relayError(_ error: any Error) -> RelayError {
        switch error {
        case let error as RelayError: error
        case let failure as ExchangeFailure: failure.error
        case is CancellationError: .cancelled
        case is HTTPParserError, is NIOHTTPDecoderError: .violation("it does not speak HTTP (\(error))")
        case is NIOSSLExtraError: .untrustedCertificate("the certificate is not for this name")
        case let error as NIOSSLError where isCertificateFailure(error):
            .untrustedCertificate("nobody vouches for the certificate; an address with a #PIN needs nobody to")
        default: .unreachable(reason(error))
        }
    }

    static func reason(_ error: any Error) -> Sentence {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(first.error) }
            return "the name \(error.host) is not found"
        case let error as IOError: return Sentence(verbatim: String(cString: strerror(error.errnoCode)))
        case ChannelError.connectTimeout: return "it does not answer"
        case NIOSSLError.uncleanShutdown: return "it closed the connection"
        case NIOSSLError.handshakeFailed: return "it does not speak TLS as it should (\(error))"
        case let error as BoringSSLError: return "TLS failed (\(error))"
        default: return Sentence(verbatim: "\(error)")
        }
    }

    /// BoringSSL's reason is to be had as text alone.
    private static func isCertificateFailure(_ error: NIOSSLError) -> Bool {
        guard case .handshakeFailed(let reason) = error else { return false }
        return String(describing: reason).contains("CERTIFICATE_VERIFY_FAILED")
    }
}

extension RelayError {
    /// Whether it says no more than that a connection ended.
    var isBrokenConnection: Bool {
        if case .unreachable = self { return true }
        return false
    }
}
