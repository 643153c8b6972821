import Foundation
import RelayAPI
import Testing

@testable import Relay

/// Taking, deleting and expiry, on every engine.
@Suite struct RemovalConformance {
    private static let owner: Rights = [.read, .append, .delete, .grant]

    @Test(arguments: StoreEngine.all)
    func eachEntryIsTakenOnceInOrderAndTheLastResortForEver(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(grants: [test.grant(Self.owner), test.grant(.take)])
            #expect(try await test.store.take(access[1], today: test.today) == nil)
            let ids = (0..<5).map { _ in EntryID.random() }
            try await test.append(access[0], id: ids[0], kind: .lastResort)
            try await test.append(access[0], id: ids[1])
            try await test.append(access[0], id: ids[2], body: StoreUnderTest.body(.fourKiB, 9))
            try await test.append(access[0], id: ids[3], kind: .lastResort)
            let first = try await test.store.take(access[1], today: test.today)
            #expect(first?.entryID == ids[1])
            try test.reopen()
            let second = try await test.store.take(access[1], today: test.today)
            #expect(second == TakenEntry(entryID: ids[2], kind: .application, body: StoreUnderTest.body(.fourKiB, 9)))
            for _ in 0..<2 {
                let last = try await test.store.take(access[1], today: test.today)
                #expect(last?.entryID == ids[3])
                #expect(last?.kind == .lastResort)
            }
            try await test.append(access[0], id: ids[4])
            #expect(try await test.store.take(access[1], today: test.today)?.entryID == ids[4])
            let read = try await test.read(access[0])
            #expect(read.entries.map { $0.body == nil } == [false, true, true, false, true])
            expectIntactChain(read)
        }
    }

    @Test(arguments: StoreEngine.all)
    func takesAreCountedUnlessThereWasNothing(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(grants: [test.grant(Self.owner), test.grant(.take, uses: 1)])
            #expect(try await test.store.take(access[1], today: test.today) == nil)
            try await test.append(access[0])
            try await test.append(access[0])
            #expect(try await test.store.take(access[1], today: test.today) != nil)
            await expectProblem(.quotaExhausted) { try await test.store.take(access[1], today: test.today) }
            #expect(try await test.read(access[0]).entries.map { $0.body == nil } == [true, false])
        }
    }

    @Test(arguments: StoreEngine.all)
    func concurrentTakesGetAnEntryEach(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(grants: [test.grant(Self.owner), test.grant(.take)])
            for _ in 0..<50 { try await test.append(access[0]) }
            let store = try test.store
            let today = test.today
            let taken = try await withThrowingTaskGroup(of: EntryID?.self) { group in
                for _ in 0..<60 { group.addTask { try await store.take(access[1], today: today)?.entryID } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(taken.compactMap(\.self)).count == 50)
            #expect(taken.count { $0 == nil } == 10)
        }
    }

    @Test(arguments: StoreEngine.all)
    func deletingLeavesTombstonesThatKeepTheChain(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(rights: Self.owner)
            let count = 600
            for index in 0..<count { try await test.append(access, id: EntryID(unchecked: Self.id(index))) }
            try await test.store.delete(access, upTo: 599)
            try await test.store.delete(access, upTo: 599)
            let read = try await test.read(access, limit: count)
            #expect(read.entries.map { $0.body == nil } == Array(repeating: true, count: 599) + [false])
            expectIntactChain(read)
            #expect(try await test.append(access, id: EntryID(unchecked: Self.id(3))).isDuplicate)
            try await test.store.delete(access, upTo: .max)
            #expect(try await test.append(access).sequence == 601)
            #expect(try await test.read(access, after: 599).entries.map { $0.body == nil } == [true, false])
        }
    }

    @Test(arguments: StoreEngine.all)
    func deletingTouchesItsEpochAlone(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let old = try await test.mailbox(rights: [.read, .append, .advance])
            try await test.append(old)
            let next = test.grant([.read, .append, .delete])
            try await test.advance(old, next: [next])
            let access = test.access(next, like: old)
            try await test.append(access, epoch: 1)
            try await test.store.delete(access, upTo: .max)
            #expect(try await test.read(old).entries.allSatisfy { $0.body != nil })
            #expect(try await test.read(access).entries.allSatisfy { $0.body == nil })
        }
    }

    @Test(arguments: StoreEngine.all)
    func anEntryExpiresAfterTheEndOfItsDayAndLeavesATombstone(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            try await test.append(access, retentionDays: 1)
            try await test.append(access, retentionDays: 3)
            try await test.append(access)
            // Kept for no less than the default: who has not read it cannot go on.
            try await test.advance(access, next: [test.grant()], retentionDays: 1)

            func present(_ days: Int) async throws -> [Bool] {
                try await test.read(access, today: test.today + days).entries.map { $0.body != nil }
            }
            for (days, expected) in [
                (1, [true, true, true, true]), (2, [false, true, true, true]), (3, [false, true, true, true]),
                (4, [false, false, true, true]), (14, [false, false, true, true]), (15, [false, false, false, true]),
                (90, [false, false, false, true]), (91, [false, false, false, false]),
            ] {
                #expect(try await present(days) == expected)
                while try await test.store.expireSome(today: test.today + days).hasMore {}
                #expect(try await present(0) == expected, "after \(days) days")
            }
            expectIntactChain(try await test.read(access))
        }
    }

    @Test(arguments: StoreEngine.all)
    func expiryGoesInStepsAndReachesEveryMailboxAndDay(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let accesses = [try await test.mailbox(), try await test.mailbox()]
            for access in accesses {
                for index in 0..<300 { try await test.append(access, retentionDays: UInt16(1 + index % 3)) }
            }
            #expect(try await test.store.expireSome(today: test.today + 1).hasMore == false)
            var steps = 0
            while try await test.store.expireSome(today: test.today + 3).hasMore { steps += 1 }
            // More than one look finds.
            #expect(steps >= 2)
            for access in accesses {
                let kept = try await test.read(access, limit: 300).entries.filter { $0.body != nil }
                #expect(kept.map(\.sequence) == stride(from: 3, through: 300, by: 3).map { UInt64($0) })
            }
            // An entry that is appended after its epoch was swept, by a clock that went back, expires too.
            try await test.append(accesses[0], retentionDays: 1)
            while try await test.store.expireSome(today: test.today + 3).hasMore {}
            #expect(try await test.read(accesses[0], after: 300).entries.map { $0.body == nil } == [true])
        }
    }

    @Test(arguments: StoreEngine.all)
    func anExpiredEntryIsNotTaken(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(grants: [test.grant(Self.owner), test.grant(.take)])
            let fresh = EntryID.random()
            try await test.append(access[0], retentionDays: 1)
            try await test.append(access[0], id: fresh)
            #expect(try await test.store.take(access[1], today: test.today + 2)?.entryID == fresh)
            #expect(try await test.store.take(access[1], today: test.today + 2) == nil)
        }
    }

    @Test func removedBodiesAreNowhereInTheFilesOfSQLite() async throws {
        try await StoreEngine.sqlite.withStore { test in
            let access = try await test.mailbox(grants: [test.grant(Self.owner), test.grant(.take)])
            let secret = Array("a body that must not stay on disk".utf8)
            func body(_ length: BodyLength) -> [UInt8] {
                Array((0...(length.rawValue / secret.count)).flatMap { _ in secret }.prefix(length.rawValue))
            }
            for length in BodyLength.allCases { try await test.append(access[0], body: body(length)) }
            #expect(try Self.files(in: test.directory, contain: secret))
            _ = try await test.store.take(access[1], today: test.today)
            try await test.store.delete(access[0], upTo: 3)
            while try await test.store.expireSome(today: test.today + 15).hasMore {}
            while try await test.store.scrubSome().hasMore {}
            #expect(try !Self.files(in: test.directory, contain: secret))
        }
    }

    @Test func theSpaceOfWhatExpiredIsGivenBackWhileAppendsGoOn() async throws {
        try await StoreEngine.sqlite.withStore { test in
            let access = try await test.mailbox()
            for _ in 0..<40 { try await test.append(access, retentionDays: 1, body: StoreUnderTest.body(.oneMiB)) }
            while try await test.store.scrubSome().hasMore {}
            let file = test.directory.appending(path: "relay.sqlite")
            func length() throws -> Int { try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0 }
            let full = try length()
            #expect(full > 40 << 20)
            let store = try test.store
            let today = test.today
            let removing = Task {
                while try await store.expireSome(today: today + 2).hasMore {}
                while try await store.scrubSome().hasMore {}
            }
            for _ in 0..<20 { try await test.append(access) }
            try await removing.value
            var again = file
            again.removeAllCachedResourceValues()
            #expect(try Data(contentsOf: again, options: .alwaysMapped).count < full / 8)
            let read = try await test.read(access)
            #expect(read.entries.map { $0.body == nil } == (0..<60).map { $0 < 40 })
            expectIntactChain(read)
        }
    }

    private static func files(in directory: URL, contain bytes: [UInt8]) throws -> Bool {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .contains {
                try Data(contentsOf: $0).firstRange(of: Data(bytes)) != nil
            }
    }

    private static func id(_ index: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(index >> 8), count: 15) + [UInt8(index & 0xff)]
    }
}
