internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
public import NIOSSL
public import ServiceLifecycle

/// A relay's HTTP/1.1 server, with TLS or, behind something that has TLS, without.
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
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ClientDepartureHandler()],
            idleTimeout: Self.idleTimeout,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Self.longestHeaders,
                maxHeaderListSize: Self.longestHeaders,
                maxHeaderFieldCount: 64
            )
        )
        let http = HTTPServerBuilder { responder in
            LoopBoundChannel(base: HTTP1Channel(responder: responder, configuration: configuration))
        }
        guard let tls else { return http }
        return try .tls(http, tlsConfiguration: tls)
    }

    /// A connection on which nothing is asked for so long is closed.
    private static let idleTimeout = TimeAmount.seconds(90)
    /// All header fields of a request together, in bytes.
    private static let longestHeaders = 16 * 1024
}

extension Logger {
    /// Says nothing, at any level: libraries put addresses, and what clients sent, into their messages.
    static let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
}
