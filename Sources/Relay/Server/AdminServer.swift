internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
public import ServiceLifecycle

/// What an operator's monitoring asks, on a listener of its own, without TLS: `GET /metrics`, `/healthz`, `/readyz`.
public struct AdminServer: Service {
    private let service: RelayService
    private let host: String
    private let port: Int
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - onListening: called once, with the real port.
    public init(
        service: RelayService,
        host: String,
        port: Int,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.service = service
        self.host = host
        self.port = port
        self.onListening = onListening
    }

    /// Serves until a graceful shutdown.
    public func run() async throws {
        let application = Application(
            responder: AdminResponder(service: service),
            server: .http1(configuration: .init(idleTimeout: .seconds(90))),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { [onListening] channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: .silent
        )
        try await application.run()
    }
}

private struct AdminResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let service: RelayService

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        guard request.method == .get || request.method == .head else { return Response(status: .methodNotAllowed) }
        switch request.uri.path {
        case "/metrics":
            let page = await service.metricsPage()
            return Response(.ok, mediaType: MetricsPage.mediaType, body: Array(page.text.utf8))
        case RelayService.healthPath: return service.health
        case RelayService.readinessPath: return await service.readiness()
        default: return Response(status: .notFound)
        }
    }
}
