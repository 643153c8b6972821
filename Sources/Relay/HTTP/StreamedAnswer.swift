internal import NIOCore
internal import NIOHTTPTypes
internal import RelayAPI

/// An answer that goes on: writes an event when the one before it has been taken. Whoever takes none for too long is cut
/// off, and reads on from its cursor when it can. On the connection's event loop.
final class StreamedAnswer {
    private let events: EventStream
    private let context: ChannelHandlerContext
    private let patience: TimeAmount
    private let onEnd: () -> Void

    /// - Parameters:
    ///   - patience: an event has been taken after this time.
    ///   - onEnd: called once, when no event comes any more.
    init(
        _ events: EventStream,
        on context: ChannelHandlerContext,
        patience: TimeAmount,
        onEnd: @escaping () -> Void
    ) {
        self.events = events
        self.context = context
        self.patience = patience
        self.onEnd = onEnd
    }

    func writeNext() {
        let loop = context.eventLoop
        let this = NIOLoopBound(self, eventLoop: loop)
        events.next { event in
            let bytes = event.map { ByteBuffer(bytes: $0.framed) }
            loop.execute { this.value.write(bytes) }
        }
    }

    private func write(_ event: ByteBuffer?) {
        guard let event else { return finish() }
        context.writeAndFlush(.body(event), takenWithin: patience) { isTaken in
            if isTaken { self.writeNext() } else { self.finish() }
        }
    }

    private func finish() {
        events.end()
        onEnd()
    }
}

extension ChannelHandlerContext {
    /// Writes a part of an answer, and closes the channel if it has not been taken after a time.
    /// - Parameter then: called once; with false when the channel has been closed instead.
    func writeAndFlush(_ part: HTTPResponsePart, takenWithin patience: TimeAmount, then: @escaping (Bool) -> Void) {
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
        guard !isDone else { return }
        deadline = eventLoop.scheduleTask(in: patience) { [channel] in channel.close(promise: nil) }
    }
}
