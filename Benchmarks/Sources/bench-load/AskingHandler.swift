internal import NIOCore

/// One connection: makes its mailbox, waits for the window, and then asks again as soon as it has an answer.
final class AskingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    private enum State {
        case creating
        case waiting
        case asking(Window)
        case ended
    }

    private var requests: Requests
    private let ready: EventLoopPromise<Void>
    private let done: EventLoopPromise<[Int64]>
    private var state = State.creating
    private var answer = ByteBuffer()
    private var asked = NIODeadline.now()
    /// Of the answers in the window, in nanoseconds.
    private var latencies: [Int64] = []

    init(_ requests: Requests, ready: EventLoopPromise<Void>, done: EventLoopPromise<[Int64]>) {
        self.requests = requests
        self.ready = ready
        self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(requests.create), promise: nil)
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
            guard let length = try Answer.length(in: answer) else { return }
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
        case .creating:
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
        context.writeAndFlush(wrapOutboundOut(requests.next()), promise: nil)
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

/// Just enough of HTTP/1.1 to see where an answer ends.
enum Answer {
    private static let headEnd = Array("\r\n\r\n".utf8)
    private static let lengthField = Array("\r\ncontent-length: ".utf8)
    private static let success = Array("HTTP/1.1 200".utf8)

    /// Of the first answer in `bytes`, head and body. Nil while it is not all there.
    static func length(in bytes: ByteBuffer) throws -> Int? {
        let view = bytes.readableBytesView
        guard let head = view.range(of: headEnd) else { return nil }
        guard view.starts(with: success) else { throw AskingHandler.Refused(description: String(buffer: bytes)) }
        guard let field = view[..<head.upperBound].range(of: lengthField, by: { ($0 | 0x20) == ($1 | 0x20) }) else {
            throw AskingHandler.Refused(description: "an answer without Content-Length")
        }
        let digits = view[field.upperBound...].prefix { $0 != 0x0d }
        guard let length = Int(String(decoding: digits, as: UTF8.self)) else {
            throw AskingHandler.Refused(description: "an answer with a bad Content-Length")
        }
        let total = head.upperBound - view.startIndex + length
        return view.count >= total ? total : nil
    }
}

extension ByteBufferView {
    fileprivate func range(
        of pattern: [UInt8],
        by areEqual: (UInt8, UInt8) -> Bool = { $0 == $1 }
    ) -> Range<Index>? {
        guard count >= pattern.count else { return nil }
        for start in startIndex...(endIndex - pattern.count)
        where self[start..<(start + pattern.count)].elementsEqual(pattern, by: areEqual) {
            return start..<(start + pattern.count)
        }
        return nil
    }
}
