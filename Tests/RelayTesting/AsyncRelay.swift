import RelayAPI

@testable import Relay

/// What the relay does by calls, for tests that wait in tasks.
extension RelayService {
    /// - Parameter onWaiting: given the wait when there is one, so that it can be ended.
    func read(
        _ request: ReadRequest,
        onWaiting: (Subscription) -> Void = { _ in }
    ) async throws(Problem) -> ReadResponse {
        let answer = await withCheckedContinuation { continuation in
            let wait = read(request) { continuation.resume(returning: $0) }
            if let wait { onWaiting(wait) }
        }
        return try answer.get()
    }
}

extension EventStream {
    /// The next event, when there is one; nil also when the task is cancelled that waits for it.
    func next() async -> SubscriptionEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                next { continuation.resume(returning: $0) }
            }
        } onCancel: {
            subscription.end()
        }
    }
}

extension Subscription {
    /// Waits for the next wake-up; at most one task at a time may.
    /// - Returns: the mailboxes that have new entries; none when something else woke. Nil when there will be no more:
    ///   the wait has been ended, or its task was cancelled.
    func wait() async -> Set<MailboxID>? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait { continuation.resume(returning: $0) }
            }
        } onCancel: {
            end()
        }
    }
}
