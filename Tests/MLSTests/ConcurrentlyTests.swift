import Synchronization
import Testing

@testable import MLS

@Suite("Work on all cores")
struct ConcurrentlyTests {
    @Test("results come in order, each index once", arguments: [0, 1, 15, 16, 17, 1000])
    func order(count: Int) throws {
        let calls = Mutex(0)
        let squares = try Concurrently.map(0..<count) { index throws(MLSError) in
            calls.withLock { $0 += 1 }
            return index * index
        }
        #expect(squares == (0..<count).map { $0 * $0 })
        #expect(calls.withLock { $0 } == count)
    }

    /// Whichever core is first: members must name the same rule.
    @Test("of several errors, the first one's is thrown", arguments: [3, 300])
    func firstError(position: Int) {
        #expect(throws: MLSError.invalid(.leafSignature)) {
            _ = try Concurrently.map(0..<1000) { index throws(MLSError) in
                if index == position { throw .invalid(.leafSignature) }
                if index > position { throw .invalid(.leafLifetime) }
                return index
            }
        }
    }
}
