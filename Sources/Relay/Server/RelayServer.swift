internal import NIOCore
internal import NIOHTTP2
public import NIOSSL
public import ServiceLifecycle

/// A relay's server: HTTP/2 and HTTP/1.1 over TLS or, behind something that has TLS, HTTP/1.1 without.
public struct RelayServer: Service {
    private let routes: Routes
    private let service: RelayService
    private let host: String
    private let port: Int
    private let tls: TLSConfiguration?
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - routes: `Routes(service:)`, with routes added if need be.
    ///   - port: 0 for any that is free.
    ///   - tls: nil for plain HTTP; see `RelayIdentity.tlsConfiguration`.
    ///   - onListening: called once, with the real port, when requests are answered.
    public init(
        routes: Routes,
        service: RelayService,
        host: String,
        port: Int,
        tls: TLSConfiguration?,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.routes = routes
        self.service = service
        self.host = host
        self.port = port
        self.tls = tls
        self.onListening = onListening
    }

    /// Serves until a graceful shutdown: then it takes no connection any more, answers those who wait with what there
    /// is, and ends when the requests under way have their answers.
    public func run() async throws {
        let setup = ConnectionSetup(
            routes: routes,
            service: service,
            admission: service.admission,
            tls: try tls.map { tls in
                var tls = tls
                tls.applicationProtocols = NIOHTTP2SupportedALPNProtocols
                // Whoever is told that a connection ends need not say so as well (RFC 8446, 6.1).
                tls.shutdownTimeout = .seconds(1)
                return try NIOSSLContext(configuration: tls)
            }
        )
        try await withGracefulShutdownHandler {
            try await Listener(host: host, port: port, setup: setup).run(onListening: onListening)
        } onGracefulShutdown: {
            service.store.notifications.drain()
        }
    }
}
