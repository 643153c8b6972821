internal import NIOCore
internal import NIOHTTP1
internal import NIOTLS

/// One request, and where its answer goes.
struct Exchange: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer
    /// How long nothing may come once the request is written.
    let silence: TimeAmount
    /// How long all of it may take.
    let total: TimeAmount
    let answer: EventLoopPromise<Answer>
}

/// What a relay answered, not judged yet.
struct Answer: Sendable {
    let status: UInt
    let headers: HTTPHeaders
    let body: [UInt8]
    /// Whether the connection may carry another exchange.
    let isReusable: Bool
}

/// Why an exchange gave no answer.
struct ExchangeFailure: Error {
    let error: RelayError
    /// The connection was closed before a byte of an answer, as a relay does with one that was idle for long.
    let isClosedUnanswered: Bool

    init(_ error: RelayError, isClosedUnanswered: Bool = false) {
        self.error = error
        self.isClosedUnanswered = isClosedUnanswered
    }
}

/// The end of a connection's pipeline: one exchange at a time, bounded in length and time.
final class ExchangeHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    /// Longest body accepted, in bytes.
    private let limit: Int
    /// Fulfilled when requests may be written: after the TLS handshake, where there is one.
    private let ready: EventLoopPromise<Void>
    private let awaitsTLS: Bool

    private var exchange: Exchange?
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    private var silenceDeadline: Scheduled<Void>?
    private var totalDeadline: Scheduled<Void>?

    init(limit: Int, awaitsTLS: Bool, ready: EventLoopPromise<Void>) {
        self.limit = limit
        self.awaitsTLS = awaitsTLS
        self.ready = ready
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive, !awaitsTLS { ready.succeed() }
    }

    func channelActive(context: ChannelHandlerContext) {
        if !awaitsTLS { ready.succeed() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { ready.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let next = unwrapOutboundIn(data)
        guard exchange == nil, context.channel.isActive else {
            // Only a connection that was closed while it was idle gets here: nobody else holds it.
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        exchange = next
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        totalDeadline = context.eventLoop.scheduleTask(in: next.total) {
            bound.value.handler.timeOut(bound.value.context)
        }
        context.write(wrapOutboundOut(.head(next.head)), promise: nil)
        if next.body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(next.body))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil))).assumeIsolated()
            .whenSuccess {
                self.expectProgress(context)
            }
        promise?.succeed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard exchange != nil else { return fail(.violation("it answers what was not asked"), context) }
        switch unwrapInboundIn(data) {
        case .head(let received):
            if let length = received.headers.first(name: "content-length").flatMap({ Int($0) }), length > limit {
                return fail(.violation("its answer of \(length) bytes is longer than any may be"), context)
            }
            head = received
        case .body(let part):
            guard body.count + part.readableBytes <= limit else {
                return fail(.violation("its answer is longer than any may be"), context)
            }
            body.append(contentsOf: part.readableBytesView)
        case .end:
            return succeed(context)
        }
        expectProgress(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(context, .unreachable("it closed the connection"), isClosedUnanswered: head == nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch ConnectionFailure.relayError(error) {
        case let error where error.isBrokenConnection: close(context, error, isClosedUnanswered: head == nil)
        case let error: fail(error, context)
        }
    }

    private func succeed(_ context: ChannelHandlerContext) {
        guard let exchange, let head else { return fail(.violation("its answer has no head"), context) }
        let answer = Answer(
            status: head.status.code,
            headers: head.headers,
            body: body,
            isReusable: head.isKeepAlive
        )
        endExchange()
        if !answer.isReusable { context.close(promise: nil) }
        exchange.answer.succeed(answer)
    }

    private func timeOut(_ context: ChannelHandlerContext) {
        fail(.unreachable("it does not answer"), context)
    }

    private func fail(_ error: RelayError, _ context: ChannelHandlerContext) {
        close(context, error, isClosedUnanswered: false)
    }

    private func close(_ context: ChannelHandlerContext, _ error: RelayError, isClosedUnanswered: Bool) {
        let exchange = self.exchange
        endExchange()
        ready.fail(ExchangeFailure(error))
        exchange?.answer.fail(ExchangeFailure(error, isClosedUnanswered: isClosedUnanswered))
        context.close(promise: nil)
    }

    private func endExchange() {
        silenceDeadline?.cancel()
        totalDeadline?.cancel()
        (silenceDeadline, totalDeadline) = (nil, nil)
        (exchange, head, body) = (nil, nil, [])
    }

    /// Begins the wait for the next part anew.
    private func expectProgress(_ context: ChannelHandlerContext) {
        silenceDeadline?.cancel()
        guard let exchange else { return }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        silenceDeadline = context.eventLoop.scheduleTask(in: exchange.silence) {
            bound.value.handler.timeOut(bound.value.context)
        }
    }
}
