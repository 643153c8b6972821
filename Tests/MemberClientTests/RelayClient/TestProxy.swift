import NIOCore
import NIOPosix
import Synchronization

@testable import MemberClient

/// A proxy on loopback that connects to one server whatever it is asked for, and remembers what that was.
final class TestProxy: Sendable {
    enum Behaviour: Sendable {
        case socks(user: String?, password: String?)
        /// Takes user names, and says no to each connection with this reply.
        case socksRefusing(reply: UInt8)
        case connect
        case connectAnswering(String)
        case silent
    }

    /// What a client asked for.
    struct Asked: Sendable, Equatable {
        var host = ""
        var port = 0
        var user: String?
        var password: String?
        var head: String?
    }

    private let channel: any Channel
    private let log: Log
    let port: UInt16

    final class Log: Sendable {
        let asked = Mutex<[Asked]>([])
    }

    init(_ behaviour: Behaviour, target: UInt16) async throws {
        let log = Log()
        self.log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ProxyHandler(behaviour: behaviour, target: Int(target), log: log)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        port = UInt16(channel.localAddress?.port ?? 0)
    }

    /// Takes no more connections. Otherwise it goes on until the tests end.
    func stop() async throws {
        try await channel.close()
    }

    var asked: [Asked] { log.asked.withLock { $0 } }
}

private final class ProxyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State { case greeting, authentication, request, connecting, open }

    private let behaviour: TestProxy.Behaviour
    private let target: Int
    private let log: TestProxy.Log
    private var state = State.greeting
    private var buffer = ByteBuffer()
    private var asked = TestProxy.Asked()
    private var peer: (any Channel)?

    init(behaviour: TestProxy.Behaviour, target: Int, log: TestProxy.Log) {
        self.behaviour = behaviour
        self.target = target
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        buffer.writeBuffer(&bytes)
        switch behaviour {
        case .silent: break
        case .socks, .socksRefusing: readSOCKS(context)
        case .connect: readConnect(context, answer: nil)
        case .connectAnswering(let answer): readConnect(context, answer: answer)
        }
        if state == .open, buffer.readableBytes > 0 {
            peer?.writeAndFlush(buffer, promise: nil)
            buffer = ByteBuffer()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer?.close(promise: nil)
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func readSOCKS(_ context: ChannelHandlerContext) {
        switch state {
        case .greeting:
            guard let methods = buffer.readBytes(length: buffer.readableBytes) else { return }
            let offersPassword = methods.dropFirst(2).contains(2)
            if case .socks(nil, _) = behaviour {
                state = .request
                send([5, 0], context)
            } else {
                state = .authentication
                send([5, offersPassword ? 2 : 0xff], context)
            }
        case .authentication:
            buffer.moveReaderIndex(forwardBy: 1)
            asked.user = readString()
            asked.password = readString()
            var isAccepted = true
            if case .socks(let user?, let password) = behaviour, user != "any" {
                isAccepted = asked.user == user && asked.password == password
            }
            state = .request
            send([1, isAccepted ? 0 : 1], context)
        case .request:
            buffer.moveReaderIndex(forwardBy: 3)
            switch buffer.readInteger(as: UInt8.self) {
            case 1: asked.host = (buffer.readBytes(length: 4) ?? []).map(String.init).joined(separator: ".")
            case 3: asked.host = readString()
            default: return
            }
            asked.port = Int(buffer.readInteger(as: UInt16.self) ?? 0)
            remember()
            if case .socksRefusing(let reply) = behaviour {
                send([5, reply, 0, 1, 0, 0, 0, 0, 0, 0], context)
            } else {
                open(context, answer: [5, 0, 0, 1, 127, 0, 0, 1, 0, 0])
            }
        case .connecting, .open: break
        }
    }

    private func readConnect(_ context: ChannelHandlerContext, answer: String?) {
        guard state == .greeting, let text = buffer.readString(length: buffer.readableBytes) else { return }
        asked.head = text
        remember()
        if let answer {
            send(Array(answer.utf8), context)
        } else {
            open(context, answer: Array("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n".utf8))
        }
    }

    private func remember() {
        let asked = asked
        log.asked.withLock { $0.append(asked) }
    }

    private func readString() -> String {
        let length = Int(buffer.readInteger(as: UInt8.self) ?? 0)
        return buffer.readString(length: length) ?? ""
    }

    private func open(_ context: ChannelHandlerContext, answer: [UInt8]) {
        state = .connecting
        let client = context.channel
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Forwarder(to: client))
                }
            }
            .connect(host: "127.0.0.1", port: target)
            .whenSuccess { peer in
                bound.value.handler.peer = peer
                bound.value.handler.state = .open
                bound.value.handler.send(answer, bound.value.context)
            }
    }
}

private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let client: any Channel

    init(to client: any Channel) {
        self.client = client
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        client.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.close(promise: nil)
    }
}
