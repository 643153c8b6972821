import Foundation
import GRDB
import RelayAPI
import Testing

@testable import Relay

/// The log's pages go into the store, and it begins anew, however busy the store is.
@Suite struct LogCheckpointTests {
    private static let logLength = 256 * 1024

    private static let engine = StoreEngine(
        testDescription: "SQLite, with a short log",
        open: {
            try SQLiteMailboxStore(
                file: $0.appending(path: "relay.sqlite"),
                limits: $1,
                logLength: logLength,
                now: { .now }
            )
        },
        close: StoreEngine.sqlite.close
    )

    /// More appends than any log needs to begin anew.
    private static let patience = 10_000

    @Test func theLogBeginsAnewUnderConstantAppendsAndReads() async throws {
        try await Self.engine.withStore { test in
            let access = try await test.mailbox()
            let store = try test.store
            let readers = (0..<4).map { _ in Task { while !Task.isCancelled { _ = try? await store.tokens() } } }
            for _ in 0..<5 { try await Self.appendUntilTheLogBeginsAnew(test, access) }
            for reader in readers { reader.cancel() }
            #expect(try await test.store.check().faults == [])
        }
    }

    @Test func aLogThatSomebodyReadsGrowsAndIsShortAgainBehindThem() async throws {
        try await Self.engine.withStore { test in
            let access = try await test.mailbox()
            let log = test.directory.appending(path: "relay.sqlite-wal")
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let file = test.directory.appending(path: "relay.sqlite").path
            let reader = try DatabaseQueue(path: file, configuration: configuration)
            try await reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT count(*) FROM entry") }
            // It may begin anew once more: who began to read when all had been moved reads nothing in the log.
            try await test.append(access)
            let salts = try Self.salts(of: log)
            while try Self.length(of: log) < 4 * Self.logLength { try await test.append(access) }
            #expect(try Self.salts(of: log) == salts)
            try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            try await Self.appendUntilTheLogBeginsAnew(test, access)
            while try await test.store.scrubSome().hasMore {}
            #expect(try Self.length(of: log) == Self.logLength)
            try reader.close()
        }
    }

    @Test func whenACommitFailsTheLogBeginsAnewSoThatTheNextNeedsNoRoom() async throws {
        var limits = RelayLimits()
        limits.maximumStoreBytes = 1 << 20
        try await StoreEngine.sqlite.withStore(limits: limits) { test in
            let access = try await test.mailbox()
            let log = test.directory.appending(path: "relay.sqlite-wal")
            // Far from as many pages as are moved without a reason.
            let salts = try Self.salts(of: log)
            await #expect(throws: Problem.self) { while true { try await test.append(access) } }
            #expect(try Self.salts(of: log) == salts)
            var day = 0
            while try Self.salts(of: log) == salts {
                try #require(day < Self.patience)
                // Changes one page, and makes the store no longer.
                try await test.store.remember(Day(day))
                day += 1
            }
        }
    }

    @Test func theLogTakesNoMoreThanAPartOfTheDisk() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending(path: "relay.sqlite")
            try Data().write(to: file)
            let free = try #require(LogFile(ofStore: file, length: 0).diskFreeBytes)
            #expect(LogFile(ofStore: file, length: .max).length < free / 4)
        }
    }

    private static func appendUntilTheLogBeginsAnew(_ test: StoreUnderTest, _ access: HashedAccess) async throws {
        let log = test.directory.appending(path: "relay.sqlite-wal")
        let salts = try salts(of: log)
        var count = 0
        while try self.salts(of: log) == salts {
            try #require(count < patience)
            try await test.append(access)
            count += 1
        }
    }

    /// In bytes.
    private static func length(of log: URL) throws -> Int {
        let file = try FileHandle(forReadingFrom: log)
        defer { try? file.close() }
        return Int(try file.seekToEnd())
    }

    /// A log that begins anew gets others ("WAL-mode File Format" in SQLite's documentation).
    private static func salts(of log: URL) throws -> Data {
        let file = try FileHandle(forReadingFrom: log)
        defer { try? file.close() }
        try file.seek(toOffset: 16)
        return try #require(try file.read(upToCount: 8))
    }
}
