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
    /// Of requests that have begun: ends that have not come, and ends of answers that have not been taken.
    private var awaitedEnds = 0
    private var lastEnd = NIODeadline.uptimeNanoseconds(0)
    private var watch: Scheduled<Void>?

    init(patience: TimeAmount) {
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        lastEnd = context.eventLoop.now
        look(context, in: patience)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: awaitedEnds += 2
        case .body: break
        case .end: noteEnd(context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        // A client on a bad line takes what has been written for longer than anybody may be idle.
        let taken = promise ?? context.eventLoop.makePromise()
        taken.futureResult.assumeIsolated().whenComplete { _ in self.noteEnd(context) }
        context.write(data, promise: taken)
    }

    private func noteEnd(_ context: ChannelHandlerContext) {
        awaitedEnds -= 1
        lastEnd = context.eventLoop.now
    }

    func channelInactive(context: ChannelHandlerContext) {
        watch?.cancel()
        context.fireChannelInactive()
    }

    /// One look for many requests, instead of a timer for each.
    private func look(_ context: ChannelHandlerContext, in time: TimeAmount) {
        watch = context.eventLoop.assumeIsolated()
            .scheduleTask(in: time) {
                let left = self.awaitedEnds > 0 ? self.patience : self.lastEnd + self.patience - context.eventLoop.now
                if left > .zero { self.look(context, in: left) } else { context.close(promise: nil) }
            }
    }
}
