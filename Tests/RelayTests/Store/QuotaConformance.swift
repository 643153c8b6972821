import Foundation
import GRDB
import RelayAPI
import Testing

@testable import Relay

/// The bytes that a mailbox may hold, on every engine (Protocol/mailbox.md, "Deleting and expiry").
@Suite struct QuotaConformance {
    /// Room for so many bodies of 1 KiB.
    private static func limits(kibibytes: UInt64) -> RelayLimits {
        var limits = RelayLimits()
        limits.maximumMailboxBytes = kibibytes << 10
        return limits
    }

    @Test(arguments: StoreEngine.all)
    func aMailboxTakesEntriesAndAdvancesToItsLastByte(_ engine: StoreEngine) async throws {
        try await engine.withStore(limits: Self.limits(kibibytes: 6)) { test in
            let access = try await test.mailbox(uses: 10)
            let id = EntryID.random()
            try await test.append(access, id: id, body: StoreUnderTest.body(.fourKiB))
            for length in [BodyLength.fourKiB, .sixteenKiB] {
                await expectProblem(.mailboxFull) { try await test.append(access, body: StoreUnderTest.body(length)) }
            }
            try await test.append(access)
            try test.reopen()
            try await test.advance(access, next: [test.grant()])
            await expectProblem(.mailboxFull) {
                try await test.advance(access, next: [test.grant()], seen: test.read(access).entries.map(\.entryID))
            }
            // A lost answer can be asked for also when there is no room.
            #expect(try await test.append(access, id: id, body: StoreUnderTest.body(.fourKiB)).isDuplicate)
            #expect(try await test.read(access).entries.count == 3)
            // Another mailbox has room of its own.
            try await test.append(test.mailbox(), body: StoreUnderTest.body(.fourKiB))
        }
    }

    @Test(arguments: StoreEngine.all)
    func theRefusalNamesTheBoundAndWhenToAskAgain(_ engine: StoreEngine) async throws {
        try await engine.withStore(limits: Self.limits(kibibytes: 1)) { test in
            let access = try await test.mailbox()
            try await test.append(access)
            let refusal = await #expect(throws: Problem.self) { try await test.append(access) }
            #expect(refusal?.name == .mailboxFull)
            #expect(refusal?.detail == "at most 1024 bytes of entries at a time")
            #expect(refusal?.retryAfter == 3600)
        }
    }

    @Test(arguments: StoreEngine.all)
    func ofABatchIsTakenWhatFits(_ engine: StoreEngine) async throws {
        try await engine.withStore(limits: Self.limits(kibibytes: 6)) { test in
            let access = try await test.mailbox(uses: 3)
            let lengths: [BodyLength] = [.oneKiB, .fourKiB, .fourKiB, .oneKiB, .oneKiB]
            let results = try await test.store.append(
                lengths.map { length in
                    AppendCommand(
                        access: access,
                        epoch: 0,
                        entry: test.entry(body: StoreUnderTest.body(length))
                    )
                }
            )
            // The last has no uses left either, and that is looked at first.
            let names = results.map { result -> Problem.Name? in
                if case .failure(let problem) = result { problem.name } else { nil }
            }
            #expect(names == [nil, nil, .mailboxFull, nil, .quotaExhausted])
            #expect(try await test.read(access).entries.map { $0.body?.count } == [1024, 4096, 1024])
            #expect(try await test.store.check().faults == [])
        }
    }

    @Test(arguments: StoreEngine.all)
    func whatIsTakenDeletedOrExpiredGivesItsRoomBack(_ engine: StoreEngine) async throws {
        try await engine.withStore(limits: Self.limits(kibibytes: 4)) { test in
            let owner = test.grant([.read, .append, .delete, .grant])
            let access = try await test.mailbox(grants: [owner, test.grant(.take)])
            func fill() async throws {
                for _ in 0..<4 { try await test.append(access[0], retentionDays: 1) }
                await expectProblem(.mailboxFull) { try await test.append(access[0]) }
            }
            try await fill()
            _ = try await test.store.take(access[1], today: test.today)
            try await test.append(access[0], retentionDays: 1)
            await expectProblem(.mailboxFull) { try await test.append(access[0]) }
            // What is there twice over: the first is gone already.
            try await test.store.delete(access[0], upTo: 5)
            try await test.store.delete(access[0], upTo: 5)
            try await fill()
            try test.reopen()
            await expectProblem(.mailboxFull) { try await test.append(access[0]) }
            // On the day itself nothing expires, and after it all.
            while try await test.store.expireSome(today: test.today + 1).hasMore {}
            await expectProblem(.mailboxFull) { try await test.append(access[0]) }
            while try await test.store.expireSome(today: test.today + 2).hasMore {}
            try await fill()
            #expect(try await test.store.check().faults == [])
            #expect(try await test.read(access[0]).entries.count == 13)
        }
    }

    @Test(arguments: StoreEngine.all)
    func appendsTakesAndDeletionsAtOnceLeaveTheCountRight(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let owner = test.grant([.read, .append, .delete, .grant])
            let access = try await test.mailbox(grants: [owner, test.grant(.take)])
            let (store, today) = (try test.store, test.today)
            let limits = test.limits
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<120 {
                    group.addTask {
                        switch index % 4 {
                        case 0: _ = try await store.take(access[1], today: today)
                        case 1: try await store.delete(access[0], upTo: UInt64(index / 4))
                        case 2: _ = try await store.expireSome(today: today + 2)
                        default: break
                        }
                        let entry = NewEntry(
                            id: .random(),
                            kind: .application,
                            body: StoreUnderTest.body(index % 3 == 0 ? .fourKiB : .oneKiB),
                            retentionDays: 1,
                            limits: limits,
                            today: today
                        )
                        _ = try await store.append(AppendCommand(access: access[0], epoch: 0, entry: entry))
                    }
                }
                try await group.waitForAll()
            }
            // What it counts is what there is: `check` adds it up.
            #expect(try await store.check().faults == [])
        }
    }

    /// Else whoever may advance would fill the disk: what an advance brings stays when bodies go, and when it is removed.
    @Test(arguments: StoreEngine.all)
    func grantsAreCountedForGood(_ engine: StoreEngine) async throws {
        var limits = RelayLimits()
        limits.maximumGrants = 25
        try await engine.withStore(limits: limits) { test in
            // One grant.
            let access = try await test.mailbox(rights: [.read, .advance, .grant])
            func change(set: [Grant], remove: [CapabilityHash] = []) async throws {
                try await test.store.changeGrants(GrantCommand(access: access, set: set, remove: remove))
            }
            func advance(_ count: Int) async throws {
                let seen = try await test.read(access).entries.map(\.entryID)
                try await test.advance(access, next: (0..<count).map { _ in test.grant() }, seen: seen)
            }
            try await advance(20)
            let added = [test.grant(), test.grant(), test.grant()]
            try await change(set: added)
            try test.reopen()
            await expectProblem(.mailboxFull) { try await change(set: [test.grant(), test.grant()]) }
            await expectProblem(.mailboxFull) { try await advance(9) }
            // Replacing brings none, and removing gives none back.
            try await change(set: added)
            try await change(set: [], remove: added.map(\.capabilityHash))
            try await change(set: [test.grant()])
            await expectProblem(.mailboxFull) { try await change(set: [test.grant()]) }
            // Whoever has used all up keeps nobody from removing them.
            try await advance(8)
            await expectProblem(.mailboxFull) { try await change(set: [test.grant()]) }
            #expect(try await test.store.check().faults == [])
        }
    }

    @Test func aStoreFromBeforeTheQuotaIsCountedOnce() async throws {
        try await StoreEngine.sqlite.withStore(limits: Self.limits(kibibytes: 2)) { test in
            let access = try await test.mailbox()
            try await test.append(access)
            try await test.append(access)
            try test.close()
            let queue = try DatabaseQueue(path: test.directory.appending(path: "relay.sqlite").path)
            try await queue.write { db in
                try db.execute(
                    sql: """
                        ALTER TABLE mailbox DROP COLUMN body_bytes;
                        ALTER TABLE mailbox DROP COLUMN grants;
                        DELETE FROM grdb_migrations WHERE identifier IN ('body bytes', 'grants');
                        """
                )
            }
            try queue.close()
            try test.open()
            await expectProblem(.mailboxFull) { try await test.append(access) }
            #expect(try await test.store.check().faults == [])
        }
    }

    @Test func aDatabaseFromBeforeTheQuotaIsCountedOnce() async throws {
        try await StoreEngine.postgreSQL.withStore(limits: Self.limits(kibibytes: 2)) { test in
            let access = try await test.mailbox()
            try await test.append(access)
            try await test.append(access)
            let empty = try await test.mailbox()
            try test.close()
            let connection = try PostgreSQLConnection(StoreEngine.database(for: test.directory))
            try connection.run(
                script: """
                    ALTER TABLE mailbox DROP COLUMN body_bytes;
                    ALTER TABLE mailbox DROP COLUMN grants;
                    DELETE FROM migration WHERE name IN ('body bytes', 'grants');
                    """
            )
            try test.open()
            await expectProblem(.mailboxFull) { try await test.append(access) }
            try await test.append(empty)
            #expect(try await test.store.check().faults == [])
        }
    }
}
