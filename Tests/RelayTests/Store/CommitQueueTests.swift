import Testing

@testable import Relay

/// What goes into one transaction of the SQLite store.
@Suite struct CommitQueueTests {
    private typealias Weight = CommitQueue.Weight

    @Test func aTransactionIsBoundedByRequestsAndByBytes() {
        #expect(CommitQueue.batchLength([]) == 0)
        #expect(CommitQueue.batchLength((0..<1000).map { _ in Weight() }) == CommitQueue.mostRequests)
        #expect(CommitQueue.batchLength((0..<1000).map { _ in Weight(requests: 256) }) == 2)
        #expect(CommitQueue.batchLength((0..<1000).map { _ in Weight(bytes: 1 << 20) }) == 4)
    }

    @Test func whatIsTooMuchAloneStillGoes() {
        let much = Weight(requests: CommitQueue.mostRequests + 1, bytes: CommitQueue.mostBytes + 1)
        #expect(CommitQueue.batchLength([much, much]) == 1)
        #expect(CommitQueue.batchLength([Weight(), much]) == 1)
    }

    @Test func whatIsAloneIsAlone() {
        let alone = Weight(isAlone: true)
        #expect(CommitQueue.batchLength([alone, Weight()]) == 1)
        #expect(CommitQueue.batchLength([Weight(), Weight(), alone, Weight()]) == 2)
    }
}
