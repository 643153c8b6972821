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
    /// Closes the connection when an event is not taken in time.
    private var deadline: Scheduled<Void>?
    /// Whether the last event has been taken.
    private var isTaken = true

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
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(HTTPResponsePart.body(event)), promise: written)
        isTaken = false
        written.futureResult.assumeIsolated().whenComplete { self.noteTaken($0) }
        // Most events are taken at once, and need none.
        guard !isTaken else { return }
        deadline = context.eventLoop.scheduleTask(in: patience) { [channel = context.channel] in
            channel.close(promise: nil)
        }
    }

    private func noteTaken(_ result: Result<Void, any Error>) {
        isTaken = true
        deadline?.cancel()
        deadline = nil
        switch result {
        case .success:
            writeNext()
        case .failure:
            context.close(promise: nil)
            finish()
        }
    }

    private func finish() {
        events.end()
        onEnd()
    }
}
