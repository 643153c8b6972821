internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import RelayAPI
internal import Sodium
internal import Synchronization

/// Makes connections to one relay: TCP or a proxy's tunnel, TLS, HTTP/1.1.
///
/// On SwiftNIO itself rather than on async-http-client, for one reason: a pin. async-http-client has no way to judge a
/// certificate but by trust roots, so that a pinned relay would take a first connection of our own, the certificate
/// that it showed as the only root, and a cache of that; and still a certificate would be refused for its dates, by
/// which a pinned key is not to be judged. Here the key is compared inside the one handshake. What else such a client
/// does (redirects, retries, decompression, cookies) is what this one must not do.
final class RelayConnector: Sendable {
    /// A program that sends a message needs one thread for it. Lives as long as the process.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// For a direct connection and, again, for its handshake.
    private static let patience = TimeAmount.seconds(10)
    /// For a proxy to reach the relay, and for the handshake through it: Tor takes its time with an onion service.
    private static let patienceWithProxy = TimeAmount.seconds(60)

    let address: RelayAddress
    let proxy: ProxyAddress?
    /// Longest body of an answer, in bytes.
    private let limit: Int
    private let context = Mutex<NIOSSLContext?>(nil)

    init(address: RelayAddress, proxy: ProxyAddress?, limit: Int) {
        self.address = address
        self.proxy = proxy
        self.limit = limit
    }

    /// A connection over which requests may be sent.
    /// - Parameter isolation: what keeps this connection apart from others at the proxy.
    func connect(isolation: ProxyAddress.Credentials) async throws(RelayError) -> any Channel {
        try refuseWhatCannotBeSafe()
        do {
            let context = try tlsContext()
            guard let proxy else { return try await connectDirectly(context) }
            return try await connect(through: proxy, isolation: isolation, context)
        } catch {
            switch ConnectionFailure.relayError(error) {
            // Whatever it was that cancelling broke first.
            case _ where Task.isCancelled: throw .cancelled
            case .untrustedCertificate where !address.pins.isEmpty:
                throw .untrustedCertificate("its key is none of those that the address's #PIN names")
            case let error: throw error
            }
        }
    }

    private func refuseWhatCannotBeSafe() throws(RelayError) {
        let isNumber = (try? SocketAddress(ipAddress: address.host, port: 0)) != nil
        if address.host.hasSuffix(".onion"), proxy == nil {
            // Asked for directly, the name would go to a name server.
            throw .proxy("an .onion address is reached through Tor's proxy alone, often socks5://127.0.0.1:9050")
        }
        if address.scheme == .https, address.pins.isEmpty, isNumber, proxy != nil {
            // There is no name to check, and the number that NIOSSL would check instead is the proxy's.
            throw .untrustedCertificate("through a proxy, a relay with a number for a name needs a #PIN in its address")
        }
    }

    private func connectDirectly(_ context: NIOSSLContext?) async throws -> any Channel {
        let (ready, address, limit) = (Self.loops.next().makePromise(of: Void.self), address, limit)
        let bootstrap = ClientBootstrap(group: ready.futureResult.eventLoop)
            .connectTimeout(Self.patience)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.addHandlers(to: channel, address: address, context: context, limit: limit, ready: ready)
                }
            }
        do {
            let channel = try await Self.cancellable(bootstrap.connect(host: address.host, port: Int(address.port)))
            try await Self.wait(for: ready, on: channel, Self.patience) { .unreachable("it does not answer") }
            return channel
        } catch {
            ready.fail(error)
            throw error
        }
    }

    private func connect(
        through proxy: ProxyAddress,
        isolation: ProxyAddress.Credentials,
        _ context: NIOSSLContext?
    ) async throws -> any Channel {
        let loop = Self.loops.next()
        let (tunnel, ready) = (loop.makePromise(of: Void.self), loop.makePromise(of: Void.self))
        let (address, limit) = (address, limit)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(Self.patience)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handshake = ProxyHandshake(
                        proxy: proxy,
                        isolation: isolation,
                        address: address,
                        tunnel: tunnel
                    )
                    try channel.pipeline.syncOperations.addHandler(handshake)
                }
            }
        do {
            let channel: any Channel
            do {
                channel = try await Self.cancellable(bootstrap.connect(host: proxy.host, port: Int(proxy.port)))
            } catch let error where !(error is CancellationError) {
                throw RelayError.proxy(ConnectionFailure.reason(error))
            }
            try await Self.wait(for: tunnel, on: channel, Self.patienceWithProxy) { .proxy("it does not answer") }
            try await channel.eventLoop
                .submit {
                    try Self.addHandlers(to: channel, address: address, context: context, limit: limit, ready: ready)
                }
                .get()
            try await Self.wait(for: ready, on: channel, Self.patienceWithProxy) {
                .unreachable("it does not answer")
            }
            return channel
        } catch {
            tunnel.fail(error)
            ready.fail(error)
            throw error
        }
    }

    /// Waits for a step of a connection that is under way; closes it when the step takes too long, fails or is not
    /// wanted any more.
    private static func wait(
        for promise: EventLoopPromise<Void>,
        on channel: any Channel,
        _ patience: TimeAmount,
        late: @escaping @Sendable () -> RelayError
    ) async throws {
        let deadline = channel.eventLoop.scheduleTask(in: patience) { promise.fail(late()) }
        defer { deadline.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(CancellationError())
            }
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// A connection that is cancelled while it is being made is closed once it is there.
    private static func cancellable(_ connecting: EventLoopFuture<any Channel>) async throws -> any Channel {
        let promise = connecting.eventLoop.makePromise(of: (any Channel).self)
        connecting.cascade(to: promise)
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
            connecting.whenSuccess { $0.close(promise: nil) }
        }
    }

    private static func addHandlers(
        to channel: any Channel,
        address: RelayAddress,
        context: NIOSSLContext?,
        limit: Int,
        ready: EventLoopPromise<Void>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let context { try pipeline.addHandler(tlsHandler(context, address)) }
        try pipeline.addHTTPClientHandlers()
        try pipeline.addHandler(ExchangeHandler(limit: limit, awaitsTLS: context != nil, ready: ready))
    }

    /// With a pin, the certificate's key alone decides, whatever its names, issuer and dates say
    /// (Protocol/http-api.md, "Relay address").
    private static func tlsHandler(_ context: NIOSSLContext, _ address: RelayAddress) throws -> NIOSSLClientHandler {
        let isNumber = (try? SocketAddress(ipAddress: address.host, port: 0)) != nil
        let name = isNumber ? nil : address.host
        let pins = address.pins
        guard !pins.isEmpty else { return try NIOSSLClientHandler(context: context, serverHostname: name) }
        return try NIOSSLClientHandler(context: context, serverHostname: name) { chain, verdict in
            let key = chain.first.flatMap { try? $0.extractPublicKey().toSPKIBytes() }
            let isPinned = key.map { pins.contains(KeyPin(subjectPublicKeyInfo: $0)) } ?? false
            verdict.succeed(isPinned ? .certificateVerified : .failed)
        }
    }

    /// Nil for plain HTTP. Made once: without a pin it reads the system's trust roots.
    private func tlsContext() throws -> NIOSSLContext? {
        guard address.scheme == .https else { return nil }
        return try context.withLock { context in
            if let context { return context }
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            if !address.pins.isEmpty {
                configuration.trustRoots = .certificates([])
                configuration.certificateVerification = .noHostnameVerification
            }
            let made = try NIOSSLContext(configuration: configuration)
            context = made
            return made
        }
    }
}
