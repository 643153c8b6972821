internal import Foundation
internal import NIOCore
internal import RelayAPI

/// Asks a proxy for a connection to a relay, by name, and steps out of the way when it is there.
///
/// What a proxy says is bounded and read here byte by byte, because nothing that it says is to be trusted yet. SOCKS is
/// written out rather than taken from NIOSOCKS, which cannot give a user name: that is how Tor is told to keep two
/// mailboxes on two circuits.
final class ProxyHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case idle
        case socksMethod
        case socksAuthentication
        case socksReply
        case connectAnswer
        case done
    }

    private let proxy: ProxyAddress
    private let credentials: ProxyAddress.Credentials
    private let host: String
    private let port: UInt16
    private let tunnel: EventLoopPromise<Void>
    private var state = State.idle
    private var received = ByteBuffer()

    /// Longest head of an answer to CONNECT, in bytes.
    private static let longestHead = 16 * 1024

    /// - Parameters:
    ///   - isolation: what to say in the place of a user's name where the proxy's address has none.
    ///   - tunnel: fulfilled when the next byte written goes to the relay; failed with a `RelayError`.
    init(
        proxy: ProxyAddress,
        isolation: ProxyAddress.Credentials,
        address: RelayAddress,
        tunnel: EventLoopPromise<Void>
    ) {
        self.proxy = proxy
        credentials = proxy.credentials ?? isolation
        host = address.host
        port = address.port
        self.tunnel = tunnel
    }

    func channelActive(context: ChannelHandlerContext) {
        switch proxy.scheme {
        case .socks5: offerMethods(context)
        case .http: askForConnection(context)
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        do throws(RelayError) {
            switch state {
            case .idle, .done: throw .proxy("it speaks out of turn")
            case .socksMethod: try readMethod(context)
            case .socksAuthentication: try readAuthentication(context)
            case .socksReply: try readReply(context)
            case .connectAnswer: try readConnectAnswer(context)
            }
        } catch {
            fail(error, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.proxy("it closed the connection"), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.proxy(ConnectionFailure.reason(error)), context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // Removed by us when done; otherwise the channel is going away.
        if state != .done { fail(.proxy("it closed the connection"), context) }
    }

    private func fail(_ error: RelayError, _ context: ChannelHandlerContext) {
        guard state != .done else { return }
        state = .done
        tunnel.fail(error)
        context.close(promise: nil)
    }

    private func succeed(_ context: ChannelHandlerContext) throws(RelayError) {
        // A relay speaks only when it is spoken to.
        guard received.readableBytes == 0 else { throw .proxy("it speaks out of turn") }
        state = .done
        context.pipeline.syncOperations.removeHandler(context: context).cascade(to: tunnel)
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext, then next: State) {
        state = next
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}

/// SOCKS version 5 (RFC 1928) with user name and password (RFC 1929).
extension ProxyHandshake {
    private static let version: UInt8 = 5
    private static let noAuthentication: UInt8 = 0
    private static let userNameAndPassword: UInt8 = 2
    private static let connect: UInt8 = 1

    private enum AddressType {
        static let ipv4: UInt8 = 1
        static let name: UInt8 = 3
        static let ipv6: UInt8 = 4
    }

    private func offerMethods(_ context: ChannelHandlerContext) {
        let methods = [Self.noAuthentication, Self.userNameAndPassword]
        send([Self.version, UInt8(methods.count)] + methods, context, then: .socksMethod)
    }

    private func readMethod(_ context: ChannelHandlerContext) throws(RelayError) {
        guard received.readableBytes >= 2 else { return }
        guard received.readInteger(as: UInt8.self) == Self.version else { throw .proxy("it does not speak SOCKS 5") }
        switch received.readInteger(as: UInt8.self) {
        case Self.noAuthentication:
            askSocksForConnection(context)
        case Self.userNameAndPassword:
            let user = Array(credentials.user.utf8)
            let password = Array(credentials.password.utf8)
            let subnegotiation: UInt8 = 1
            send(
                [subnegotiation, UInt8(user.count)] + user + [UInt8(password.count)] + password,
                context,
                then: .socksAuthentication
            )
        default:
            throw .proxy("it takes neither nobody nor a user name and password")
        }
    }

    private func readAuthentication(_ context: ChannelHandlerContext) throws(RelayError) {
        guard received.readableBytes >= 2 else { return }
        received.moveReaderIndex(forwardBy: 1)
        guard received.readInteger(as: UInt8.self) == 0 else { throw refusedCredentials }
        askSocksForConnection(context)
    }

    private func askSocksForConnection(_ context: ChannelHandlerContext) {
        var request = [Self.version, Self.connect, 0]
        switch try? SocketAddress(ipAddress: host, port: Int(port)) {
        case .v4(let address):
            request.append(AddressType.ipv4)
            withUnsafeBytes(of: address.address.sin_addr) { request.append(contentsOf: $0) }
        case .v6(let address):
            request.append(AddressType.ipv6)
            withUnsafeBytes(of: address.address.sin6_addr) { request.append(contentsOf: $0) }
        default:
            request.append(AddressType.name)
            request.append(UInt8(host.utf8.count))
            request.append(contentsOf: host.utf8)
        }
        request.append(contentsOf: [UInt8(port >> 8), UInt8(port & 0xff)])
        send(request, context, then: .socksReply)
    }

    private func readReply(_ context: ChannelHandlerContext) throws(RelayError) {
        // Version, reply, reserved, address type, and the first byte of the address, which may be its length.
        let start = received.readerIndex
        guard received.readableBytes >= 5, let type = received.getInteger(at: start + 3, as: UInt8.self),
            let first = received.getInteger(at: start + 4, as: UInt8.self)
        else { return }
        let addressLength: Int
        switch type {
        case AddressType.ipv4: addressLength = 4
        case AddressType.ipv6: addressLength = 16
        case AddressType.name: addressLength = 1 + Int(first)
        default: throw .proxy("it does not speak SOCKS 5")
        }
        let length = 4 + addressLength + 2
        guard received.readableBytes >= length else { return }
        guard received.getInteger(at: start, as: UInt8.self) == Self.version,
            let reply = received.getInteger(at: start + 1, as: UInt8.self)
        else { throw .proxy("it does not speak SOCKS 5") }
        guard reply == 0 else { throw Self.error(ofReply: reply) }
        received.moveReaderIndex(forwardBy: length)
        try succeed(context)
    }

    /// RFC 1928, section 6. A proxy that works and finds no relay behind it, as Tor does of an onion service that is down, is
    /// not what is amiss.
    private static func error(ofReply reply: UInt8) -> RelayError {
        switch reply {
        case 1: .unreachable("the proxy could not connect to it")
        case 2: .proxy("its rules do not allow the relay")
        case 3: .unreachable("the proxy finds no network to it")
        case 4: .unreachable("the proxy does not find it")
        case 5: .unreachable("it refuses the proxy's connection")
        case 6: .unreachable("the proxy waited too long for it")
        case 7, 8: .proxy("it cannot make such a connection")
        default: .proxy("it gives reason number \(reply)")
        }
    }

    private var refusedCredentials: RelayError {
        proxy.credentials == nil
            ? .proxy("it asks for a user name and password: \(proxy.scheme.rawValue)://USER:PASSWORD@HOST:PORT")
            : .proxy("it refuses the user name and password")
    }
}

/// The CONNECT method of HTTP (RFC 9110, section 9.3.6).
extension ProxyHandshake {
    private func askForConnection(_ context: ChannelHandlerContext) {
        let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        var request = "CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n"
        if let credentials = proxy.credentials {
            let encoded = Data("\(credentials.user):\(credentials.password)".utf8).base64EncodedString()
            request += "Proxy-Authorization: Basic \(encoded)\r\n"
        }
        send(Array((request + "\r\n").utf8), context, then: .connectAnswer)
    }

    private func readConnectAnswer(_ context: ChannelHandlerContext) throws(RelayError) {
        guard let end = received.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) else {
            guard received.readableBytes <= Self.longestHead else { throw .proxy("its answer is too long") }
            return
        }
        let head = String(buffer: received.readSlice(length: end.upperBound - received.readerIndex) ?? ByteBuffer())
        let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw .proxy("it does not speak HTTP")
        }
        switch status {
        case 200..<300: try succeed(context)
        case 407: throw refusedCredentials
        // A gateway's words for a server that it does not get to (RFC 9110, section 15.6).
        case 502...504: throw .unreachable("the proxy does not get to it, and answers \(status)")
        default: throw .proxy("it answers with status \(status)")
        }
    }
}
