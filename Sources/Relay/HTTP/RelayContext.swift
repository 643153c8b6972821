public import Hummingbird
internal import NIOCore
internal import NIOHTTPTypes

/// What a handler knows of a request besides the request: the connection it came by.
public struct RelayContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Ends a wait when the client closes its side of the connection.
    func endWhenClientLeaves(_ subscription: Subscription) {
        channel.eventLoop.execute { [channel] in
            ClientDepartureHandler.of(channel)?.end(subscription)
        }
    }

    /// Closes the connection if something takes longer than it may.
    func closing<Value>(after patience: Duration, _ body: () async throws -> Value) async throws -> Value {
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(patience)) { [channel] in
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        return try await body()
    }

    /// Closes the connection once the client can have read the answer, instead of reading a request to its end that
    /// will not be accepted.
    func closeSoon() {
        channel.eventLoop.scheduleTask(in: .seconds(1)) { [channel] in channel.close(promise: nil) }
    }
}

/// Notices that a client has closed its side of the connection while its request waits for an answer.
final class ClientDepartureHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart

    /// The wait of the request that is being answered: HTTP/1.1 has one at a time.
    private weak var waiting: Subscription?
    private var hasLeft = false

    /// On the channel's event loop.
    static func of(_ channel: any Channel) -> ClientDepartureHandler? {
        try? channel.pipeline.syncOperations.handler(type: ClientDepartureHandler.self)
    }

    /// Ends a wait when the client leaves, or at once if it has left.
    func end(_ subscription: Subscription) {
        if hasLeft { subscription.end() } else { waiting = subscription }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        hasLeft = true
        waiting?.end()
    }
}
