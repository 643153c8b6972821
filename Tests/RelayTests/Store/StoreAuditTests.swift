import RelayAPI
import Testing

@testable import Relay

/// What `check` finds, whatever the store.
@Suite struct StoreAuditTests {
    private let mailbox = MailboxID.random()

    private func epoch(opening: UInt64, _ openingHash: RunningHash, advances: Int) -> StoreAudit.Epoch {
        StoreAudit.Epoch(
            row: Int64(opening),
            mailbox: 1,
            mailboxID: mailbox,
            nextSequence: 5,
            bodyBytes: 0,
            number: opening == 0 ? 0 : 1,
            opening: opening,
            openingHash: openingHash,
            advances: advances,
            head: nil,
            headHash: nil
        )
    }

    /// One whose running hash is right.
    private func entry(
        _ sequence: UInt64,
        _ kind: EntryKind,
        epoch: UInt64,
        behind previous: RunningHash
    ) -> StoreAudit.Entry {
        let input = RunningHashEntry(
            sequence: sequence,
            epoch: epoch,
            kind: kind,
            entryID: .random(),
            next: [],
            bodyHash: BodyHash(of: [])
        )
        return StoreAudit.Entry(
            sequence: sequence,
            kind: Int64(kind.rawValue),
            entryID: input.entryID,
            next: [],
            bodyHash: input.bodyHash,
            runningHash: previous.following(with: input),
            body: nil
        )
    }

    /// Behind the last entry that is there, no hash follows that could be wrong.
    @Test(arguments: [4, 3] as [UInt64])
    func entriesThatAreMissingFromAnEpochsEndAreFound(_ last: UInt64) {
        var audit = StoreAudit()
        var hash = RunningHash(opening: mailbox)
        audit.begin(epoch(opening: 0, hash, advances: 0))
        for sequence in 1...last {
            let entry = entry(sequence, .application, epoch: 0, behind: hash)
            audit.add(entry)
            hash = entry.runningHash
        }
        audit.finish()
        #expect(audit.report.faults == (last == 4 ? [] : ["mailbox 1: it has 3 entries, and its next one is 5"]))
    }

    /// Two branches go on at the same time, each with a chain of its own.
    @Test(arguments: [3, 4] as [UInt64])
    func aSequenceNumberThatTwoEpochsHaveIsFound(_ sequence: UInt64) {
        var audit = StoreAudit()
        let start = RunningHash(opening: mailbox)
        let first = entry(1, .advance, epoch: 0, behind: start)
        let second = entry(2, .advance, epoch: 0, behind: first.runningHash)
        audit.begin(epoch(opening: 0, start, advances: 2))
        audit.add(first)
        audit.add(second)
        audit.begin(epoch(opening: 1, first.runningHash, advances: 0))
        audit.add(entry(4, .application, epoch: 1, behind: first.runningHash))
        audit.begin(epoch(opening: 2, second.runningHash, advances: 0))
        audit.add(entry(sequence, .application, epoch: 1, behind: second.runningHash))
        audit.finish()
        #expect(
            audit.report.faults
                == (sequence == 4 ? ["epoch 2, entry 4: another epoch of the mailbox has the sequence number too"] : [])
        )
    }
}
