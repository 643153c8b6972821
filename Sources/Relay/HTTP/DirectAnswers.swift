internal import HTTPTypes
internal import Hummingbird
public import NIOCore
internal import NIOHTTPTypes
public import RelayAPI

/// Answers an operation by a call instead of a task: gets the request's body on the connection's event loop, must not
/// block, and gives the answer's body or a refusal, once, from any thread.
public typealias DirectHandler =
    @Sendable (_ body: ByteBuffer, _ answer: @escaping @Sendable (Result<ByteBuffer, Problem>) -> Void) -> Void

/// How an operation is answered without a task.
enum DirectOperation: Sendable {
    case answer(DirectHandler)
    /// By a stream of events, or a refusal; on the connection's event loop, and must not block.
    case stream(@Sendable (_ body: ByteBuffer, _ connection: Connection?) -> Result<EventStream, Problem>)
}

/// Answers the requests that come most often, and those that wait for hours, in front of Hummingbird, whose tasks and streams
/// cost more than all the rest of a small request, and more memory than all the rest of a waiting one.
///
/// It takes only what is in every way usual: one request at a time, with its length and media type, over a connection
/// that stays. Everything else, and so nearly every refusal, goes on to `RelayResponder`, which knows the same operations.
final class DirectAnswers: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        /// What comes is passed on.
        case passing
        case collecting(DirectOperation, ByteBuffer)
        case answering
        case streaming(StreamedAnswer)
    }

    /// What has come behind a request that is being answered.
    private enum Held {
        case part(HTTPRequestPart)
        case event(Any)
        case error(any Error)
    }

    private let operations: [String: DirectOperation]
    private let admission: Admission
    private let limits: RelayLimits
    private var state = State.passing
    private var connection: Connection?
    /// Closes the connection when a request does not come as a whole.
    private var deadline: Scheduled<Void>?
    /// Requests passed on whose answers are still to come: ours must not overtake them.
    private var passedOn = 0
    private var held = CircularBuffer<Held>()
    private var holdsRead = false

    /// - Parameter operations: by their paths.
    init(_ operations: [String: DirectOperation], admission: Admission, limits: RelayLimits) {
        self.operations = operations
        self.admission = admission
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connection = Connection.of(context.channel)
        // One that has streams takes each of them in a task.
        if let connection, connection.isParent(of: context.channel) { connection.needTasks() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Most requests come in one piece, and need none.
        if case .collecting = state, deadline == nil {
            deadline = context.eventLoop.scheduleTask(in: TimeAmount(limits.slowestExchange)) {
                [channel = context.channel] in
                channel.close(promise: nil)
            }
        }
        context.fireChannelReadComplete()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(unwrapInboundIn(data), context)
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.answering, _), (.streaming, _):
            held.append(.part(part))
        case (.collecting(let operation, var body), .body(var bytes)):
            // Given up first, so that the bytes have one owner and are not copied.
            state = .passing
            if body.readableBytes == 0 { body = bytes } else { body.writeBuffer(&bytes) }
            state = .collecting(operation, body)
        case (.collecting(let operation, let body), .end):
            deadline?.cancel()
            deadline = nil
            answer(body, by: operation, context)
        case (_, .head(let head)):
            if passedOn == 0, let operation = operation(of: head) {
                state = .collecting(operation, ByteBuffer())
            } else {
                passedOn += 1
                connection?.needTasks()
                context.fireChannelRead(wrapInboundOut(part))
            }
        case (.passing, _):
            context.fireChannelRead(wrapInboundOut(part))
        }
    }

    private func operation(of head: HTTPRequest) -> DirectOperation? {
        guard head.method == .post, let operation = head.path.flatMap({ operations[$0] }),
            let length = head.headerFields.usualLength, length <= RelayAPI.Operation.maximumRequestLength,
            admission.takes(head.headerFields),
            // What is too much is refused where it is passed on to.
            let connection, (try? admission.admit(connection)) != nil
        else { return nil }
        return operation
    }

    private func answer(_ body: ByteBuffer, by operation: DirectOperation, _ context: ChannelHandlerContext) {
        state = .answering
        switch operation {
        case .answer(let handler):
            let loop = context.eventLoop
            let this = NIOLoopBound((handler: self, context: context), eventLoop: loop)
            handler(body) { result in
                loop.execute { this.value.handler.write(result, this.value.context) }
            }
        case .stream(let begin):
            switch begin(body, connection) {
            case .success(let events): stream(events, context)
            case .failure(let problem): write(.failure(problem), context)
            }
        }
    }

    private func write(_ result: Result<ByteBuffer, Problem>, _ context: ChannelHandlerContext) {
        var response: Response
        let body: ByteBuffer
        switch result {
        case .success(let bytes):
            response = Response(status: .ok, headers: [.contentType: RelayAPI.Operation.mediaType])
            body = bytes
        case .failure(let problem):
            response = Response(problem)
            body = ByteBuffer(bytes: problem.json)
        }
        response.headers[.contentLength] = String(body.readableBytes)
        response.headers[.date] = HTTPDate.now
        context.write(wrapOutboundOut(.head(response.head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        finish(context)
    }

    private func stream(_ events: EventStream, _ context: ChannelHandlerContext) {
        let head = HTTPResponse(
            status: .ok,
            headerFields: [.contentType: RelayAPI.Operation.mediaType, .date: HTTPDate.now]
        )
        // Goes out with the first event.
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let answer = StreamedAnswer(events, on: context, patience: TimeAmount(limits.slowestSubscriber)) {
            self.finish(context)
        }
        state = .streaming(answer)
        ClientDepartureHandler.of(context.channel)?.end(events.subscription)
        answer.writeNext()
    }

    /// Whoever does not take an answer is not given the next, however much it asks for.
    private func finish(_ context: ChannelHandlerContext) {
        context.writeAndFlush(.end(nil), takenWithin: TimeAmount(limits.slowestExchange)) { isTaken in
            self.state = .passing
            if !isTaken { self.held.removeAll() }
            self.release(context)
        }
    }

    /// Goes on with what has come meanwhile, up to the next request of ours.
    private func release(_ context: ChannelHandlerContext) {
        guard !held.isEmpty || holdsRead else { return }
        while !isAnswering, let next = held.popFirst() {
            switch next {
            case .part(let part): take(part, context)
            case .event(let event): passOn(event: event, context)
            case .error(let error): passOn(error: error, context)
            }
        }
        context.fireChannelReadComplete()
        guard held.isEmpty, holdsRead else { return }
        holdsRead = false
        context.read()
    }

    private var isAnswering: Bool {
        switch state {
        case .answering, .streaming: true
        case .passing, .collecting: false
        }
    }

    /// Reads no more from a client that sends requests faster than they are answered.
    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { holdsRead = true }
    }

    /// Who has closed its side still gets the answer to what it asked before.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isAnswering { held.append(.event(event)) } else { passOn(event: event, context) }
    }

    /// What follows cannot be read: that is said behind the answer to what could.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isAnswering { held.append(.error(error)) } else { passOn(error: error, context) }
    }

    private func passOn(event: Any, _ context: ChannelHandlerContext) {
        // Of others, such as the end of the handshake, Hummingbird wants to know nothing.
        if event is ChannelEvent { connection?.needTasks() }
        context.fireUserInboundEventTriggered(event)
    }

    private func passOn(error: any Error, _ context: ChannelHandlerContext) {
        connection?.needTasks()
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { passedOn -= 1 }
        context.write(data, promise: promise)
    }
}
