internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2
internal import NIOSSL
internal import NIOTLS

/// What stands between a socket and `RequestHandler`, which HTTP/1.1 and HTTP/2 bring to the same parts of requests.
struct ConnectionSetup: Sendable {
    let routes: Routes
    let service: RelayService
    /// Nil where everybody is answered.
    let admission: Admission?
    /// Nil for HTTP/1.1 without TLS.
    let tls: NIOSSLContext?

    private struct NoPlace: Error {}

    /// - Returns: fails where there is no place for one more connection, which is closed then before its TLS handshake.
    func setUp(_ channel: any Channel) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            let connection = try admit(channel)
            if let tls {
                let negotiation = ApplicationProtocolNegotiationHandler { result, channel in
                    channel.eventLoop.makeCompletedFuture {
                        switch result {
                        case .negotiated("h2"): try addHTTP2(to: channel, connection)
                        case .negotiated, .fallback: try addHTTP1(to: channel, connection)
                        }
                    }
                }
                try channel.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: tls), negotiation)
            } else {
                try addHTTP1(to: channel, connection)
            }
            return connection
        }
    }

    private func admit(_ channel: any Channel) throws -> Connection {
        var admitted = ConnectionAdmission.served
        if let admission {
            admitted = admission.beginConnection()
            channel.closeFuture.whenComplete { _ in admission.endConnection() }
        }
        guard admitted != .closed else { throw NoPlace() }
        return Connection(channel: channel, isServed: admitted == .served, patience: service.limits.slowestStart)
    }

    private func addHTTP1(to channel: any Channel, _ connection: Connection) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = longestHeaders
        limits.maxHeaderListSize = longestHeaders
        limits.maxHeaderFieldCount = Self.mostHeaders
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
            // `RequestHandler` sees to the order of answers, and to what is no HTTP.
            withPipeliningAssistance: false,
            withErrorHandling: false,
            // No field that goes out has anything in it that a client said.
            withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: limits
        )
        try pipeline.addHandlers(IdleConnectionHandler(patience: Self.idleTimeout), requestHandler(connection))
    }

    private func addHTTP2(to channel: any Channel, _ connection: Connection) throws {
        let management = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: Self.idleTimeout,
                maxAge: nil,
                maxGraceTime: Self.gracefulClose,
                keepalive: nil
            )
        )
        let pipeline = channel.pipeline.syncOperations
        // Windows, and the rates of frames that only cost, are swift-nio-http2's own.
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            // Each may hold a request's body: as many as may wait, and some that do not.
            HTTP2Setting(parameter: .maxConcurrentStreams, value: service.limits.connectionSubscriptions + 8),
            // 32 for each field are the RFC's (RFC 9113, 6.5.2).
            HTTP2Setting(parameter: .maxHeaderListSize, value: longestHeaders + 32 * Self.mostHeaders),
        ]
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: configuration,
            streamConfiguration: .init(),
            streamDelegate: management.http2StreamDelegate
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandlers(
                    HTTP2FramePayloadToHTTP1ServerCodec(),
                    requestHandler(connection)
                )
            }
        }
        try pipeline.addHandlers(FarewellHandler(patience: Self.gracefulClose), management, FailedConnectionHandler())
    }

    private func requestHandler(_ connection: Connection) -> RequestHandler {
        RequestHandler(routes, of: service, admission: admission, on: connection)
    }

    /// A connection on which nothing is asked for so long is closed.
    private static let idleTimeout = TimeAmount.seconds(90)
    /// At a shutdown, the streams of an HTTP/2 connection have so long to end; and a client that is told to go, to go.
    private static let gracefulClose = TimeAmount.seconds(5)
    static let mostHeaders = 64
    /// Where the server stops to read header fields and closes the connection. What is longer than the relay takes, but
    /// shorter than this, gets an answer that leaves the connection as it is.
    private var longestHeaders: Int { 2 * service.limits.headerBytes }
}

/// Closes an HTTP/2 connection that has been told to go away (RFC 9113, 6.8) and stays: `NIOHTTP2ServerConnectionManagementHandler`
/// closes only those whose client acknowledges a ping behind that.
final class FarewellHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let patience: TimeAmount
    private var hasBegun = false

    init(patience: TimeAmount) {
        self.patience = patience
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .goAway = unwrapOutboundIn(data).payload, !hasBegun {
            hasBegun = true
            let channel = context.channel
            let end = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in end.cancel() }
        }
        context.write(data, promise: promise)
    }
}

/// Closes an HTTP/2 connection that is broken, or whose client has closed its side: it could answer no frame any more.
private final class FailedConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
