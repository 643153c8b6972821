internal import NIOCore
internal import NIOHTTP1
internal import RelayAPI
internal import TLSCodec

/// A connection that carries one subscription: taken from the exchanges that it was made for, and read as fast as events are
/// handled, and no faster.
struct SubscriptionStream {
    private let parts: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// - Parameters:
    ///   - channel: a new connection of `RelayConnector`, on which nothing was asked yet.
    ///   - silence: how long nothing may come.
    init(on channel: any Channel, silence: TimeAmount) async throws {
        parts = try await channel.eventLoop
            .flatSubmit {
                let pipeline = channel.pipeline.syncOperations
                do {
                    return pipeline.removeHandler(try pipeline.handler(type: ExchangeHandler.self))
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
            .flatMapThrowing {
                try channel.pipeline.syncOperations.addHandler(SilenceHandler(longest: silence))
                return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
            }
            .get()
    }

    /// Asks, and hands over events until the relay ends the stream or `handle` returns false.
    /// - Parameter refused: what to make of an answer that is not a stream; throws.
    func run(
        _ head: HTTPRequestHead,
        _ body: ByteBuffer,
        refused: @Sendable (Answer) throws -> Void,
        handle: @Sendable (SubscriptionEvent) async -> Bool
    ) async throws {
        try await parts.executeThenClose { inbound, outbound in
            try await outbound.write(.head(head))
            try await outbound.write(.body(.byteBuffer(body)))
            try await outbound.write(.end(nil))
            var answer: HTTPResponseHead?
            var refusal: [UInt8] = []
            var events = SubscriptionEvents()
            for try await part in inbound {
                switch part {
                case .head(let head):
                    answer = head
                    if head.status == .ok {
                        try refused(Answer(status: 200, headers: head.headers, body: [], isReusable: false))
                    }
                case .body(let bytes) where answer?.status == .ok:
                    events.append(bytes.readableBytesView)
                    while let event = try events.next() {
                        guard await handle(event) else { return }
                    }
                case .body(let bytes):
                    guard refusal.count + bytes.readableBytes <= Self.longestRefusal else {
                        throw RelayError.violation("its answer is longer than any may be")
                    }
                    refusal.append(contentsOf: bytes.readableBytesView)
                case .end:
                    guard let answer else { throw RelayError.violation("its answer has no head") }
                    guard answer.status != .ok else { return }
                    let status = UInt(answer.status.code)
                    return try refused(
                        Answer(status: status, headers: answer.headers, body: refusal, isReusable: false)
                    )
                }
            }
            throw RelayError.unreachable("it closed the connection")
        }
    }

    /// A problem document, in bytes.
    private static let longestRefusal = 64 * 1024
}

/// Ends a connection on which nothing comes for too long.
private final class SilenceHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let longest: TimeAmount
    private var deadline: Scheduled<Void>?

    init(longest: TimeAmount) {
        self.longest = longest
    }

    func handlerAdded(context: ChannelHandlerContext) {
        expectSomething(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        expectSomething(context)
        context.fireChannelRead(data)
    }

    private func expectSomething(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated()
            .scheduleTask(in: longest) {
                context.fireErrorCaught(RelayError.unreachable("it does not answer"))
                context.close(promise: nil)
            }
    }
}
