import Coalition
import RelayAPI
import Testing

@testable import MemberClient

/// The pure check of a relay's answer.
struct GroupLogTests {
    private let mailbox = MailboxID.random()

    private func cursor() -> Cursor { Cursor(mailbox: mailbox, incarnation: .random()) }

    /// A log of so many entries, as an honest relay has it.
    private func entries(_ count: Int) -> [ReadEntry] {
        var hash = RunningHash(opening: mailbox)
        return (1...count)
            .map { number in
                let body = [UInt8](repeating: UInt8(number), count: BodyLength.oneKiB.rawValue)
                let entry = RunningHashEntry(
                    sequence: UInt64(number),
                    epoch: 0,
                    kind: .application,
                    entryID: .random(),
                    next: [],
                    bodyHash: BodyHash(of: body)
                )
                hash = hash.following(with: entry)
                return ReadEntry(
                    sequence: entry.sequence,
                    kind: entry.kind,
                    entryID: entry.entryID,
                    next: [],
                    bodyHash: entry.bodyHash,
                    runningHash: hash,
                    body: body
                )
            }
    }

    private func response(_ entries: [ReadEntry], head: ReadEntry? = nil, of cursor: Cursor) -> ReadResponse {
        let last = head ?? entries.last
        return ReadResponse(
            incarnation: cursor.incarnation,
            epoch: 0,
            opening: 0,
            openingHash: RunningHash(opening: mailbox),
            head: last?.sequence ?? 0,
            headHash: last?.runningHash ?? RunningHash(opening: mailbox),
            entries: entries
        )
    }

    @Test func honestLogHasNoViolations() {
        let cursor = cursor()
        let log = GroupLog(response(entries(5), of: cursor), from: cursor)
        #expect(log.violations == [])
        #expect(log.entries.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(!log.hasMore)
    }

    @Test func droppedEntryBreaksTheChainOnce() {
        let cursor = cursor()
        var all = entries(5)
        all.remove(at: 1)
        let log = GroupLog(response(all, of: cursor), from: cursor)
        #expect(log.violations == [.chainBroken(at: 3, after: 1)])
        #expect(log.entries.count == 4)
    }

    @Test func swappedEntriesAreNotAscending() {
        let cursor = cursor()
        var all = entries(3)
        all.swapAt(0, 1)
        let log = GroupLog(response(all, head: all[2], of: cursor), from: cursor)
        #expect(log.violations.contains(.notAscending(sequence: 1, after: 2)))
    }

    @Test func changedBodyIsTold() {
        let cursor = cursor()
        let entry = entries(1)[0]
        let changed = ReadEntry(
            sequence: entry.sequence,
            kind: entry.kind,
            entryID: entry.entryID,
            next: [],
            bodyHash: entry.bodyHash,
            runningHash: entry.runningHash,
            body: [UInt8](repeating: 9, count: BodyLength.oneKiB.rawValue)
        )
        let log = GroupLog(response([changed], of: cursor), from: cursor)
        #expect(log.violations == [.bodyChanged(sequence: 1)])
    }

    @Test func relabelledEntryBreaksTheChain() {
        let cursor = cursor()
        let entry = entries(1)[0]
        let relabelled = ReadEntry(
            sequence: entry.sequence,
            kind: .lastResort,
            entryID: entry.entryID,
            next: [],
            bodyHash: entry.bodyHash,
            runningHash: entry.runningHash,
            body: entry.body
        )
        let log = GroupLog(response([relabelled], of: cursor), from: cursor)
        #expect(log.violations == [.chainBroken(at: 1, after: 0)])
    }

    @Test func headBehindTheCursorIsARollback() {
        var cursor = cursor()
        let all = entries(3)
        cursor.last = Position(sequence: 3, runningHash: all[2].runningHash)
        let log = GroupLog(response([], head: all[1], of: cursor), from: cursor)
        #expect(log.violations == [.headBehind(head: 2, cursor: 3)])
        #expect(log.isRolledBack)
    }

    @Test func otherEntryUnderTheLastNumberIsAContradiction() {
        var cursor = cursor()
        cursor.last = Position(sequence: 3, runningHash: entries(3)[2].runningHash)
        let log = GroupLog(response([], head: entries(3)[2], of: cursor), from: cursor)
        #expect(log.violations == [.headContradicts(sequence: 3)])
    }

    @Test func withheldEntriesAreTold() {
        let cursor = cursor()
        let log = GroupLog(response([], head: entries(2)[1], of: cursor), from: cursor)
        #expect(log.violations == [.withheld(head: 2)])
        #expect(!log.hasMore)
    }

    @Test func otherBeginningOfTheEpochIsTold() {
        var cursor = cursor()
        cursor.opening = Position(sequence: 7, runningHash: entries(1)[0].runningHash)
        cursor.last = cursor.opening
        let log = GroupLog(response([], of: cursor), from: cursor)
        #expect(log.violations.count == 2)
    }
}
