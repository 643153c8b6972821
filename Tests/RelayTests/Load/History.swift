import RelayAPI
import Synchronization
import Testing

@testable import Relay

/// What clients asked of a mailbox and when, what they were answered and when. Times are of this process's clock.
final class History: Sendable {
    /// Something that has its place in the order of an epoch's entries.
    struct Event: Sendable {
        let started: ContinuousClock.Instant
        /// Nil when there never was an answer.
        var ended: ContinuousClock.Instant?
    }

    struct Addition: Sendable {
        let epoch: HashedAccess
        let id: EntryID
        let isAdvance: Bool
        var event: Event
        /// Nil without an answer, and for a refusal.
        var answer: AppendResponse?
        var isRefused = false
    }

    struct Reading: Sendable {
        let epoch: HashedAccess
        let event: Event
        let head: UInt64
        let headHash: RunningHash
    }

    struct State: Sendable {
        /// In which entries were added, the first one first, with what their capabilities are.
        var epochs: [Access]
        var additions: [Addition] = []
        var readings: [Reading] = []
        var taken: [EntryID] = []
        /// Takes without an answer: each may have cost an entry.
        var lostTakes = 0
        var deletedTo: UInt64 = 0
    }

    private let state: Mutex<State>

    init(_ first: Access) {
        state = Mutex(State(epochs: [first]))
    }

    func record<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        state.withLock { body(&$0) }
    }

    /// The epoch that was opened last, and how many before it.
    var newest: (access: Access, number: UInt64) {
        state.withLock { ($0.epochs[$0.epochs.count - 1], UInt64($0.epochs.count - 1)) }
    }

    /// Of all that was answered.
    var counts: (entries: Int, epochs: Int, reads: Int, taken: Int) {
        state.withLock { state in
            (
                state.additions.count { $0.answer != nil }, state.epochs.count, state.readings.count, state.taken.count
            )
        }
    }

    /// Holds the history against what the relay has in the end.
    /// - Parameter log: entries of each epoch, without their bodies' bytes.
    func check(against log: [HashedAccess: StoredEpoch]) throws {
        let state = record { $0 }
        expectOneLog(log)
        try expectAcknowledged(state, in: log)
        expectWonOnce(state, in: log)
        let additions = Dictionary(grouping: state.additions, by: \.epoch)
        let readings = Dictionary(grouping: state.readings, by: \.epoch)
        for (epoch, stored) in log { expectLinearizable(stored, additions[epoch] ?? [], readings[epoch] ?? []) }
        expectTakenOnce(state, in: log)
    }

    /// The sequence numbers of all epochs together leave out none, and no entry id stands twice.
    private func expectOneLog(_ log: [HashedAccess: StoredEpoch]) {
        let entries = log.values.flatMap(\.entries)
        #expect(entries.map(\.sequence).sorted().elementsEqual(1...UInt64(max(1, entries.count))) || entries.isEmpty)
        #expect(Set(entries.map(\.id)).count == entries.count)
    }

    private func expectAcknowledged(_ state: State, in log: [HashedAccess: StoredEpoch]) throws {
        var lost = 0
        var invented = Set(log.values.flatMap(\.entries).map(\.id))
        for addition in state.additions {
            let entries = try #require(log[addition.epoch]).byID
            if let answer = addition.answer {
                let entry = entries[addition.id]
                if entry?.sequence != answer.sequence || entry?.runningHash != answer.runningHash { lost += 1 }
            } else if addition.isRefused {
                #expect(entries[addition.id] == nil, "what was refused is there")
            }
            invented.remove(addition.id)
        }
        #expect(lost == 0, "acknowledged, and not there as acknowledged")
        #expect(invented.isEmpty, "there, and never asked for")
    }

    /// Of the advances that raced out of an epoch, none of which named another, one has won.
    private func expectWonOnce(_ state: State, in log: [HashedAccess: StoredEpoch]) {
        for (epoch, stored) in log {
            let isLast = HashedAccess(state.epochs[state.epochs.count - 1]) == epoch
            let advances = stored.entries.count { $0.kind == .advance }
            #expect(advances == 1 || isLast && advances == 0)
        }
        #expect(state.additions.count { $0.isAdvance && $0.answer != nil } == state.epochs.count - 1)
    }

    /// A log is linearizable when the order of its entries, with each read behind the last one that it saw, contradicts
    /// no clock: nothing stands behind what began only after it had ended.
    private func expectLinearizable(_ stored: StoredEpoch, _ additions: [Addition], _ readings: [Reading]) {
        let byID = stored.byID
        var events: [(sequence: UInt64, isRead: Bool, event: Event)] = []
        for addition in additions {
            if let entry = byID[addition.id] { events.append((entry.sequence, false, addition.event)) }
        }
        for reading in readings {
            events.append((reading.head, true, reading.event))
            let expected = stored.bySequence[reading.head]?.runningHash ?? stored.openingHash
            #expect(reading.headHash == expected, "a read saw another log")
        }
        events.sort { left, right in
            (left.sequence, left.isRead ? 1 : 0, left.event.started)
                < (right.sequence, right.isRead ? 1 : 0, right.event.started)
        }
        var latestStart: ContinuousClock.Instant?
        var contradictions = 0
        for (_, _, event) in events {
            if let latestStart, let ended = event.ended, ended < latestStart { contradictions += 1 }
            latestStart = max(latestStart ?? event.started, event.started)
        }
        #expect(contradictions == 0, "the order of the log contradicts the clock")
    }

    /// Each entry was handed out to one taker; what is gone was taken or deleted, or its taker got no answer.
    private func expectTakenOnce(_ state: State, in log: [HashedAccess: StoredEpoch]) {
        let taken = Set(state.taken)
        #expect(taken.count == state.taken.count, "an entry was handed out twice")
        let entries = log.values.flatMap(\.entries)
        let gone = Set(entries.filter { !$0.hasBody }.map(\.id))
        #expect(gone.isSuperset(of: state.taken), "an entry that was taken is still there")
        #expect(entries.allSatisfy { $0.sequence > state.deletedTo || !$0.hasBody }, "what was deleted is there")
        let unexplained = entries.count {
            !$0.hasBody && $0.sequence > state.deletedTo && !taken.contains($0.id)
        }
        #expect(unexplained <= state.lostTakes, "bodies are gone that nobody took")
    }
}

/// An epoch as the relay has it in the end, its chain checked.
struct StoredEpoch: Sendable {
    struct Entry: Sendable {
        let sequence: UInt64
        let id: EntryID
        let kind: EntryKind
        let runningHash: RunningHash
        let hasBody: Bool
    }

    let openingHash: RunningHash
    let entries: [Entry]
    let byID: [EntryID: Entry]
    let bySequence: [UInt64: Entry]

    init(openingHash: RunningHash, entries: [Entry]) {
        self.openingHash = openingHash
        self.entries = entries
        byID = Dictionary(entries.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        bySequence = Dictionary(entries.map { ($0.sequence, $0) }, uniquingKeysWith: { $1 })
    }

    /// Reads an epoch to its end.
    init(_ caller: Caller, _ access: Access) async throws {
        var entries: [Entry] = []
        var page = try await caller.read(access)
        let openingHash = page.openingHash
        var hash = openingHash
        while true {
            for entry in page.entries {
                hash = hash.following(with: entry.runningHashEntry(epoch: page.epoch))
                #expect(entry.runningHash == hash)
                entries.append(
                    Entry(
                        sequence: entry.sequence,
                        id: entry.entryID,
                        kind: entry.kind,
                        runningHash: entry.runningHash,
                        hasBody: entry.body != nil
                    )
                )
            }
            if page.entries.isEmpty || page.entries.last?.sequence == page.head { break }
            page = try await caller.read(access, after: page.entries.last?.sequence ?? 0)
        }
        #expect(hash == page.headHash)
        self.init(openingHash: openingHash, entries: entries)
    }
}
