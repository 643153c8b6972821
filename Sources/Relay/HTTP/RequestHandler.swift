internal import NIOCore
internal import NIOHTTP1
internal import RelayAPI

/// Answers the requests of an HTTP/1.1 connection, one after the other, or the one of an HTTP/2 stream.
///
///     idle ──head──▶ collecting ──end──▶ answering ──taken──▶ idle
///       │                │                   ▲  │
///       └─── refused ────┴───────────────────┘  └─ taken before the request's end ─▶ dropping ──end──▶ idle
///
/// What comes while a request is answered is held, and once something is, no more is read. An answer that goes on, and a read that
/// waits, are answering too, without a task. All is done on the connection's event loop, and nothing blocks it.
final class RequestHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    enum State {
        case idle
        case collecting(Route, ByteBuffer)
        /// - isWhole: whether the request has come to its end.
        case answering(isWhole: Bool)
        /// What comes of a request that has its answer already.
        case dropping
        /// No more is answered, and the channel is about to be closed.
        case closing
    }

    /// What is known of the request that is being answered.
    struct Asked {
        let version: HTTPVersion
        let method: HTTPMethod
        let route: Route?
        /// Whether the connection ends with its answer.
        var isLast: Bool
    }

    private let routes: Routes
    let service: RelayService
    private let admission: Admission?
    let connection: Connection
    var state = State.idle
    var asked: Asked?
    /// Of the request that is being answered.
    var wait: Subscription?
    /// Of the answer that is being taken, as the connection counts them.
    var countedBytes = 0
    /// Of the request that is coming, or of the answer that is being taken, as the relay counts them.
    private var heldBytes = 0
    /// Closes the channel when a request does not come as a whole.
    private var deadline: Scheduled<Void>?
    /// What has come behind a request that is being answered.
    var pipelined = CircularBuffer<HTTPServerRequestPart>()
    private var owesRead = false
    private var isReleasing = false
    private var isReading = false
    /// What follows the requests that have come: nothing, because the client has closed its side; or what is none.
    private(set) var inputIsClosed = false
    private var unreadable: Problem?
    private var isQuiescing = false

    /// - Parameter admission: nil where everybody is answered.
    init(_ routes: Routes, of service: RelayService, admission: Admission?, on connection: Connection) {
        self.routes = routes
        self.service = service
        self.admission = admission
        self.connection = connection
    }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        // Behind what is unreadable nothing is read.
        guard unreadable == nil else { return }
        let part = unwrapInboundIn(data)
        guard case .answering = state else { return take(part, context) }
        guard pipelined.count < Self.mostPipelined else {
            unreadable = Problem(.rateLimited, detail: "too many requests behind one another", retryAfter: 1)
            return
        }
        pipelined.append(part)
    }

    /// In parts of requests. No more is read once there is one, but what comes with it may be many short ones.
    private static let mostPipelined = 2_048

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        limitReception(context)
        endIfNothingFollows(context)
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.idle, .head(let head)):
            begin(head, context)
        case (.collecting(let route, var body), .body(var bytes)):
            // Given up first, so that the bytes have one owner and are not copied.
            state = .dropping
            guard body.readableBytes + bytes.readableBytes <= RelayAPI.Operation.maximumRequestLength else {
                return refuse(Problem(.tooLarge), context)
            }
            if body.readableBytes == 0 { body = bytes } else { body.writeBuffer(&bytes) }
            state = .collecting(route, body)
        case (.collecting(let route, let body), .end):
            endReception()
            answer(body, by: route, context)
        case (.dropping, .end):
            endReception()
            state = .idle
        default:
            // Of a request that has its answer, or behind the last that is answered. Parsers let nothing else through.
            break
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        connection.noteRequest()
        let fields = RequestFields(head.headers)
        let route = routes.route(to: head.uri)
        // HTTP/1.0 knows a connection's end as the end of an answer (RFC 9112, 9.3). Behind what asks for another protocol,
        // with which this server does not go on (RFC 9110, 7.8), the parser reads nothing any more. Where a coded body ends, the
        // client and whatever is between may not agree with this server (RFC 9112, 6.1).
        let isOld = (head.version.major, head.version.minor) < (1, 1)
        let isLast =
            isOld || !head.isKeepAlive || fields.asksForUpgrade || head.method == .CONNECT || fields.hasUnknownCoding
        asked = Asked(
            version: head.version,
            method: head.method,
            route: route,
            isLast: isLast && head.version.major < 2
        )
        do throws(Problem) {
            try admit(fields)
            try Self.checkHost(fields, head.version)
            guard !fields.hasUnknownCoding else {
                throw Problem(.malformed, detail: "the body has a transfer coding other than chunked alone")
            }
            let route = try checked(route, head.method, fields)
            if fields.expectsContinue, !isOld {
                let head = HTTPResponseHead(version: head.version, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            }
            state = .collecting(route, ByteBuffer())
        } catch {
            refuse(error, context)
        }
    }

    /// Refuses what is not looked at: too much on this connection, or header fields that are too long.
    private func admit(_ fields: RequestFields) throws(Problem) {
        try admission?.admit(connection)
        guard fields.byteCount <= service.limits.headerBytes else {
            throw Self.headersTooLarge(service.limits)
        }
    }

    private static func headersTooLarge(_ limits: RelayLimits) -> Problem {
        Problem(
            .headersTooLarge,
            detail: "at most \(limits.headerBytes) bytes in \(ConnectionSetup.mostHeaders) fields"
        )
    }

    /// RFC 9112, 3.2; HTTP/2 has a pseudo-header field for it, which is optional as well (RFC 9113, 8.3.1).
    private static func checkHost(_ fields: RequestFields, _ version: HTTPVersion) throws(Problem) {
        switch fields.host {
        case .missing where version == .http1_1: throw Problem(.malformed, detail: "there is no Host")
        case .wrong: throw Problem(.malformed, detail: "there is more than one Host, or one that is none")
        case .missing, .named: break
        }
    }

    private func checked(
        _ route: Route?,
        _ method: HTTPMethod,
        _ fields: RequestFields
    ) throws(Problem) -> Route {
        guard let route else { throw Problem(.unknownOperation, detail: Self.versionsSpoken) }
        // HEAD asks for the same as GET, without the body (RFC 9110, 9.3.2).
        guard route.method == (method == .HEAD ? .GET : method) else { throw Problem(.wrongMethod) }
        guard fields.isOctetStream || route.method != .POST else { throw Problem(.wrongMediaType) }
        guard fields.contentLength ?? 0 <= RelayAPI.Operation.maximumRequestLength else { throw Problem(.tooLarge) }
        return route
    }

    private static var versionsSpoken: String {
        let versions = ProtocolVersions.spoken
        return "this relay speaks the versions \(versions.oldest) to \(versions.newest) of the API"
    }

    /// A body takes less than its stream itself as long as it has so many bytes.
    private static let uncounted = 4_096

    /// Most requests come in one piece, and need neither a count nor a deadline.
    private func limitReception(_ context: ChannelHandlerContext) {
        if case .collecting(_, let body) = state, body.readableBytes > Self.uncounted {
            guard service.admission.hasRoom(for: body.readableBytes - heldBytes) else {
                return refuse(Admission.noRoom, context)
            }
            hold(body.readableBytes)
        }
        guard deadline == nil else { return }
        switch state {
        case .collecting, .dropping:
            let patience = TimeAmount(service.limits.slowestExchange)
            deadline = context.eventLoop.scheduleTask(in: patience) { [channel = context.channel] in
                channel.close(promise: nil)
            }
        case .idle, .answering, .closing:
            break
        }
    }

    /// Counts what is held for the client, in the place of what was.
    func hold(_ count: Int) {
        guard count != heldBytes else { return }
        service.admission.hold(count - heldBytes)
        heldBytes = count
    }

    private func endReception() {
        deadline?.cancel()
        deadline = nil
    }

    // MARK: Answers

    private func answer(_ body: ByteBuffer, by route: Route, _ context: ChannelHandlerContext) {
        state = .answering(isWhole: true)
        let loop = context.eventLoop
        let this = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        wait = route.handler(body, connection) { answer in
            loop.execute { this.value.handler.write(answer, this.value.context) }
        }
        if inputIsClosed { wait?.end() }
    }

    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        state = .answering(isWhole: false)
        switch problem.name {
        case .tooLarge:
            asked?.isLast = true
        case .connectionsExhausted:
            asked?.isLast = true
            // Also where it has other streams.
            connection.closeSoon()
        default:
            break
        }
        write(HTTPAnswer(problem, allowed: problem.name == .wrongMethod ? asked?.route?.method : nil), context)
    }

    /// Goes on when an answer has been taken: with what has come meanwhile.
    func goOn(_ context: ChannelHandlerContext) {
        guard !isReleasing else { return }
        // Those that are refused at once, however many, are answered in this loop, not in one another.
        isReleasing = true
        while let part = nextPipelined { take(part, context) }
        isReleasing = false
        // While more may be on its way from the same read, a deadline would only be set to be taken back.
        if !isReading { limitReception(context) }
        endIfNothingFollows(context)
        guard pipelined.isEmpty, owesRead else { return }
        owesRead = false
        context.read()
    }

    private var nextPipelined: HTTPServerRequestPart? {
        if case .answering = state { nil } else { pipelined.popFirst() }
    }

    // MARK: The end

    /// Whether an answer is the last of its connection, because no request follows that could be answered.
    var isLast: Bool {
        asked?.isLast == true || (pipelined.isEmpty && unreadable == nil && (inputIsClosed || isQuiescing))
    }

    private func endIfNothingFollows(_ context: ChannelHandlerContext) {
        guard pipelined.isEmpty else { return }
        switch (state, unreadable) {
        case (.answering, _), (.closing, _):
            break
        case (.idle, let problem?), (.collecting, let problem?):
            asked = Asked(version: .http1_1, method: .GET, route: nil, isLast: true)
            refuse(problem, context)
        case (.dropping, .some):
            close(context)
        case (.idle, nil):
            if inputIsClosed || isQuiescing { close(context) }
        case (.collecting, nil), (.dropping, nil):
            if inputIsClosed { close(context) }
        }
    }

    private func close(_ context: ChannelHandlerContext) {
        state = .closing
        context.close(promise: nil)
    }

    /// Reads no more from a client that sends requests faster than they are answered.
    func read(context: ChannelHandlerContext) {
        if pipelined.isEmpty { context.read() } else { owesRead = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            clientHasLeft()
            endIfNothingFollows(context)
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            endIfNothingFollows(context)
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// What follows cannot be read: that is said behind the answer to what could.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.headerOverflow:
            unreadable = Self.headersTooLarge(service.limits)
        case is HTTPParserError:
            unreadable = Problem(.malformed, detail: "this is not HTTP")
        default:
            return context.close(promise: nil)
        }
        endIfNothingFollows(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        clientHasLeft()
        hold(0)
        state = .closing
        endReception()
        pipelined.removeAll()
        context.fireChannelInactive()
    }

    /// Who has closed its side still gets the answers to what it asked before, but nobody waits for it any longer.
    private func clientHasLeft() {
        inputIsClosed = true
        wait?.end()
    }
}
