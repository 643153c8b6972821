internal import Foundation
internal import Relay
internal import RelayAPI
internal import TLSCodec

@main
struct BenchRelay {
    private static let usage = """
        usage: bench-relay DIRECTORY [COUNT]…

        The relay as `aadr-relay serve` runs it, on a free port of loopback, with two routes more: `POST /echo` sends back
        what it gets, and `POST /durable-echo` does when that is on disk, in a plain file. Prints its port and an access
        token, and serves until it is stopped.

        For each count it first makes a mailbox with so many entries, and prints their number and an access to them.
        """

    static func main() async throws {
        guard let path = CommandLine.arguments.dropFirst().first else { throw Failure(description: usage) }
        guard !["--help", "-h"].contains(path) else { return print(usage) }
        let directory = try DataDirectory(path: path, creating: true)
        let store = try SQLiteMailboxStore(file: directory.store)
        let token = AccessToken.random()
        try await store.issueToken(token.hash, label: "benchmark", mailboxes: .max)
        // As fast as it can: what is measured is not how often somebody may ask.
        var limits = RelayLimits()
        limits.connectionRate = .unlimited
        limits.capabilityRate = .unlimited
        limits.tokenRate = .unlimited
        (limits.connections, limits.subscriptions) = (16_384, 16_384)
        let service = RelayService(store: store, limits: limits)
        for argument in CommandLine.arguments.dropFirst(2) {
            guard let count = Int(argument) else { throw Failure(description: "not a count: \(argument)") }
            let access = try await makeMailbox(of: service, entries: count, token)
            print("\(count) \(Base64URL.encode(access.encoded))")
        }

        var routes = Routes(service: service)
        routes.add("/echo") { body, answer in answer(.success(body)) }
        let file = try PlainFile(path: path + "/plain")
        routes.add("/durable-echo") { body, answer in file.write(body, answer: answer) }
        let server = RelayServer(
            routes: routes,
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

    /// Makes a mailbox with so many entries of 1 KiB.
    private static func makeMailbox(
        of service: RelayService,
        entries: Int,
        _ token: AccessToken
    ) async throws -> Access {
        let access = Access(mailbox: .random(), capability: .random())
        let grant = Grant(capabilityHash: access.capability.hash, rights: [.append, .read])
        _ = try await service.create(
            CreateRequest(accessToken: token, mailbox: access.mailbox, epoch: 0, grants: [grant])
        )
        let body = [UInt8](repeating: 0x5a, count: BodyLength.oneKiB.rawValue)
        // As many at a time as go well into one transaction.
        let writers = min(256, entries)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for _ in stride(from: writer, to: entries, by: writers) {
                        _ = try await service.append(
                            AppendRequest(
                                access: access,
                                epoch: 0,
                                entryID: .random(),
                                kind: .application,
                                body: body
                            )
                        )
                    }
                }
            }
            try await group.waitForAll()
        }
        return access
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
