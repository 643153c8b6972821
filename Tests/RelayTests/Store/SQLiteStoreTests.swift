import Foundation
import GRDB
import RelayAPI
import Testing

@testable import Relay

/// What is SQLite's alone.
@Suite struct SQLiteStoreTests {
    @Test func aStoreThatIsOpenedWithoutRoomForAnEntryIsNotReady() async throws {
        var limits = RelayLimits()
        limits.maximumStoreBytes = 8 << 20
        try await StoreEngine.sqlite.withStore(limits: limits) { test in
            let access = try await test.mailbox()
            try await test.store.checkReadiness()
            for _ in 0..<6 { try await test.append(access, body: StoreUnderTest.body(.oneMiB)) }
            try test.reopen()
            await expectProblem(.unavailable) { try await test.store.checkReadiness() }
        }
    }

    @Test func aStoreOfANewerVersionIsRefused() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending(path: "relay.sqlite")
            try SQLiteMailboxStore(file: file).close()
            let queue = try DatabaseQueue(path: file.path)
            try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('from the future')") }
            try queue.close()
            #expect(throws: StoreFault.newerSchema) { try SQLiteMailboxStore(file: file) }
        }
    }

    @Test func aTokenIssuedByAnotherProcessIsSeenAndOneRevokedThereIsRefused() async throws {
        try await StoreEngine.sqlite.withStore { test in
            let beside = try SQLiteMailboxStore(file: test.directory.appending(path: "relay.sqlite"))
            let token = AccessToken.random().hash
            func create() async throws {
                try await test.store.create(
                    CreateCommand(token: token, mailbox: .random(), epoch: 0, grants: [test.grant()], today: test.today)
                )
            }
            await expectProblem(.tokenRefused) { try await create() }
            try await beside.issueToken(token, label: "beside", mailboxes: 5)
            try await create()
            #expect(try await beside.tokens().map(\.mailboxesLeft) == [4])
            #expect(try await beside.revokeToken(id: StoredToken.id(of: token)))
            await expectProblem(.tokenRefused) { try await create() }
            try beside.close()
        }
    }

    @Test func theFileIsInWALModeAndCommitsReachTheDisk() async throws {
        try await StoreEngine.sqlite.withStore { test in
            let queue = try DatabaseQueue(path: test.directory.appending(path: "relay.sqlite").path)
            let (journal, vacuum) = try await queue.read { db in
                (
                    try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                    try Int.fetchOne(db, sql: "PRAGMA auto_vacuum")
                )
            }
            #expect(journal == "wal")
            #expect(vacuum == 2)
            try queue.close()
        }
    }

    /// Else `check` and `token list` would fail where a disk is full, and have SQLite move pages of a relay's log unseen.
    @Test func whoOnlyLooksAtAStoreBesideItsRelayWritesNothing() async throws {
        try await StoreEngine.sqlite.withStore { test in
            try await test.append(test.mailbox())
            let file = test.directory.appending(path: "relay.sqlite")
            func contents() throws -> [Data] {
                try [file.path, "\(file.path)-wal"].map { try Data(contentsOf: URL(filePath: $0)) }
            }
            let before = try contents()
            let beside = try SQLiteMailboxStore(file: file)
            #expect(try await beside.check().faults == [])
            #expect(try await beside.tokens().count == 1)
            try beside.close()
            #expect(try contents() == before)
        }
    }

    @Test func aCopyThatIsNotWholeWithoutItsLogReplacesNothing() async throws {
        try await StoreEngine.sqlite.withStore { test in
            let (file, copy) = (test.directory.appending(path: "copy"), test.directory.appending(path: "other"))
            try SQLiteBackup.write(test.directory.appending(path: "relay.sqlite"), to: file)
            var pieces = [Array(try Data(contentsOf: file))]
            // Somebody else keeps the copy's log from going into it.
            var holder: DatabaseQueue?
            await #expect(throws: StoreFault.cannotWrite) {
                try await SQLiteBackup.restore(as: copy) {
                    if let piece = pieces.popLast() { return piece }
                    holder = try DatabaseQueue(path: copy.path + ".restored")
                    try holder?
                        .writeWithoutTransaction {
                            try $0.execute(sql: "PRAGMA journal_mode = WAL; SELECT * FROM store")
                        }
                    return []
                }
            }
            try holder?.close()
            #expect(!FileManager.default.fileExists(atPath: copy.path))
        }
    }

    @Test func onlyALogThatEveryCommitSynchronisesIsWrittenInLargePieces() async throws {
        try await withTemporaryDirectory { directory in
            let pool = try DatabasePool(path: directory.appending(path: "relay.sqlite").path)
            try await pool.writeWithoutTransaction { db in
                #expect(throws: DatabaseError.self) { try LogWrites(of: db) }
                try db.execute(sql: "PRAGMA synchronous = FULL")
                _ = try LogWrites(of: db)
            }
            try pool.close()
        }
    }

    @Test func aFaultUndoesItsOwnRequestAndNoOther() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending(path: "relay.sqlite")
            let pool = try DatabasePool(path: file.path)
            try Schema.migrator.migrate(pool)
            let notifications = MailboxNotifications()
            let writer = MailboxWriter(limits: RelayLimits())
            let logWrites = try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                return try LogWrites(of: db)
            }
            let log = LogFile(ofStore: file, length: LogFile.standardLength)
            let checkpoints = try LogCheckpoints(of: log, store: file, configuration: Configuration())
            let queue = CommitQueue(
                pool: pool,
                log: log,
                writer: writer,
                logWrites: logWrites,
                checkpoints: checkpoints,
                notifications: notifications,
                hasRoom: true
            )
            let outcomes = await withTaskGroup(of: String.self) { group in
                for index in 0..<100 {
                    group.addTask {
                        do throws(Problem) {
                            try await queue.perform { writer in
                                let sql = "INSERT INTO token (hash, label, mailboxes_left) VALUES (?, '', 1)"
                                try writer.execute(sql, [Data([UInt8(index)])])
                                if index % 10 == 0 { throw DatabaseError(resultCode: .SQLITE_FULL) }
                                if index % 10 == 1 { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
                            }
                            return "done"
                        } catch {
                            return error.name.rawValue
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(outcomes == ["done": 80, "unavailable": 10, "internal": 10])
            let stored = try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM token") }
            #expect(stored == 80)
            try pool.close()
            try checkpoints.close()
        }
    }
}
