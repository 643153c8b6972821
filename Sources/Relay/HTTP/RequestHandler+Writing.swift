internal import NIOCore
internal import NIOHTTP1
internal import RelayAPI

/// How answers go out.
extension RequestHandler {
    func write(_ answer: HTTPAnswer, _ context: ChannelHandlerContext) {
        let answer = bounded(answer)
        if let operation = asked?.route?.operation { service.metrics.note(operation, answer.problem) }
        guard case .answering = state, let asked else {
            // The client has gone meanwhile.
            if case .events(let events) = answer.body { events.end() }
            return
        }
        var head = HTTPResponseHead(version: asked.version, status: answer.status, headers: answer.headers)
        head.headers.add(name: "date", value: HTTPDate.now)
        if isLast, asked.version.major < 2 {
            self.asked?.isLast = true
            head.headers.add(name: "connection", value: "close")
        }
        switch answer.body {
        case .bytes(let bytes):
            head.headers.add(name: "content-length", value: "\(bytes.readableBytes)")
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            let length = asked.method == .HEAD ? 0 : bytes.readableBytes
            if length > 0 {
                context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
            }
            finish(context, holding: length)
        case .events(let events):
            // Goes out with the first event.
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            StreamedAnswer(events, of: self, on: context).writeNext()
        }
    }

    /// What is read on the streams of a connection is held for a client that takes little of it: up to a bound, beyond which it may
    /// ask again, as beyond that of the whole relay. Only of reads, which have changed nothing.
    private func bounded(_ answer: HTTPAnswer) -> HTTPAnswer {
        guard case .answering = state, let operation = asked?.route?.operation,
            operation == ReadRequest.operation || operation == BlobGetRequest.operation,
            case .bytes(let bytes) = answer.body
        else { return answer }
        guard bytes.readableBytes <= Admission.shortAnswer || service.admission.hasRoom(for: bytes.readableBytes)
        else { return HTTPAnswer(Admission.noRoom) }
        guard connection.beginAnswer(bytes.readableBytes) else {
            return HTTPAnswer(
                Problem(.rateLimited, detail: "answers on this connection have not been taken", retryAfter: 1)
            )
        }
        countedBytes = bytes.readableBytes
        return answer
    }

    /// Whoever does not take an answer is not given the next, however much it asks for.
    /// - Parameter count: of bytes that are held until it is taken.
    func finish(_ context: ChannelHandlerContext, holding count: Int = 0) {
        wait = nil
        let patience = TimeAmount(service.limits.slowestExchange)
        let isDone = context.writeAndFlush(.end(nil), takenWithin: patience) { isTaken in
            self.hold(0)
            self.connection.endAnswer(self.countedBytes)
            self.countedBytes = 0
            guard isTaken, case .answering(let isWhole) = self.state else {
                self.state = .closing
                return self.pipelined.removeAll()
            }
            if self.asked?.isLast == true {
                self.leave(context)
            } else {
                self.state = isWhole ? .idle : .dropping
            }
            self.goOn(context)
        }
        if !isDone { hold(count) }
    }

    /// Closes the connection once the client can have read the answer: to close all at once would have the client's system
    /// drop what it has not read yet, if more of a request comes (RFC 9112, 9.6).
    private func leave(_ context: ChannelHandlerContext) {
        state = .closing
        pipelined.removeAll()
        guard !inputIsClosed else { return context.close(promise: nil) }
        // An HTTP/2 stream is closed for output by its answer's end; to close it would reset it at once (RFC 9113, 8.1).
        if asked?.version.major != 2 { context.close(mode: .output, promise: nil) }
        context.eventLoop.scheduleTask(in: .seconds(1)) { [channel = context.channel] in channel.close(promise: nil) }
    }
}
