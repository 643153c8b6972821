internal import NIOCore

/// Runs tasks on an event loop: that of the connection whose request they answer. On the concurrency runtime's own threads,
/// each would change threads when it begins and again when its answer is written: two wake-ups, which cost as much as all
/// the rest of a small request.
///
/// Such tasks therefore must not block, and do not: what waits for the disk waits in the store's own threads.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
