internal import NIOCore

/// One entry after the other, and how long each takes from its append to everybody who waits for it.
struct Fanout {
    let sender: any Channel
    let receivers: [any Channel]
    let speech: FanoutSpeech

    /// A pause before each entry, so that none has to wait for the one before it.
    private static let pause = Duration.milliseconds(100)

    /// - Returns: for each receiver and entry, the nanoseconds from the first byte written to the last one heard.
    func run(entries: Int) async throws -> [Int64] {
        _ = try await hear(from: 1, at: [sender]) { send(speech.opening, over: sender) }
        // Whatever a server says at once; silence is an answer too.
        for receiver in receivers { send(speech.waiting, over: receiver) }
        try await Task.sleep(for: .seconds(2))

        var times: [Int64] = []
        for _ in 0..<entries {
            try await Task.sleep(for: Self.pause)
            let start = NIODeadline.now()
            let heard = try await hear(from: FanoutSpeech.entryLength, at: receivers) {
                send(speech.append(), over: sender)
            }
            times += heard.map { ($0 - start).nanoseconds }
            if speech.waitsOnce {
                for receiver in receivers { send(speech.waiting, over: receiver) }
            }
        }
        return times
    }

    private func send(_ bytes: ByteBuffer, over channel: any Channel) {
        channel.writeAndFlush(bytes, promise: nil)
    }

    /// When each of the channels has heard so many bytes that came after the action had begun.
    private func hear(
        from length: Int,
        at channels: [any Channel],
        _ action: () -> Void
    ) async throws -> [NIODeadline] {
        let loop = sender.eventLoop
        let promises = channels.map { _ in loop.makePromise(of: NIODeadline.self) }
        for (channel, promise) in zip(channels, promises) {
            channel.pipeline.fireUserInboundEventTriggered(Expectation(length: length, promise: promise))
        }
        action()
        return try await EventLoopFuture.whenAllSucceed(promises.map(\.futureResult), on: loop).get()
    }
}

/// What sender and receivers say.
struct FanoutSpeech: Sendable {
    /// Of what is appended, in bytes: an answer without it is shorter.
    static let entryLength = 1024

    /// Makes ready; has an answer.
    let opening: ByteBuffer
    /// Waits for the next entry.
    let waiting: ByteBuffer
    /// Whether a wait ends with its first entry.
    let waitsOnce: Bool
    /// Appends an entry.
    let append: @Sendable () -> ByteBuffer
}

/// That so many bytes will come.
struct Expectation: Sendable {
    let length: Int
    let promise: EventLoopPromise<NIODeadline>
}

/// Counts what comes.
final class HearingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var expectation: Expectation?
    private var heard = 0

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let expectation = event as? Expectation else { return context.fireUserInboundEventTriggered(event) }
        self.expectation = expectation
        heard = 0
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard += unwrapInboundIn(data).readableBytes
        guard let expectation, heard >= expectation.length else { return }
        self.expectation = nil
        expectation.promise.succeed(.now())
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        expectation?.promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        expectation?.promise.fail(ChannelError.eof)
    }
}
