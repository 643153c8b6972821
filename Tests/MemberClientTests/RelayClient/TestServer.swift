import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RelayAPI
import Synchronization
import TLSCodec
import Testing

/// A server on loopback that answers what a test tells it to, over TLS with a certificate that nothing but a pin can
/// accept: of another name, self-signed, and expired in 2020.
final class TestServer: Sendable {
    enum Reply: Sendable {
        case answer(
            HTTPResponseStatus,
            type: String,
            body: [UInt8],
            headers: HTTPHeaders = [:],
            after: TimeAmount = .zero
        )
        /// Bytes as they are, in the place of HTTP.
        case raw(String)
        case silence
        case close
        /// The answer, after which the connection is closed without a word in its head.
        case answerAndClose(type: String, body: [UInt8])

        static func success(_ body: [UInt8], after delay: TimeAmount = .zero) -> Self {
            .answer(.ok, type: "application/octet-stream", body: body, after: delay)
        }
    }

    struct Request: Sendable {
        let head: HTTPRequestHead
        let body: [UInt8]
        /// Counted from 1.
        let connection: Int
    }

    private struct State {
        var connections = 0
        var requests: [Request] = []
        /// What came over all connections, TLS taken off.
        var bytes = 0
    }

    private let channel: any Channel
    private let state: StateBox
    let port: UInt16
    private let scheme: RelayAddress.Scheme

    private final class StateBox: Sendable {
        let value = Mutex(State())
    }

    init(
        tls: Bool = true,
        reply: @escaping @Sendable (Request) -> Reply = { _ in .success(EmptyResponse().encoded) }
    ) async throws {
        let state = StateBox()
        self.state = state
        scheme = tls ? .https : .http
        let context = tls ? try Self.tlsContext() : nil
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = state.value.withLock { state in
                        state.connections += 1
                        return state.connections
                    }
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.addHandler(
                        Counter { count in state.value.withLock { $0.bytes += count } }
                    )
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try pipeline.addHandler(
                        Responder(connection: number) { request in
                            state.value.withLock { $0.requests.append(request) }
                            return reply(request)
                        }
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        port = UInt16(channel.localAddress?.port ?? 0)
    }

    /// Takes no more connections. Otherwise it goes on until the tests end.
    func stop() async throws {
        try await channel.close()
    }

    func address(pins: [KeyPin] = [TestServer.pin], host: String = "127.0.0.1") throws -> RelayAddress {
        try #require(RelayAddress(scheme: scheme, host: host, port: port, pins: scheme == .https ? pins : []))
    }

    var requests: [Request] { state.value.withLock { $0.requests } }
    var connections: Int { state.value.withLock { $0.connections } }
    var bytesReceived: Int { state.value.withLock { $0.bytes } }

    /// As `openssl x509 -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256` has it.
    static let pin = KeyPin(Base64URL.decode("vv7Dq93DgOsVuXspMfBOyDpHWPbgipxwktGjwdtLdWg") ?? []) ?? wrongPin
    static let wrongPin = KeyPin(unchecked: [UInt8](repeating: 0, count: KeyPin.length))

    private static func tlsContext() throws -> NIOSSLContext {
        let certificate = try NIOSSLCertificate(bytes: Array(certificatePEM.utf8), format: .pem)
        let key = try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(certificate)],
                privateKey: .privateKey(key)
            )
        )
    }

    private static let certificatePEM = """
        -----BEGIN CERTIFICATE-----
        MIIBFzCBvgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1vdGhlci5leGFtcGxl
        MB4XDTIwMDEwMTAwMDAwMFoXDTIwMDIwMTAwMDAwMFowGDEWMBQGA1UEAwwNb3Ro
        ZXIuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPblWZkvxtdE5+zg
        8nkIkkSfLH2jai1jF0rNAK4NK5CxI8WdQC8WQKnY0pTA1GFTPIkdw2Fzh6Vni4HY
        qZ5QVh4wCgYIKoZIzj0EAwIDSAAwRQIgE2e2txpSsfDnyCNV48Wo6lzSQW7MgLzU
        KVanlbAPIWMCIQDQjTTwpHn8Owu4HI/vK3hTXyAj01NqeoZk6ZLdPk5RlQ==
        -----END CERTIFICATE-----
        """

    /// Of the certificate above, and of nothing else in the world.
    private static let keyPEM = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghcsKmQSf9RqYeCFr
        3ygDtYiWLQEt1SeeKY+PtSaB6/yhRANCAAT25VmZL8bXROfs4PJ5CJJEnyx9o2ot
        YxdKzQCuDSuQsSPFnUAvFkCp2NKUwNRhUzyJHcNhc4elZ4uB2KmeUFYe
        -----END PRIVATE KEY-----
        """
}

private final class Counter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let count: (Int) -> Void

    init(_ count: @escaping (Int) -> Void) {
        self.count = count
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count(unwrapInboundIn(data).readableBytes)
        context.fireChannelRead(data)
    }
}

private final class Responder: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let connection: Int
    private let reply: (TestServer.Request) -> TestServer.Reply
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(connection: Int, reply: @escaping (TestServer.Request) -> TestServer.Reply) {
        self.connection = connection
        self.reply = reply
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let part): body.append(contentsOf: part.readableBytesView)
        case .end:
            guard let head else { return }
            let request = TestServer.Request(head: head, body: body, connection: connection)
            self.head = nil
            body = []
            respond(reply(request), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func respond(_ reply: TestServer.Reply, _ context: ChannelHandlerContext) {
        switch reply {
        case .answer(let status, let type, let body, let headers, let delay):
            let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: delay) {
                bound.value.handler.write(status, type, body, headers, bound.value.context)
            }
        case .raw(let text):
            // Past the HTTP encoder.
            guard let encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
            else { return }
            encoder.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
        case .silence: break
        case .close: context.close(promise: nil)
        case .answerAndClose(let type, let body):
            write(.ok, type, body, [:], context)
            context.close(promise: nil)
        }
    }

    private func write(
        _ status: HTTPResponseStatus,
        _ type: String,
        _ body: [UInt8],
        _ headers: HTTPHeaders,
        _ context: ChannelHandlerContext
    ) {
        var headers = headers
        headers.add(name: "content-type", value: type)
        headers.replaceOrAdd(name: "content-length", value: "\(body.count)")
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
