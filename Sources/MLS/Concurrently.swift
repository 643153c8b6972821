internal import Dispatch
internal import Synchronization

/// Work whose pieces do not depend on each other, on all cores: signatures, above all.
enum Concurrently {
    /// Fewer pieces are not worth a second core: threads take some tens of microseconds to wake, about as long as one
    /// signature takes to verify.
    private static let piecesPerTask = 16

    /// Calls `body` with ranges that make up `range`, and returns when all have ended.
    /// - Throws: what `body` throws for the first of the ranges for which it does, so that which error it is does not
    ///   depend on the number of cores.
    static func forEach(
        in range: Range<Int>,
        _ body: @Sendable (Range<Int>) throws(MLSError) -> Void
    ) throws(MLSError) {
        let starts = Array(stride(from: range.lowerBound, to: range.upperBound, by: piecesPerTask))
        guard starts.count > 1 else { return try body(range) }
        let first = Mutex<(task: Int, error: MLSError)?>(nil)
        DispatchQueue.concurrentPerform(iterations: starts.count) { task in
            do throws(MLSError) {
                try body(starts[task]..<min(starts[task] + piecesPerTask, range.upperBound))
            } catch {
                first.withLock { first in
                    if first.map({ task < $0.task }) ?? true { first = (task, error) }
                }
            }
        }
        if let (_, error) = first.withLock({ $0 }) { throw error }
    }

    /// What `body` gives for each index, in order.
    static func map<Result: Sendable>(
        _ range: Range<Int>,
        _ body: @Sendable (Int) throws(MLSError) -> Result
    ) throws(MLSError) -> [Result] {
        let results = Mutex<[Int: [Result]]>([:])
        try forEach(in: range) { part throws(MLSError) in
            var some: [Result] = []
            for index in part { some.append(try body(index)) }
            results.withLock { [some] in $0[part.lowerBound] = some }
        }
        return results.withLock { $0.sorted { $0.key < $1.key }.flatMap(\.value) }
    }
}
