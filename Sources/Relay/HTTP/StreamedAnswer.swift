internal import NIOCore
internal import NIOHTTP1
internal import RelayAPI

/// An answer that goes on: writes an event when the one before it has been taken. Whoever takes nothing for too long is cut
/// off, and reads on from its cursor when it can. On the connection's event loop.
final class StreamedAnswer {
    /// An event is written so much at a time: a subscriber that is slow has its time for each piece, not for a whole MiB.
    private static let pieceLength = 64 * 1024

    private let events: EventStream
    private let handler: RequestHandler
    private let context: ChannelHandlerContext
    /// A piece has been taken after this time.
    private let patience: TimeAmount

    /// - Parameter handler: which finishes it, when no event comes any more.
    init(_ events: EventStream, of handler: RequestHandler, on context: ChannelHandlerContext) {
        self.events = events
        self.handler = handler
        self.context = context
        patience = TimeAmount(handler.service.limits.slowestSubscriber)
    }

    func writeNext() {
        let loop = context.eventLoop
        let this = NIOLoopBound(self, eventLoop: loop)
        events.next { event in
            loop.execute {
                // Here, one after the other: those whom an entry wakes have it in common until it is their turn.
                if let event { this.value.begin(ByteBuffer(bytes: event.framed)) } else { this.value.finish() }
            }
        }
    }

    /// Where the relay holds too much, whoever is to take what is long is cut off: it subscribes again.
    private func begin(_ event: ByteBuffer) {
        let isShort = event.readableBytes <= Admission.shortAnswer
        guard isShort || handler.service.admission.hasRoom(for: event.readableBytes) else { return finish() }
        write(event)
    }

    private func write(_ event: ByteBuffer) {
        var rest = event
        let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceLength)) ?? rest
        let isDone = context.writeAndFlush(.body(.byteBuffer(piece)), takenWithin: patience) { isTaken in
            self.handler.hold(0)
            guard isTaken else { return self.finish() }
            if rest.readableBytes > 0 { self.write(rest) } else { self.writeNext() }
        }
        if !isDone { handler.hold(event.readableBytes) }
    }

    private func finish() {
        events.end()
        handler.finish(context)
    }
}

extension ChannelHandlerContext {
    /// Writes a part of an answer, and closes the channel if it has not been taken after a time.
    /// - Parameter then: called once; with false when the channel has been closed instead.
    /// - Returns: whether it has been called, as mostly.
    func writeAndFlush(
        _ part: HTTPServerResponsePart,
        takenWithin patience: TimeAmount,
        then: @escaping (Bool) -> Void
    ) -> Bool {
        let written = eventLoop.makePromise(of: Void.self)
        var deadline: Scheduled<Void>?
        var isDone = false
        written.futureResult.assumeIsolated()
            .whenComplete { result in
                isDone = true
                deadline?.cancel()
                if case .success = result { return then(true) }
                self.close(promise: nil)
                then(false)
            }
        writeAndFlush(NIOAny(part), promise: written)
        // Most parts are taken at once, and need none.
        guard !isDone else { return true }
        deadline = eventLoop.scheduleTask(in: patience) { [channel] in channel.close(promise: nil) }
        return false
    }
}
