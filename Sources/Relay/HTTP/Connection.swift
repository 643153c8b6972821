internal import NIOCore
internal import Synchronization

/// A connection, to the requests that come by it.
final class Connection: Sendable {
    /// Whether there was a place for it.
    let isServed: Bool
    private let channel: any Channel
    private let rate = Mutex(RateBucket())
    private let subscriptions = Atomic(0)
    /// Closes the connection if nothing is asked on it.
    private let silence: Scheduled<Void>
    private let hasAsked = Atomic(false)
    /// In bytes.
    private let untakenAnswers = Atomic(0)

    /// - Parameter patience: the first request comes within this time, TLS handshake included.
    init(channel: any Channel, isServed: Bool, patience: Duration) {
        self.channel = channel
        self.isServed = isServed
        silence = channel.eventLoop.scheduleTask(in: TimeAmount(patience)) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { [silence] _ in silence.cancel() }
    }

    var eventLoop: any EventLoop { channel.eventLoop }
    var closeFuture: EventLoopFuture<Void> { channel.closeFuture }

    /// A request has come.
    func noteRequest() {
        if !hasAsked.exchange(true, ordering: .relaxed) { silence.cancel() }
    }

    /// Counts a request.
    /// - Returns: nil when the rate allows it; else the time after which it will.
    func spend(of limit: Rate, at now: Duration) -> Duration? {
        rate.withLock { $0.spend(limit, at: now) }
    }

    /// The relay shuts down: closes it when what is under way on it has been answered. Of that there is nothing before the first
    /// request, TLS handshake or not.
    func quiesce() {
        channel.eventLoop.execute { [self] in
            guard hasAsked.load(ordering: .relaxed) else { return channel.close(promise: nil) }
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    func close() {
        channel.close(promise: nil)
    }

    /// Closes it, with all that is under way on it, once a client can have read an answer.
    func closeSoon() {
        channel.eventLoop.scheduleTask(in: .seconds(1)) { [channel] in channel.close(promise: nil) }
    }

    /// A connection holds no more in answers that its client does not take, in bytes; one more answer may begin below.
    private static let mostUntaken = 8 << 20

    /// - Parameter count: of bytes in an answer, which is held until `endAnswer`.
    /// - Returns: whether there is room for it.
    func beginAnswer(_ count: Int) -> Bool {
        guard untakenAnswers.add(count, ordering: .relaxed).oldValue < Self.mostUntaken else {
            untakenAnswers.subtract(count, ordering: .relaxed)
            return false
        }
        return true
    }

    func endAnswer(_ count: Int) {
        untakenAnswers.subtract(count, ordering: .relaxed)
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
