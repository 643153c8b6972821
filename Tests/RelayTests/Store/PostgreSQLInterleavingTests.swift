import Foundation
import RelayAPI
import Testing

@testable import Relay
@testable import RelayTesting

/// What others do to a relay's transactions between two of their steps: other relays, operators, the network.
@Suite struct PostgreSQLInterleavingTests {
    // MARK: Between a commit and its answer

    /// The commit waits for a replica that there is not; its process is ended, and only that one. So the entry is there, and
    /// the relay hears nothing of it but what its second attempt finds.
    @Test(arguments: [EntryKind.application, .advance])
    func whenACommitsAnswerIsLostReadersAreWokenAllTheSame(_ kind: EntryKind) async throws {
        try await Self.withReplicaAwaited { server, test, connection in
            let access = try await test.mailbox()
            let woken = Self.wakeUp(of: try test.store.notifications.subscribe(to: [access.mailbox]))
            try server.awaitReplica(true, connection)
            let entry = Self.send(kind, access, test, by: try test.store)
            try await Self.commitWaits(connection, then: "pg_terminate_backend")
            try server.awaitReplica(false, connection)
            #expect(try await entry.value.isDuplicate)
            #expect(await woken.value == [access.mailbox])
        }
    }

    /// An operator cuts the wait for the replica short. What the client is refused is there, and readers hear of it, whether the
    /// client repeats it or not; of a repeat by another relay they hear too.
    @Test(arguments: [EntryKind.application, .advance])
    func whenACommitIsNotVouchedForReadersAreWokenByItAndByItsRepeat(_ kind: EntryKind) async throws {
        try await Self.withReplicaAwaited { server, test, connection in
            let access = try await test.mailbox()
            let other = try test.beside()
            let woken = Self.wakeUp(of: try test.store.notifications.subscribe(to: [access.mailbox]))
            let id = EntryID.random()
            try server.awaitReplica(true, connection)
            let refused = Self.send(kind, access, id: id, test, by: try test.store)
            try await Self.commitWaits(connection, then: "pg_cancel_backend")
            await expectProblem(.unavailable) { try await refused.value }
            #expect(await woken.value == [access.mailbox])
            let wokenAgain = Self.wakeUp(of: try test.store.notifications.subscribe(to: [access.mailbox]))
            try server.awaitReplica(false, connection)
            #expect(try await Self.send(kind, access, id: id, test, by: try other.store).value.isDuplicate)
            #expect(await wokenAgain.value == [access.mailbox])
            try other.close()
        }
    }

    /// The server goes on with a commit whose connection is lost, after this relay has given it up.
    @Test func whatAnnouncesItselfAfterItWasGivenUpIsHeard() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let address = try StoreEngine.database(for: test.directory)
            let (mailbox, notifications) = (MailboxID.random(), MailboxNotifications())
            let listener = PostgreSQLListener(address, among: PostgreSQLSockets(), notifications: notifications) { _ in
            }
            listener.start()
            try await Self.waiting { listener.isListening }
            let server = try PostgreSQLConnection(address)
            let late = listener.announcements(of: [mailbox])
            let woken = Self.wakeUp(of: notifications.subscribe(to: [mailbox]))
            #expect(throws: PostgreSQLError.lost) {
                try listener.announcing(in: [mailbox]) { throw PostgreSQLError.lost }
            }
            #expect(await woken.value == [mailbox])
            let wokenAgain = Self.wakeUp(of: notifications.subscribe(to: [mailbox]))
            try server.execute(late)
            #expect(await wokenAgain.value == [mailbox])
            let work = DispatchGroup()
            listener.close(work)
            await withCheckedContinuation { continuation in work.notify(queue: .global()) { continuation.resume() } }
        }
    }

    // MARK: Between two statements

    /// While appends wait for one mailbox, another relay opens an epoch of a second one, whose capability one of them has, and
    /// is about to open the next. Nothing may be appended between.
    @Test func aMailboxWhoseGrantCameWhileATransactionWaitedIsNotWritten() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let (held, access) = (try await test.mailbox(), try await test.mailbox())
            let next = test.grant()
            let commands = [
                AppendCommand(access: held, epoch: 0, entry: test.entry()),
                AppendCommand(access: test.access(next, like: access), epoch: 1, entry: test.entry()),
            ]
            let (store, limits) = (try test.store, test.limits)
            let address = try StoreEngine.database(for: test.directory)
            let (holder, advancer) = (try PostgreSQLConnection(address), try PostgreSQLConnection(address))
            let watcher = try PostgreSQLConnection(address)
            try Self.hold(held.mailbox, holder)
            // As the store does it, but waiting for as long as it takes.
            async let results = Self.blocking {
                try PostgreSQLEntries(connection: PostgreSQLConnection(address), limits: limits)
                    .append(commands, waiting: 60, announcing: { _ in [] })
                    .results
            }
            let appends = try await Self.blocked(by: holder, watcher)
            let first = EntryID.random()
            try await test.advance(access, id: first, next: [next])
            try advancer.execute("BEGIN")
            _ = try PostgreSQLEntries(connection: advancer, limits: test.limits)
                .advance(
                    AdvanceCommand(
                        access: access,
                        epoch: 0,
                        entry: test.entry(.advance),
                        next: [test.grant()],
                        advancesSeen: [first]
                    )
                )
            try holder.commit([])
            // The appends are done, or at the mailbox.
            try await Self.waiting {
                try watcher.execute(
                    """
                    SELECT 1::bigint FROM pg_stat_activity
                    WHERE pid = $1 AND state <> 'idle' AND pg_blocking_pids(pid) <> ARRAY[$2::int]
                    """,
                    [.integer(appends), .integer(advancer.process)]
                )
                .isEmpty
            }
            try advancer.commit([])
            let answers = try await results
            #expect(try answers[0].get().sequence == 1)
            await expectProblem(.unavailable) { try answers[1].get() }
            #expect(try await store.append([commands[1]])[0].get().sequence == 3)
            #expect(try await store.check().faults == [])
        }
    }

    /// Somebody holds a mailbox for long. What comes for others while appends wait for it is not refused, and waits little.
    @Test func aMailboxThatSomebodyHoldsStopsNoAppendsToOthers() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let (held, free) = (try await test.mailbox(), try await test.mailbox())
            let address = try StoreEngine.database(for: test.directory)
            let holder = try PostgreSQLConnection(address)
            try Self.hold(held.mailbox, holder)
            let start = ContinuousClock.now
            let store = try test.store
            let others = (0..<40).map { Self.send(.application, $0 % 2 == 0 ? held : free, test, by: store) }
            let together = [free, held].map { AppendCommand(access: $0, epoch: 0, entry: test.entry()) }
            let results = try await store.append(together)
            #expect((try? results[0].get()) != nil)
            await expectProblem(.unavailable) { try results[1].get() }
            for (index, append) in others.enumerated() {
                if index % 2 == 0 {
                    await expectProblem(.unavailable) { try await append.value }
                } else {
                    _ = try await append.value
                }
            }
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(try await test.read(free).head == 21)
            // And is served again when it is free.
            try holder.commit([])
            #expect(try await test.append(held).sequence == 1)
        }
    }

    /// Nor does it keep all connections from those who read others, however much is asked of it.
    @Test func aMailboxThatSomebodyHoldsStopsNoReadsOfOthers() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let (held, free) = (try await test.mailbox(), try await test.mailbox())
            try await test.append(free)
            let holder = try PostgreSQLConnection(StoreEngine.database(for: test.directory))
            try Self.hold(held.mailbox, holder)
            let store = try test.store
            let advances = (0..<8).map { _ in Self.send(.advance, held, test, by: store) }
            try await Task.sleep(for: .milliseconds(300))
            let start = ContinuousClock.now
            #expect(try await test.read(free).head == 1)
            #expect(ContinuousClock.now - start < .seconds(5))
            for advance in advances { await expectProblem(.unavailable) { try await advance.value } }
            try holder.commit([])
            #expect(try await Self.send(.advance, held, test, by: store).value.sequence == 1)
        }
    }

    /// Each of some mailboxes is held for less long than appends wait for one. Appends to another do not wait for all of these.
    @Test func mailboxesThatAreHeldOneAfterTheOtherDoNotAddUp() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let (store, address) = (try test.store, try StoreEngine.database(for: test.directory))
            var holders: [PostgreSQLConnection] = []
            var accesses: [HashedAccess] = []
            for _ in 0..<10 {
                accesses.append(try await test.mailbox())
                holders.append(try PostgreSQLConnection(address))
                try Self.hold(accesses.last!.mailbox, holders.last!)
            }
            accesses.append(try await test.mailbox())
            let commands = accesses.map { AppendCommand(access: $0, epoch: 0, entry: test.entry()) }
            let start = ContinuousClock.now
            let appends = Task { (results: try await store.append(commands), end: ContinuousClock.now) }
            for holder in holders {
                try await Task.sleep(for: .milliseconds(700))
                try holder.commit([])
            }
            let (results, end) = try await appends.value
            #expect((try? results[10].get()) != nil)
            await expectProblem(.unavailable) { try results[9].get() }
            #expect(end - start < .seconds(5))
        }
    }

    // MARK: While a relay does not listen

    /// Only the connection that says that a relay serves breaks, while somebody waits to draw a new incarnation.
    @Test func anIncarnationThatIsDrawnUnderARelayIsTheRelaysToo() async throws {
        try await StoreEngine.postgreSQL.withStore { test in
            let access = try await test.mailbox()
            let (store, drawn) = (try test.store, Incarnation.random())
            let address = try StoreEngine.database(for: test.directory)
            async let drawing: Void = Self.blocking {
                let connection = try PostgreSQLConnection(address)
                try connection.execute("SELECT pg_advisory_lock($1)", [.integer(PostgreSQLListener.serving)])
                try connection.execute("UPDATE store SET incarnation = $1", [.opaque(drawn)])
            }
            let watcher = try PostgreSQLConnection(address)
            let locks = """
                FROM pg_locks JOIN pg_database ON oid = database
                WHERE datname = current_database() AND locktype = 'advisory'
                """
            try await Self.waiting { try !watcher.execute("SELECT 1::bigint \(locks) AND NOT granted").isEmpty }
            try watcher.execute("SELECT pg_terminate_backend(pid)::int::bigint \(locks) AND granted")
            try await drawing
            try await Self.waiting { store.incarnation == drawn }
            #expect(try await test.read(access, incarnation: drawn).entries.isEmpty)
        }
    }

    /// A session has read it and stands still, while the listener reads the one that was drawn since.
    @Test func anIncarnationThatWasReadBeforeADrawIsNotStoredAfterIt() {
        let (current, drawn) = (PostgreSQLIncarnation(), Incarnation.random())
        current.update {
            let before = Incarnation.random()
            current.update { drawn }
            return before
        }
        #expect(current.value == drawn)
        let next = Incarnation.random()
        current.update { next }
        #expect(current.value == next)
    }

    // MARK: Helpers

    /// Locks a mailbox for as long as the transaction lasts.
    private static func hold(_ mailbox: MailboxID, _ connection: PostgreSQLConnection) throws {
        try connection.execute("BEGIN")
        try connection.execute("SELECT id FROM mailbox WHERE mailbox_id = $1 FOR UPDATE", [.opaque(mailbox)])
    }

    /// Waits until a process waits for what a connection holds.
    /// - Returns: which process.
    private static func blocked(by holder: PostgreSQLConnection, _ watcher: PostgreSQLConnection) async throws -> Int64
    {
        var found: [PostgreSQLRow] = []
        try await waiting {
            found = try watcher.execute(
                "SELECT pid::bigint FROM pg_stat_activity WHERE pg_blocking_pids(pid) = ARRAY[$1::int]",
                [.integer(holder.process)]
            )
            return !found.isEmpty
        }
        return try found[0].integer(0)
    }

    /// Runs a test on a server of its own, of which commits can be made to wait.
    private static func withReplicaAwaited(
        _ body: (PostgreSQLServer, StoreUnderTest, PostgreSQLConnection) async throws -> Void
    ) async throws {
        let server = try PostgreSQLServer()
        defer { server.stop() }
        try await StoreEngine.postgreSQL(on: server)
            .withStore { test in
                try await body(server, test, PostgreSQLConnection(server.database(test.directory.lastPathComponent)))
            }
    }

    /// Appends an entry, or an advance, while something else goes on.
    private static func send(
        _ kind: EntryKind,
        _ access: HashedAccess,
        id: EntryID = .random(),
        _ test: StoreUnderTest,
        by store: any MailboxStore
    ) -> Task<AppendedEntry, any Error> {
        let entry = test.entry(kind, id: id)
        let next = [test.grant()]
        return Task {
            guard kind == .advance else {
                return try await store.append(AppendCommand(access: access, epoch: 0, entry: entry))
            }
            return try await store.advance(
                AdvanceCommand(access: access, epoch: 0, entry: entry, next: next, advancesSeen: [])
            )
        }
    }

    /// Waits until a commit waits for a replica, and does something to the process that is at it.
    private static func commitWaits(_ connection: PostgreSQLConnection, then function: String) async throws {
        try await waiting {
            try
                !connection.execute(
                    "SELECT \(function)(pid)::int::bigint FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                )
                .isEmpty
        }
    }

    /// What the first wake-up says; nil when there is none for long.
    private static func wakeUp(of subscription: Subscription) -> Task<Set<MailboxID>?, Never> {
        let end = Task {
            try await Task.sleep(for: .seconds(30))
            subscription.end()
        }
        return Task {
            defer { end.cancel() }
            return await subscription.wait()
        }
    }

    /// Runs something that blocks, on a thread that others do not need.
    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
        }
    }

    private static func waiting(_ condition: () throws -> Bool) async throws {
        let start = ContinuousClock.now
        while try !condition() {
            try #require(ContinuousClock.now - start < .seconds(30))
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

extension PostgreSQLConnection {
    /// The server's process that serves it.
    fileprivate var process: Int64 {
        get throws { try execute("SELECT pg_backend_pid()::bigint")[0].integer(0) }
    }
}

extension PostgreSQLServer {
    /// Makes commits wait for a replica, which there is not, or lets them go.
    fileprivate func awaitReplica(_ isAwaited: Bool, _ connection: PostgreSQLConnection) throws {
        try connection.run(script: "ALTER SYSTEM SET synchronous_standby_names = '\(isAwaited ? "nobody" : "")'")
        try connection.run(script: "SELECT pg_reload_conf()")
        // The processes read it when they come to it: those that are made next, in any case.
        while try connection.execute("SELECT current_setting('synchronous_standby_names')")[0].text(0).isEmpty
            == isAwaited
        {
            usleep(10_000)
        }
    }
}
