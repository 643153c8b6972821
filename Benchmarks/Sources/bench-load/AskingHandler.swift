internal import NIOCore

/// One connection: says its opening, waits for the window, and then asks again as soon as it has an answer.
final class AskingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case opening
        case waiting
        case asking(Window)
        case ended
    }

    private var dialogue: any Dialogue
    private let ready: EventLoopPromise<Void>
    private let done: EventLoopPromise<[Int64]>
    private var state = State.opening
    private var answer = ByteBuffer()
    private var asked = NIODeadline.now()
    /// Of the answers in the window, in nanoseconds.
    private var latencies: [Int64] = []

    init(_ dialogue: any Dialogue, ready: EventLoopPromise<Void>, done: EventLoopPromise<[Int64]>) {
        self.dialogue = dialogue
        self.ready = ready
        self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(dialogue.opening), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let window = event as? Window else { return context.fireUserInboundEventTriggered(event) }
        state = .asking(window)
        ask(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        answer.writeBuffer(&bytes)
        do {
            guard let length = try dialogue.answerLength(in: answer) else { return }
            answer.moveReaderIndex(forwardBy: length)
            answer.discardReadBytes()
            take(context)
        } catch {
            fail(error)
            context.close(promise: nil)
        }
    }

    private func take(_ context: ChannelHandlerContext) {
        switch state {
        case .opening:
            state = .waiting
            ready.succeed()
        case .asking(let window):
            let now = NIODeadline.now()
            guard now < window.end else {
                state = .ended
                done.succeed(latencies)
                return context.close(promise: nil)
            }
            if now >= window.start { latencies.append((now - asked).nanoseconds) }
            ask(context)
        case .waiting, .ended:
            break
        }
    }

    private func ask(_ context: ChannelHandlerContext) {
        asked = .now()
        context.writeAndFlush(wrapOutboundOut(dialogue.next()), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .ended = state { return }
        fail(ChannelError.eof)
    }

    /// A promise that was kept takes no notice.
    private func fail(_ error: any Error) {
        ready.fail(error)
        done.fail(error)
    }
}
