internal import ArgumentParser
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import RelayAPI
internal import TLSCodec

/// Asks a server as fast as it answers, over many connections, each with one request at a time; says how many answers
/// came in a second, and after how long. Or waits over many connections for what never comes; or for one entry after the
/// other, and says how long each took from its append to everybody.
///
/// On one thread, with requests that stand ready as bytes and answers of which only the length is read: what it takes
/// from the machine, it takes from the server.
@main
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-load")

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        /// Of a relay.
        case append, echo, durableEcho = "durable-echo", read, wait, subscribe, fanout
        /// Of Redis.
        case xadd, xread, xfanout

        /// Whether its requests get no answer.
        var isHeld: Bool { [.wait, .subscribe, .xread].contains(self) }
    }

    @Argument var kind: Kind
    @Option var port: Int
    @Option(help: "For the mailboxes.") var token: String?
    @Option(help: "For append: how many mailboxes the connections share (default: each its own).") var mailboxes: Int?
    @Option(help: "For read: an access in base64url, of the mailbox that all read.") var access: String?
    @Option(help: "For read: how many entries the mailbox has; for fanout and xfanout: how many to append.")
    var entries: UInt64 = 0
    @Option var connections: Int
    @Option(help: "How long to count answers; for those that only wait, how long to hold the connections.")
    var seconds = 0.0
    @Option(help: "How long to ask before.") var warmUp = 0.5

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        switch kind {
        case .fanout: try await spread(RelayDialogue.fanout(token: try accessToken), on: group.next())
        case .xfanout: try await spread(RedisDialogue.fanout, on: group.next())
        default:
            let clients = try await connect(try dialogues(), on: group.next())
            for client in clients { try await client.ready.get() }
            if kind.isHeld { try await hold(clients) } else { try await ask(clients) }
        }
        try await group.shutdownGracefully()
    }

    private func spread(_ speech: FanoutSpeech, on loop: any EventLoop) async throws {
        let tls = try Self.tls()
        var channels: [any Channel] = []
        for _ in 0...connections {
            channels.append(try await connect(on: loop, tls) { [HearingHandler()] })
        }
        let fanout = Fanout(sender: channels.removeLast(), receivers: channels, speech: speech)
        let times = try await fanout.run(entries: Int(entries))
        print(Self.summary(of: times, seconds: 1))
        for channel in channels + [fanout.sender] { channel.close(promise: nil) }
    }

    private func ask(_ clients: [Client]) async throws {
        let start = NIODeadline.now() + .nanoseconds(Int64(warmUp * 1e9))
        let window = Window(start: start, end: start + .nanoseconds(Int64(seconds * 1e9)))
        for client in clients { client.channel.pipeline.fireUserInboundEventTriggered(window) }
        var latencies: [Int64] = []
        for client in clients { latencies += try await client.done.get() }
        print(Self.summary(of: latencies, seconds: seconds))
    }

    /// Says so when every connection has asked what it waits for.
    private func hold(_ clients: [Client]) async throws {
        let window = Window(start: .distantFuture, end: .distantFuture)
        for client in clients { client.channel.pipeline.fireUserInboundEventTriggered(window) }
        try await Task.sleep(for: .seconds(warmUp))
        print("held")
        fflush(nil)
        try await Task.sleep(for: .seconds(seconds))
        for client in clients { try await client.channel.close() }
    }

    private func dialogues() throws -> [any Dialogue] {
        let accesses = (0..<(mailboxes ?? connections))
            .map { _ in
                Access(mailbox: .random(), capability: .random())
            }
        return try (0..<connections).map { try dialogue(accesses[$0 % accesses.count]) }
    }

    private func dialogue(_ own: Access) throws -> any Dialogue {
        switch kind {
        case .append: .append(to: own, token: try accessToken) as RelayDialogue
        case .echo, .durableEcho: .echo("/\(kind.rawValue)", token: try accessToken) as RelayDialogue
        case .wait: .wait(token: try accessToken) as RelayDialogue
        case .read: .read(try mailboxAccess, entries: entries) as RelayDialogue
        case .xadd: .append as RedisDialogue
        case .xread: .wait as RedisDialogue
        case .subscribe: SubscribingDialogue(token: try accessToken)
        case .fanout, .xfanout: throw ValidationError("no dialogue of two")
        }
    }

    private var accessToken: AccessToken {
        get throws {
            guard let token = token.flatMap({ AccessToken(text: $0) }) else { throw ValidationError("no token") }
            return token
        }
    }

    private var mailboxAccess: Access {
        get throws {
            guard let bytes = access.flatMap({ Base64URL.decode($0) }) else { throw ValidationError("no access") }
            return try Access(decoding: bytes)
        }
    }

    private struct Client {
        let channel: any Channel
        let ready: EventLoopFuture<Void>
        let done: EventLoopFuture<[Int64]>
    }

    private func connect(_ dialogues: [any Dialogue], on loop: any EventLoop) async throws -> [Client] {
        let tls = try Self.tls()
        var clients: [Client] = []
        for dialogue in dialogues {
            let ready = loop.makePromise(of: Void.self)
            let done = loop.makePromise(of: [Int64].self)
            let channel = try await connect(on: loop, tls) { [AskingHandler(dialogue, ready: ready, done: done)] }
            clients.append(Client(channel: channel, ready: ready.futureResult, done: done.futureResult))
        }
        return clients
    }

    private func connect(
        on loop: any EventLoop,
        _ tls: NIOSSLContext,
        handlers: @escaping @Sendable () -> [any ChannelHandler]
    ) async throws -> any Channel {
        try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(context: tls, serverHostname: nil)
                    try channel.pipeline.syncOperations.addHandlers([tls] + handlers())
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
    }

    private static func tls() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        // Loopback, and what is measured is the server: the handshake's checks are not.
        configuration.certificateVerification = .none
        return try NIOSSLContext(configuration: configuration)
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
