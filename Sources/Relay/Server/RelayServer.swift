internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import Logging
internal import NIOCore
public import NIOSSL
public import ServiceLifecycle

/// A relay's server: HTTP/2 and HTTP/1.1 over TLS or, behind something that has TLS, HTTP/1.1 without.
public struct RelayServer: Service {
    private let responder: RelayResponder
    private let service: RelayService
    private let host: String
    private let port: Int
    private let tls: TLSConfiguration?
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - responder: `RelayResponder(service:)`, with routes added if need be.
    ///   - port: 0 for any that is free.
    ///   - tls: nil for plain HTTP; see `RelayIdentity.tlsConfiguration`.
    ///   - onListening: called once, with the real port, when requests are answered.
    public init(
        responder: RelayResponder,
        service: RelayService,
        host: String,
        port: Int,
        tls: TLSConfiguration?,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.responder = responder
        self.service = service
        self.host = host
        self.port = port
        self.tls = tls
        self.onListening = onListening
    }

    /// Serves until a graceful shutdown: then it takes no connection any more, answers those who wait with what there
    /// is, and ends when the requests under way have their answers.
    public func run() async throws {
        let application = try application()
        try await withGracefulShutdownHandler {
            try await application.run()
        } onGracefulShutdown: {
            service.store.notifications.drain()
        }
    }

    /// The server as Hummingbird knows it.
    func application() throws -> Application<RelayResponder> {
        Application(
            responder: responder,
            server: try server(),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { [onListening] channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: .silent
        )
    }

    private func server() throws -> HTTPServerBuilder {
        let longestHeaders = longestHeaders
        let (directOperations, admission, limits) = (responder.directOperations, service.admission, service.limits)
        let http1 = HTTP1Channel.Configuration(
            // Hummingbird's own watch over a connection would stand behind `DirectAnswers`, and take one that only they
            // use for idle, or close it at a shutdown before they have answered.
            additionalChannelHandlers: [
                ClientDepartureHandler(),
                HTTPConnectionStateHandler(idleTimeout: Duration(Self.idleTimeout), logger: .silent),
                DirectAnswers(directOperations, admission: admission, limits: limits),
            ],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: longestHeaders,
                maxHeaderListSize: longestHeaders,
                maxHeaderFieldCount: Self.mostHeaders
            )
        )
        guard let tls else {
            return HTTPServerBuilder { [service] responder in
                LoopBoundChannel(
                    base: HTTP1Channel(responder: responder, configuration: http1),
                    admission: service.admission,
                    limits: service.limits
                )
            }
        }
        let http2 = HTTP2ChannelConfiguration(
            idleTimeout: Duration(Self.idleTimeout),
            gracefulCloseTimeout: Self.gracefulClose,
            streamConfiguration: http1
        )
        return HTTPServerBuilder { [service] responder in
            LoopBoundChannel(
                base: try HTTP2UpgradeChannel(tlsConfiguration: tls, configuration: http2, responder: responder),
                admission: service.admission,
                limits: service.limits
            )
        }
    }

    /// A connection on which nothing is asked for so long is closed.
    private static let idleTimeout = TimeAmount.seconds(90)
    /// At a shutdown, the streams of an HTTP/2 connection have so long to end.
    private static let gracefulClose = Duration.seconds(5)
    private static let mostHeaders = 64
    /// Where the server stops to read header fields and closes the connection. What is longer than the relay takes, but
    /// shorter than this, gets an answer that says so.
    private var longestHeaders: Int { 2 * service.limits.headerBytes }
}

extension Logger {
    /// Says nothing, at any level: libraries put addresses, and what clients sent, into their messages.
    static let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
}
