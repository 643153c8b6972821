internal import NIOCore
internal import NIOHTTP1

/// Closes an HTTP/1.1 connection on which nothing has been asked for a time. (HTTP/2's are closed by
/// `NIOHTTP2ServerConnectionManagementHandler`.)
final class IdleConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let patience: TimeAmount
    /// Requests whose answers have not been written yet.
    private var unanswered = 0
    private var lastAnswer = NIODeadline.uptimeNanoseconds(0)
    private var watch: Scheduled<Void>?

    init(patience: TimeAmount) {
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        lastAnswer = context.eventLoop.now
        look(context, in: patience)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { unanswered += 1 }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            unanswered -= 1
            lastAnswer = context.eventLoop.now
        }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        watch?.cancel()
        context.fireChannelInactive()
    }

    /// One look for many requests, instead of a timer for each.
    private func look(_ context: ChannelHandlerContext, in time: TimeAmount) {
        watch = context.eventLoop.assumeIsolated()
            .scheduleTask(in: time) {
                let left = self.unanswered > 0 ? self.patience : self.lastAnswer + self.patience - context.eventLoop.now
                if left > .zero { self.look(context, in: left) } else { context.close(promise: nil) }
            }
    }
}
