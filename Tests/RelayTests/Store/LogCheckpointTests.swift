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

    @Test func theLogBeginsAnewUnderConstantAppends() async throws {
        try await Self.engine.withStore { test in
            let access = try await test.mailbox()
            for _ in 0..<5 { try await Self.appendUntilTheLogBeginsAnew(test, access) }
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
