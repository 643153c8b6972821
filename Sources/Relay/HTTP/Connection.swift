internal import NIOCore
internal import Synchronization

/// A connection, to the requests that come by it.
final class Connection: Sendable {
    /// The one by which the request came that this task answers; nil without sockets.
    @TaskLocal static var current: Connection?

    /// Whether there was a place for it.
    let isServed: Bool
    private let channel: any Channel
    private let rate = Mutex(RateBucket())
    private let subscriptions = Atomic(0)
    /// Closes the connection if nothing is asked on it.
    private let silence: Scheduled<Void>
    private let hasAsked = Atomic(false)

    /// Whether there is something to do that only tasks of Hummingbird's do.
    private enum Need {
        case none
        case awaited(CheckedContinuation<Void, Never>)
        case tasks
    }

    private let need = Mutex(Need.none)

    /// - Parameter patience: the first request comes within this time, TLS handshake included.
    init(channel: any Channel, isServed: Bool, patience: Duration) {
        self.channel = channel
        self.isServed = isServed
        silence = channel.eventLoop.scheduleTask(in: TimeAmount(patience)) { channel.close(promise: nil) }
    }

    var eventLoop: any EventLoop { channel.eventLoop }

    /// Whether it has streams, of which this channel is one.
    func isParent(of channel: any Channel) -> Bool { channel !== self.channel }

    /// There is something to do for Hummingbird.
    func needTasks() {
        let awaited: CheckedContinuation<Void, Never>? = need.withLock { need in
            defer { need = .tasks }
            if case .awaited(let continuation) = need { return continuation }
            return nil
        }
        awaited?.resume()
    }

    /// Waits until there is something to do for Hummingbird, or the task is cancelled; one task does.
    func waitUntilTasksAreNeeded() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isNeeded = need.withLock { need in
                    if case .tasks = need { return true }
                    need = .awaited(continuation)
                    return false
                }
                if isNeeded { continuation.resume() }
            }
        } onCancel: {
            needTasks()
        }
    }

    /// Counts a request.
    /// - Returns: nil when the rate allows it; else the time after which it will.
    func spend(of limit: Rate, at now: Duration) -> Duration? {
        if !hasAsked.exchange(true, ordering: .relaxed) { silence.cancel() }
        return rate.withLock { $0.spend(limit, at: now) }
    }

    /// Closes it, with all that is under way on it, once a client can have read an answer.
    func closeSoon() {
        channel.eventLoop.scheduleTask(in: .seconds(1)) { [channel] in channel.close(promise: nil) }
    }

    /// - Returns: whether there is a place for one more.
    func beginSubscription(mostAtOnce: Int) -> Bool {
        guard subscriptions.add(1, ordering: .relaxed).newValue <= mostAtOnce else {
            subscriptions.subtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func endSubscription() {
        subscriptions.subtract(1, ordering: .relaxed)
    }
}

/// Says to other handlers of a channel, and to those of its HTTP/2 streams, which connection it is.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    fileprivate let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }
}

extension Connection {
    /// On the channel's event loop.
    static func of(_ channel: any Channel) -> Connection? {
        // A stream's parent is its connection, on the same event loop; a connection's is the server's socket.
        let candidates = [channel, channel.parent].compactMap { $0 }.filter { $0.eventLoop.inEventLoop }
        for channel in candidates {
            if let handler = try? channel.pipeline.syncOperations.handler(type: ConnectionHandler.self) {
                return handler.connection
            }
        }
        return nil
    }
}

/// A subscription's place among all and among those of its connection; freed when nobody holds it any more.
final class SubscriptionPlace: Sendable {
    private let connection: Connection?
    private let onEnd: @Sendable () -> Void

    init(connection: Connection?, onEnd: @escaping @Sendable () -> Void) {
        self.connection = connection
        self.onEnd = onEnd
    }

    deinit {
        connection?.endSubscription()
        onEnd()
    }
}
