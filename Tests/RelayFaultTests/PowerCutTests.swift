import Foundation
import RelayAPI
import Testing

@testable import Relay

/// kill -9 is no test of durability: the page cache survives it. Here the power goes out at every single write of a
/// scripted run, and what was not synced is gone, or is there in part.
@Suite(.serialized) struct PowerCutTests {
    enum Mark: Sendable {
        case opened(Incarnation)
        case created(HashedAccess)
        case appended(HashedAccess, EntryID, AppendedEntry)
        case taken(HashedAccess, EntryID)
        case deleted(HashedAccess, upTo: UInt64)
    }

    private static let today = Day(20_000)
    private static let owner: Rights = [.read, .append, .advance, .take, .delete]

    @Test func whereverThePowerGoesOutEverythingAcknowledgedIsThereOnce() async throws {
        let trace = try await Self.record(Self.run)
        var disk = Disk()
        var marks: [Mark] = []
        var cuts = 0
        var generator = SystemRandomNumberGenerator()
        for event in trace.events {
            disk.apply(event)
            if case .mark(let mark) = event { marks.append(mark) }
            for contents in [disk.contents(), disk.contents(keepingSectorsBy: &generator)] {
                try await Self.check(contents, marks, "after \(cuts) operations")
            }
            cuts += 1
        }
        print("the power went out at \(cuts) places, twice at each")
        #expect(marks.count > 30)
        #expect(trace.events.contains { if case .delete = $0 { true } else { false } })
    }

    /// The test of the test: on a disk that takes syncs of the log for nothing, it finds what is lost.
    @Test func aLogThatIsNotSyncedIsFoundOut() async throws {
        let trace = try await Self.record(Self.run)
        var disk = Disk()
        var marks: [Mark] = []
        for event in trace.events where marks.count < 10 {
            if case .mark(let mark) = event { marks.append(mark) }
            if case .sync(file: "relay.sqlite-wal") = event { continue }
            disk.apply(event)
        }
        await withKnownIssue { try await Self.check(disk.contents(), marks, "without syncs of the log") }
    }

    /// - Parameter body: works on a store in a file, and closes it.
    static func record(
        _ body: (_ file: URL, _ recorder: DiskRecorder<Mark>) async throws -> Void
    ) async throws -> Trace<Mark> {
        let directory = FileManager.default.temporaryDirectory.appending(path: "aadr-fault-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let recorder = try DiskRecorder<Mark>(directory: directory)
        try await body(directory.appending(path: "relay.sqlite"), recorder)
        return recorder.finish()
    }

    /// Everything that a relay does to its store, with checkpoints and a stop in between.
    private static func run(file: URL, _ recorder: DiskRecorder<Mark>) async throws {
        var store = try open(file)
        recorder.mark(.opened(store.incarnation))
        let log = try await mailbox(in: store, recorder)
        let inbox = try await mailbox(in: store, recorder)
        for _ in 0..<4 {
            try await append(to: store, log, recorder)
            try await append(to: store, inbox, recorder, length: .fourKiB)
        }
        try await appendTogether(8, to: store, log, recorder)
        // Until pages have gone into the store's file beside the writer.
        let syncs = recorder.syncs(of: "relay.sqlite")
        while recorder.syncs(of: "relay.sqlite") == syncs { try await append(to: store, log, recorder) }
        if let taken = try await store.take(inbox, today: today) { recorder.mark(.taken(inbox, taken.entryID)) }
        while try await store.scrubSome().hasMore {}
        try await append(to: store, log, recorder, length: .sixteenKiB)
        try await store.delete(inbox, upTo: 3)
        recorder.mark(.deleted(inbox, upTo: 3))
        try store.close()

        store = try open(file)
        recorder.mark(.opened(store.incarnation))
        for _ in 0..<4 { try await append(to: store, log, recorder) }
        let next = Grant(capabilityHash: Capability.random().hash, rights: owner)
        let advance = NewEntry(
            id: .random(),
            kind: .advance,
            body: [UInt8](repeating: 7, count: 1024),
            retentionDays: 0,
            limits: RelayLimits(),
            today: today
        )
        let advanced = try await store.advance(
            AdvanceCommand(access: log, epoch: 0, entry: advance, next: [next], advancesSeen: [])
        )
        recorder.mark(.appended(log, advance.id, advanced))
        let branch = HashedAccess(mailbox: log.mailbox, capability: next.capabilityHash)
        recorder.mark(.created(branch))
        for _ in 0..<4 { try await append(to: store, branch, recorder, epoch: 1) }
        while try await store.expireSome(today: today + 15).hasMore {}
        while try await store.scrubSome().hasMore {}
        try await append(to: store, branch, recorder, epoch: 1)
        try store.close()
    }

    /// With a short log, which is overwritten in few pieces.
    static func open(_ file: URL, logLength: Int = 256 * 1024) throws -> SQLiteMailboxStore {
        try SQLiteMailboxStore(file: file, limits: RelayLimits(), logLength: logLength, now: { .now })
    }

    static func mailbox(in store: SQLiteMailboxStore, _ recorder: DiskRecorder<Mark>) async throws -> HashedAccess {
        let token = AccessToken.random().hash
        try await store.issueToken(token, label: "", mailboxes: 1)
        let access = HashedAccess(mailbox: .random(), capability: Capability.random().hash)
        let grant = Grant(capabilityHash: access.capability, rights: owner)
        try await store.create(
            CreateCommand(token: token, mailbox: access.mailbox, epoch: 0, grants: [grant], today: today)
        )
        recorder.mark(.created(access))
        return access
    }

    /// Appends entries of 1 KiB, several at a time.
    static func appendTogether(
        _ count: Int,
        to store: SQLiteMailboxStore,
        _ access: HashedAccess,
        _ recorder: DiskRecorder<Mark>
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { try await append(to: store, access, recorder) } }
            try await group.waitForAll()
        }
    }

    static func append(
        to store: SQLiteMailboxStore,
        _ access: HashedAccess,
        _ recorder: DiskRecorder<Mark>,
        epoch: UInt64 = 0,
        length: BodyLength = .oneKiB
    ) async throws {
        let command = appending(.random(), to: access, epoch: epoch, length: length)
        recorder.mark(.appended(access, command.entry.id, try await store.append(command)))
    }

    private static func appending(
        _ id: EntryID,
        to access: HashedAccess,
        epoch: UInt64,
        length: BodyLength = .oneKiB
    ) -> AppendCommand {
        let entry = NewEntry(
            id: id,
            kind: .application,
            body: [UInt8](repeating: 7, count: length.rawValue),
            retentionDays: 0,
            limits: RelayLimits(),
            today: today
        )
        return AppendCommand(access: access, epoch: epoch, entry: entry)
    }

    /// Opens the store that a power cut left, and holds it against everything that had been acknowledged by then.
    static func check(_ contents: [String: [UInt8]], _ marks: [Mark], _ comment: Comment) async throws {
        let directory = memory.appending(path: "aadr-fault-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, bytes) in contents { try Data(bytes).write(to: directory.appending(path: name)) }
        let store = try open(directory.appending(path: "relay.sqlite"))
        defer { try? store.close() }
        var read: [HashedAccess: ReadResponse] = [:]
        for mark in marks {
            switch mark {
            case .opened(let incarnation): #expect(store.incarnation == incarnation, comment)
            case .created(let access):
                let query = ReadQuery(
                    access: access,
                    incarnation: .unknown,
                    after: 0,
                    limit: 1024,
                    maximumLength: Operation.maximumReadLength,
                    today: today
                )
                let response = try await store.read(query)
                read[access] = response
                expectIntactLog(response, comment)
            case .appended(let access, let id, let answer):
                let entry = try #require(read[access]?.entries.first { $0.entryID == id }, comment)
                #expect(entry.sequence == answer.sequence, comment)
                #expect(entry.runningHash == answer.runningHash, comment)
            case .taken(let access, let id):
                let entry = try #require(read[access]?.entries.first { $0.entryID == id }, comment)
                #expect(entry.body == nil, comment)
            case .deleted(let access, let sequence):
                let entries = try #require(read[access]?.entries, comment)
                #expect(entries.allSatisfy { $0.sequence > sequence || $0.body == nil }, comment)
            }
        }
        try await expectGoingOn(store, read, comment)
    }

    /// Every entry is there once, in order, and chained to the one before it.
    private static func expectIntactLog(_ response: ReadResponse, _ comment: Comment) {
        #expect(Set(response.entries.map(\.entryID)).count == response.entries.count, comment)
        #expect(
            zip(response.entries, response.entries.dropFirst()).allSatisfy { $0.sequence + 1 == $1.sequence },
            comment
        )
        var hash = response.openingHash
        for entry in response.entries {
            hash = hash.following(with: entry.runningHashEntry(epoch: response.epoch))
            #expect(entry.runningHash == hash, comment)
        }
        #expect(response.headHash == hash, comment)
    }

    /// The store knows what it has, and takes what is new behind it.
    private static func expectGoingOn(
        _ store: SQLiteMailboxStore,
        _ read: [HashedAccess: ReadResponse],
        _ comment: Comment
    ) async throws {
        for (access, response) in read {
            guard !response.entries.contains(where: { $0.kind == .advance }) else { continue }
            if let last = response.entries.last {
                let again = try await store.append(appending(last.entryID, to: access, epoch: response.epoch))
                #expect(again.isDuplicate && again.sequence == last.sequence, comment)
            }
            let new = try await store.append(appending(.random(), to: access, epoch: response.epoch))
            #expect(new.sequence > response.head, comment)
        }
    }

    /// Where files need no disk, where there is such a place.
    private static let memory = {
        let memory = URL(filePath: "/dev/shm")
        return FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
    }()
}
