internal import ArgumentParser
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import RelayAPI

/// Asks a relay as fast as it answers, over many connections, each with one request at a time; says how many answers
/// came in a second, and after how long.
///
/// On one thread, with requests that stand ready as bytes and answers of which only the length is read: what it takes
/// from the machine, it takes from the server.
@main
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-load")

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case append, echo
    }

    @Argument var kind: Kind
    @Option var port: Int
    @Option(help: "For a mailbox of its own to each connection.") var token: String
    @Option var connections: Int
    @Option(help: "How long to count answers.") var seconds: Double
    @Option(help: "How long to ask before.") var warmUp = 0.5

    func run() async throws {
        guard let accessToken = AccessToken(text: token) else { throw ValidationError("no token: \(token)") }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let clients = try await connect(accessToken, on: group.next())
        for client in clients { try await client.ready.get() }

        let start = NIODeadline.now() + .nanoseconds(Int64(warmUp * 1e9))
        let window = Window(start: start, end: start + .nanoseconds(Int64(seconds * 1e9)))
        for client in clients { client.channel.pipeline.fireUserInboundEventTriggered(window) }
        var latencies: [Int64] = []
        for client in clients { latencies += try await client.done.get() }
        try await group.shutdownGracefully()
        print(Self.summary(of: latencies, seconds: seconds))
    }

    private struct Client {
        let channel: any Channel
        let ready: EventLoopFuture<Void>
        let done: EventLoopFuture<[Int64]>
    }

    private func connect(_ token: AccessToken, on loop: any EventLoop) async throws -> [Client] {
        var tls = TLSConfiguration.makeClientConfiguration()
        // Loopback, and what is measured is the server: the handshake's checks are not.
        tls.certificateVerification = .none
        let context = try NIOSSLContext(configuration: tls)
        var clients: [Client] = []
        for _ in 0..<connections {
            let ready = loop.makePromise(of: Void.self)
            let done = loop.makePromise(of: [Int64].self)
            let requests = Requests(kind: kind, token: token)
            let channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            NIOSSLClientHandler(context: context, serverHostname: nil),
                            AskingHandler(requests, ready: ready, done: done),
                        ])
                    }
                }
                .connect(host: "127.0.0.1", port: port)
                .get()
            clients.append(Client(channel: channel, ready: ready.futureResult, done: done.futureResult))
        }
        return clients
    }

    /// Answers per second, and the median and 99th percentile of the time to an answer in seconds.
    private static func summary(of latencies: [Int64], seconds: Double) -> String {
        let sorted = latencies.sorted()
        func quantile(_ share: Double) -> Double {
            sorted.isEmpty ? 0 : Double(sorted[Int(share * Double(sorted.count - 1))]) / 1e9
        }
        return "\(Double(sorted.count) / seconds) \(quantile(0.5)) \(quantile(0.99))"
    }
}

/// When answers count.
struct Window: Sendable {
    let start: NIODeadline
    let end: NIODeadline
}
