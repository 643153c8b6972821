import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import RelayAPI
import Synchronization

/// HTTP/2 frame by frame. Nothing that comes is acknowledged, so that the relay may send 65,535 bytes and no more.
struct RawHTTP2: Sendable {
    private let channel: any Channel
    private let log: FrameLog

    static func connect(to endpoint: Endpoint) async throws -> RawHTTP2 {
        let log = FrameLog()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    var tls = endpoint.tls ?? .makeClientConfiguration()
                    tls.applicationProtocols = ["h2"]
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: NIOSSLContext(configuration: tls), serverHostname: nil),
                        NIOHTTP2Handler(mode: .client),
                        FrameReader(log)
                    )
                }
            }
            .connect(host: "127.0.0.1", port: endpoint.port)
            .get()
        return RawHTTP2(channel: channel, log: log)
    }

    func send(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID) async throws {
        try await channel.writeAndFlush(HTTP2Frame(streamID: stream, payload: payload))
    }

    /// Sends a request's header fields.
    func begin(
        _ method: String,
        _ path: String,
        _ fields: [(String, String)] = [],
        on stream: HTTP2StreamID
    ) async throws {
        let frame: [(String, String)] = [
            (":method", method), (":scheme", "https"), (":path", path), (":authority", "localhost"),
        ]
        let headers = HPACKHeaders(frame + fields)
        try await send(.headers(.init(headers: headers, endStream: method == "GET")), on: stream)
    }

    func send(_ bytes: [UInt8], isLast: Bool = false, on stream: HTTP2StreamID) async throws {
        try await send(.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: isLast)), on: stream)
    }

    func close() async throws {
        try await channel.close()
    }

    /// The status of what a stream has been answered, once there is one.
    func status(on stream: HTTP2StreamID) -> String? {
        for case .headers(let headers) in log.payloads(on: stream) { return headers.headers.first(name: ":status") }
        return nil
    }

    /// Whether the answer on a stream has come to its end.
    func hasEnded(_ stream: HTTP2StreamID) -> Bool {
        log.payloads(on: stream)
            .contains { payload in
                switch payload {
                case .data(let data): data.endStream
                case .headers(let headers): headers.endStream
                default: false
                }
            }
    }

    /// Whether the relay has reset a stream.
    func isReset(_ stream: HTTP2StreamID) -> Bool {
        log.payloads(on: stream).contains { if case .rstStream = $0 { true } else { false } }
    }
}

private final class FrameLog: Sendable {
    private let frames = Mutex<[HTTP2Frame]>([])

    func add(_ frame: HTTP2Frame) {
        frames.withLock { $0.append(frame) }
    }

    func payloads(on stream: HTTP2StreamID) -> [HTTP2Frame.FramePayload] {
        frames.withLock { $0.filter { $0.streamID == stream }.map(\.payload) }
    }
}

private final class FrameReader: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let log: FrameLog

    init(_ log: FrameLog) {
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        log.add(unwrapInboundIn(data))
    }
}
