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
        let setup = ConnectionSetup(
            routes: Routes(monitoring: service),
            service: service,
            // A relay that is full is to be seen as well.
            admission: nil,
            tls: nil
        )
        try await Listener(host: host, port: port, setup: setup).run(onListening: onListening)
    }
}
