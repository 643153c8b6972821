import Foundation
import RelayAPI
import Testing

@testable import Relay
@testable import RelayTesting

/// A server that has gone without a word does not hold up a relay's end.
@Suite struct PostgreSQLShutdownTests {
    /// Everything that a store does at the same time waits: for an answer, and for a connection.
    @Test func aStoreClosesAlsoWhenTheServerSaysNothing() async throws {
        let server = try PostgreSQLServer()
        defer { server.stop() }
        try await StoreEngine.postgreSQL(on: server)
            .withStore { test in
                let access = try await test.mailbox()
                try await test.append(access)
                let (store, append, query) = (
                    try test.store, AppendCommand(access: access, epoch: 0, entry: test.entry()),
                    Self.query(access, test)
                )
                try server.freeze()
                defer { try? server.thaw() }
                async let appended: Void = expectProblem(.unavailable) { try await store.append(append) }
                async let read: Void = expectProblem(.unavailable) { try await store.read(query) }
                async let alsoRead: Void = expectProblem(.unavailable) { try await store.read(query) }
                try await Task.sleep(for: .milliseconds(300))
                let start = ContinuousClock.now
                try test.close()
                #expect(ContinuousClock.now - start < .seconds(4))
                _ = await (appended, read, alsoRead)
                // Nothing is begun any more.
                await expectProblem(.unavailable) { try await store.append(append) }
                await expectProblem(.unavailable) { try await store.read(query) }
                #expect(ContinuousClock.now - start < .seconds(15))
            }
    }

    /// It alone waits, for a table that somebody holds. The server looks whether it is still there.
    @Test func aStoreThatClosesLeavesNoListenerThatWaits() async throws {
        let server = try PostgreSQLServer(settings: ["client_connection_check_interval=100ms"])
        defer { server.stop() }
        try await StoreEngine.postgreSQL(on: server)
            .withStore { test in
                let address = try server.database(test.directory.lastPathComponent)
                let (holder, watcher) = (try PostgreSQLConnection(address), try PostgreSQLConnection(address))
                try holder.execute("BEGIN")
                try holder.run(script: "LOCK TABLE migration")
                try watcher.execute(
                    """
                    SELECT pg_terminate_backend(pid)::int::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted
                    """
                )
                let waits = "SELECT 1::bigint FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                try await eventually { try !watcher.execute(waits).isEmpty }
                try test.close()
                try await eventually { try watcher.execute(waits).isEmpty }
                try holder.commit([])
            }
    }

    /// As the relay's own maintenance is at its end.
    @Test func whoIsCancelledDoesNotWaitForTheServer() async throws {
        let server = try PostgreSQLServer()
        defer { server.stop() }
        try await StoreEngine.postgreSQL(on: server)
            .withStore { test in
                let (store, today) = (try test.store, test.today)
                try await store.checkReadiness()
                try server.freeze()
                defer { try? server.thaw() }
                let expiry = Task { try await store.expireSome(today: today) }
                try await Task.sleep(for: .milliseconds(300))
                let start = ContinuousClock.now
                expiry.cancel()
                await expectProblem(.unavailable) { try await expiry.value }
                #expect(ContinuousClock.now - start < .seconds(4))
                try test.close()
            }
    }

    private static func query(_ access: HashedAccess, _ test: StoreUnderTest) -> ReadQuery {
        ReadQuery(
            access: access,
            incarnation: .unknown,
            after: 0,
            limit: 1,
            maximumLength: Operation.maximumReadLength,
            today: test.today
        )
    }
}
