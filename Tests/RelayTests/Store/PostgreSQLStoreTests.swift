import Foundation
import RelayAPI
import Synchronization
import Testing

@testable import Relay
@testable import RelayTesting

/// What is PostgreSQL's alone.
@Suite struct PostgreSQLStoreTests {
    @Test func aStoreOfANewerVersionIsRefusedAlsoByARelayThatRuns() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let address = try StoreEngine.database(for: test.directory)
            let access = try await test.mailbox()
            let connection = try PostgreSQLConnection(address)
            try connection.run(script: "INSERT INTO migration VALUES ('from the future')")
            #expect(throws: StoreFault.newerSchema) { try PostgreSQLMailboxStore(address: address) }
            try connection.run(
                script: """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """
            )
            await expectProblem(.internal) { try await test.append(access) }
        }
    }

    /// The tables are made slowly, for a server that gives a statement less time.
    @Test func aMigrationTakesAsLongAsItTakes() throws {
        let name = "migration-\(UUID().uuidString)"
        let connection = try PostgreSQLConnection(PostgreSQLServer.shared.get().database(name))
        try connection.run(
            script: """
                CREATE FUNCTION dawdle() RETURNS event_trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        PERFORM pg_sleep(2) FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.store';
                    END
                $$;
                CREATE EVENT TRIGGER dawdle ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION dawdle();
                SET statement_timeout = '1s';
                """
        )
        try PostgreSQLSchema.migrate(connection)
        try PostgreSQLSchema.check(connection)
        #expect(try connection.execute("SELECT current_setting('statement_timeout')")[0].text(0) == "1s")
    }

    @Test func aServerThatIsNotThereAndAnAddressThatIsNoneAreSaid() throws {
        let address = try #require(PostgreSQLAddress("postgres://somebody:secret@127.0.0.1:1/relay"))
        #expect(address.description == "postgres://127.0.0.1/relay")
        do throws(StoreFault) {
            _ = try PostgreSQLMailboxStore(address: address)
            Issue.record("opened")
        } catch {
            guard case .unreachable = error else { throw error }
            #expect(!error.description.contains("secret"))
        }
        let none = [
            "sqlite", "postgres://host/name?nonsense=1", "mysql://host/name",
            // libpq would ask for a server "cret@host", and say so.
            "postgres://somebody:se@cret@host/name",
            // And for a port "se".
            "postgres://somebody:se/cret@host/name",
        ]
        for text in none { #expect(PostgreSQLAddress(text) == nil) }
        #expect(PostgreSQLAddress("postgres://somebody:se%40cret@host/n@me?user=a@b") != nil)
    }

    @Test func aRestoredStoreIsAnotherIncarnation() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let access = try await test.mailbox()
            let before = try test.store.incarnation
            let connection = try PostgreSQLConnection(StoreEngine.database(for: test.directory))
            try connection.run(script: "UPDATE store SET incarnation = uuid_send(gen_random_uuid())")
            await expectProblem(.incarnationChanged) { try await test.read(access, incarnation: before) }
            try test.reopen()
            #expect(try await test.read(access, incarnation: test.store.incarnation).entries.isEmpty)
        }
    }

    @Test func anIncarnationIsNotDrawnUnderRelaysThatServe() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let before = try test.store.incarnation
            let address = try StoreEngine.database(for: test.directory)
            #expect(throws: StoreFault.inUse) { try PostgreSQLMailboxStore.drawIncarnation(address: address) }
            try test.reopen()
            #expect(try test.store.incarnation == before)
            try test.close()
            try PostgreSQLMailboxStore.drawIncarnation(address: address)
            try test.open()
            #expect(try test.store.incarnation != before)
        }
    }

    /// Every later append builds on them.
    @Test(arguments: ["head = head - 1", "head_hash = opening_hash"])
    func anEpochThatSaysOtherwiseHowItEndsIsFound(_ change: String) async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let access = try await test.mailbox()
            for _ in 0..<2 { try await test.append(access) }
            #expect(try await test.store.check().faults == [])
            let connection = try PostgreSQLConnection(StoreEngine.database(for: test.directory))
            try connection.run(script: "UPDATE epoch SET \(change)")
            #expect(try await test.store.check().faults.count == 1)
        }
    }

    @Test func aPageOfALongMailboxLooksAtThatPageAlone() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let access = try await test.mailbox()
            try await test.append(access)
            let connection = try PostgreSQLConnection(StoreEngine.database(for: test.directory))
            try connection.run(
                script: """
                    INSERT INTO entry SELECT epoch, number, mailbox, decode(md5(number::text), 'hex'), kind, next, body_hash,
                        running_hash, last_day, NULL FROM entry, generate_series(2, 5000) AS number;
                    ANALYZE;
                    """
            )
            let page = PostgreSQLReader.entries(
                ReadQuery(
                    access: access,
                    incarnation: .unknown,
                    after: 100,
                    limit: 16,
                    maximumLength: Operation.maximumReadLength,
                    today: test.today
                )
            )
            let plan = try connection.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + page.sql, page.values)
            let looked = try #require(plan.first).text(0).split(separator: "\n")
                .drop { !$0.contains(#"Name": "entry""#) }
            #expect(looked.first { $0.contains("Actual Rows") }?.contains(" 16,") == true)
        }
    }

    /// The server's own recovery after one of its processes was killed: all connections break, commits lose their
    /// answers, and for a while nobody is let in.
    @Test func whenTheServerCrashesNothingAcknowledgedIsLostAndNothingDoubled() async throws {
        let server = try PostgreSQLServer(settings: ["recovery_init_sync_method=syncfs"])
        defer { server.stop() }
        let address = try server.database("crash")
        let store = try PostgreSQLMailboxStore(address: address)
        let token = AccessToken.random().hash
        let access = HashedAccess(mailbox: .random(), capability: Capability.random().hash)
        let today = Day(20_000)
        try await store.issueToken(token, label: "", mailboxes: 1)
        let grant = Grant(capabilityHash: access.capability, rights: [.read, .append], uses: 100_000)
        try await store.create(
            CreateCommand(token: token, mailbox: access.mailbox, epoch: 0, grants: [grant], today: today)
        )
        let answered = Answered()
        let load = Task {
            try await withThrowingTaskGroup(of: [EntryID: AppendedEntry].self) { group in
                for _ in 0..<8 { group.addTask { try await Self.append(to: store, access, today: today, answered) } }
                return try await group.reduce(into: [:]) { $0.merge($1) { $1 } }
            }
        }
        // Before each crash and after the last, the store finds the server again by itself.
        for crashes in 0...3 {
            let before = answered.count.load(ordering: .relaxed)
            while answered.count.load(ordering: .relaxed) < before + 100 {
                try await Task.sleep(for: .milliseconds(10))
            }
            if crashes < 3 { try await Self.crash(address) }
        }
        load.cancel()
        let acknowledged = try await load.value
        var entries: [ReadEntry] = []
        var page: ReadResponse
        repeat {
            page = try await store.read(
                ReadQuery(
                    access: access,
                    incarnation: .unknown,
                    after: entries.last?.sequence ?? 0,
                    limit: 256,
                    maximumLength: Operation.maximumReadLength,
                    today: today
                )
            )
            entries += page.entries
        } while entries.last?.sequence != page.head
        #expect(entries.map(\.sequence) == Array(1..<UInt64(entries.count) + 1))
        #expect(Set(entries.map(\.entryID)).count == entries.count)
        var hash = page.openingHash
        for entry in entries {
            hash = hash.following(with: entry.runningHashEntry(epoch: 0))
            #expect(entry.runningHash == hash)
        }
        for (id, answer) in acknowledged {
            let stored = entries[Int(answer.sequence) - 1]
            #expect(stored.entryID == id)
            #expect(stored.runningHash == answer.runningHash)
        }
        store.close()
    }

    /// How many appends have been acknowledged.
    private final class Answered: Sendable {
        let count = Atomic(0)
    }

    /// Appends until its task is cancelled, asking again for what is refused as unavailable, which is all that may be.
    private static func append(
        to store: PostgreSQLMailboxStore,
        _ access: HashedAccess,
        today: Day,
        _ answered: Answered
    ) async throws -> [EntryID: AppendedEntry] {
        var acknowledged: [EntryID: AppendedEntry] = [:]
        while !Task.isCancelled {
            let entry = NewEntry(
                id: .random(),
                kind: .application,
                body: StoreUnderTest.body(),
                retentionDays: 0,
                limits: RelayLimits(),
                today: today
            )
            while acknowledged[entry.id] == nil, !Task.isCancelled {
                do throws(Problem) {
                    acknowledged[entry.id] = try await store.append(
                        AppendCommand(access: access, epoch: 0, entry: entry)
                    )
                    answered.count.add(1, ordering: .relaxed)
                } catch {
                    guard error.name == .unavailable else { throw error }
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
        }
        return acknowledged
    }

    /// Kills the server's process of a connection of ours; the server then ends all the others and recovers.
    private static func crash(_ address: PostgreSQLAddress) async throws {
        try await untilItAnswers {
            let connection = try PostgreSQLConnection(address)
            let found = try connection.execute("SELECT pg_backend_pid()::bigint")
            kill(Int32(try found[0].integer(0)), SIGKILL)
        }
    }

    /// Tries again while the server recovers.
    private static func untilItAnswers(_ body: () throws -> Void) async throws {
        let start = ContinuousClock.now
        while true {
            do {
                return try body()
            } catch  where error is PostgreSQLError && ContinuousClock.now - start < .seconds(30) {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
