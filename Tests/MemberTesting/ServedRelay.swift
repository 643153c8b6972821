import Logging
import RelayAPI
import ServiceLifecycle
import Testing

@testable import MemberClient
@testable import Relay

extension TestCoalition {
    /// Serves the relay of this coalition over HTTP on loopback as long as `body` runs, for members in other processes.
    func serving(_ body: (_ address: String) async throws -> Void) async throws {
        let (ports, announce) = AsyncStream<Int>.makeStream()
        let server = RelayServer(
            routes: Routes(service: relay.service),
            service: relay.service,
            host: "127.0.0.1",
            port: 0,
            tls: nil
        ) { announce.yield($0) }
        let group = ServiceGroup(services: [server], logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await group.run() }
        let port = try #require(await ports.first { _ in true })
        do {
            try await body("http://127.0.0.1:\(port)/")
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }
}

extension Member {
    /// Opens a home of a coalition that another process serves.
    /// - Parameter directory: of the coalition.
    static func open(
        _ name: String,
        in directory: String,
        relay address: String,
        observer: any StepObserver
    ) throws -> Member {
        try open(
            home: "\(directory)/\(name)",
            unlock: .keyFile("\(directory)/\(name).key"),
            network: Network(TestNetwork(relay: RelayClient(address: try RelayAddress(address)))),
            observer: observer
        )
    }
}
