internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix

/// Answers the requests of a connection on the event loop that reads and writes it. On the concurrency runtime's own
/// threads, each request would change threads when it has been read and again when its answer is written: two
/// wake-ups, which cost as much as all the rest of a small request.
///
/// Handlers therefore must not block, and do not: what waits for the disk waits in the store's own threads.
///
/// Hummingbird's tasks for a connection begin when `DirectAnswers` pass something on, or it is closed: their frames would be a
/// quarter of the memory that a subscriber takes.
///
/// A connection for which there is no place is closed here, before its TLS handshake.
struct LoopBoundChannel<Base: ServerChildChannel>: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let base: Base.Value
        let connection: Connection

        var channel: any Channel { base.channel }
    }

    private struct NoPlace: Error {}

    let base: Base
    let admission: Admission
    let limits: RelayLimits

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let admitted = admission.beginConnection()
        channel.closeFuture.whenComplete { [admission] _ in admission.endConnection() }
        guard admitted != .closed else { return channel.eventLoop.makeFailedFuture(NoPlace()) }
        let connection = Connection(
            channel: channel,
            isServed: admitted == .served,
            patience: limits.slowestStart
        )
        channel.closeFuture.whenComplete { _ in connection.needTasks() }
        return channel.eventLoop
            .makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection))
            }
            .flatMap { base.setup(channel: channel, logger: logger) }
            .map { Value(base: $0, connection: connection) }
    }

    func handle(value: Value, logger: Logger) async {
        await value.connection.waitUntilTasksAreNeeded()
        await withTaskExecutorPreference(LoopExecutor(loop: value.channel.eventLoop)) {
            await Connection.$current.withValue(value.connection) {
                await base.handle(value: value.base, logger: logger)
            }
        }
    }
}

/// Runs tasks on an event loop.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) {
        self.loop = loop
    }

    /// That of the event loop whose thread asks; nil on any other.
    static var current: LoopExecutor? {
        MultiThreadedEventLoopGroup.currentEventLoop.map { LoopExecutor(loop: $0) }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
