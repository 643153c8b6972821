internal import Foundation
internal import Hummingbird
internal import Relay
internal import RelayAPI

/// The relay as `aadr-relay serve` runs it, on a free port of loopback, with one route more: `POST /echo` sends back
/// what it gets. Prints its port and an access token, and serves until it is stopped.
///
///     bench-relay DIRECTORY
@main
struct BenchRelay {
    static func main() async throws {
        guard let path = CommandLine.arguments.dropFirst().first else {
            throw Failure(description: "which directory is for the data?")
        }
        let directory = try DataDirectory(path: path, creating: true)
        let store = try SQLiteMailboxStore(file: directory.store)
        let token = AccessToken.random()
        try await store.issueToken(token.hash, label: "benchmark", mailboxes: .max)

        let service = RelayService(store: store)
        var responder = RelayResponder(service: service)
        responder.add(.post, "/echo") { request, _ in
            let body = try await request.body.collect(upTo: Operation.maximumRequestLength)
            return Response(
                status: .ok,
                headers: [.contentType: Operation.mediaType],
                body: ResponseBody(byteBuffer: body)
            )
        }
        let server = RelayServer(
            responder: responder,
            service: service,
            host: "127.0.0.1",
            port: 0,
            tls: try directory.selfSignedIdentity().tlsConfiguration
        ) { port in
            print("\(port) \(token.text)")
            fflush(nil)
        }
        async let maintenance: Void = Maintenance(service: service).run()
        try await server.run()
        try await maintenance
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private typealias Operation = RelayAPI.Operation
}
