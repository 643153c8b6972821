internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// Answers the requests of a connection on the event loop that reads and writes it. On the concurrency runtime's own
/// threads, each request would change threads when it has been read and again when its answer is written: two
/// wake-ups, which cost as much as all the rest of a small request.
///
/// Handlers therefore must not block, and do not: what waits for the disk waits in the store's own threads.
struct LoopBoundChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async {
        await withTaskExecutorPreference(LoopExecutor(loop: value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// Runs tasks on an event loop.
private final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
