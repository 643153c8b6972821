import Foundation
import GRDB
import RelayAPI
import Synchronization
import Testing

@testable import Relay

/// Expiry and giving space back hold others up for a bounded time.
@Suite struct ExpiryStepTests {
    /// Each look at it takes a millisecond, as if each removal did.
    private final class SlowClock: Sendable {
        private let start = ContinuousClock.now
        private let looks = Atomic(0)

        func now() -> ContinuousClock.Instant {
            start + .milliseconds(looks.add(1, ordering: .relaxed).newValue)
        }
    }

    /// The engines, by a clock of a test's own, with how many pieces each at least makes of 120 bodies of which three are of
    /// 1 MiB, and of 20 parts.
    private static var engines: [(engine: StoreEngine, pieces: Int)] { [(sqlite(), 140), (postgreSQL(), 28)] }

    private static func postgreSQL() -> StoreEngine {
        let clock = SlowClock()
        return StoreEngine(
            testDescription: "PostgreSQL, by another clock",
            open: { try PostgreSQLMailboxStore(address: StoreEngine.database(for: $0), limits: $1, now: clock.now) },
            close: StoreEngine.postgreSQL.close
        )
    }

    private static func sqlite(now: @escaping @Sendable () -> ContinuousClock.Instant = SlowClock().now) -> StoreEngine
    {
        StoreEngine(
            testDescription: "SQLite, by another clock",
            open: {
                try SQLiteMailboxStore(
                    file: $0.appending(path: "relay.sqlite"),
                    limits: $1,
                    logLength: LogFile.standardLength,
                    now: now
                )
            },
            close: StoreEngine.sqlite.close
        )
    }

    @Test(arguments: engines)
    func aStepEndsInTimeHoweverLongEachRemovalTakes(_ engine: StoreEngine, pieces: Int) async throws {
        try await engine
            .withStore { test in
                let access = try await test.mailbox()
                for index in 0..<120 {
                    let body = StoreUnderTest.body(index % 40 == 0 ? .oneMiB : .oneKiB)
                    try await test.append(access, retentionDays: 1, body: body)
                }
                let blob = try await test.blob(beside: access, parts: 20, retentionDays: 1)
                for index in 0..<20 { try await test.put(blob, index, [UInt8](repeating: 1, count: BlobPart.length)) }
                var steps = 0
                while case let step = try await test.store.expireSome(today: test.today + 2), step.hasMore {
                    #expect(step.held <= StepPace.longest)
                    try await test.append(access)
                    steps += 1
                }
                // None takes less than a millisecond of five.
                #expect(steps >= pieces / 5)
                while case let step = try await test.store.scrubSome(), step.hasMore {
                    #expect(step.held <= StepPace.longest)
                    steps += 1
                }
                let report = try await test.store.check()
                #expect(report.faults == [])
                #expect(report.entries - report.bodies == 120)
                #expect(report.blobParts == 0)
            }
    }

    @Test(arguments: engines.map(\.engine)) func aDeletionIsDoneInSeveralTransactionsAndWhole(
        _ engine: StoreEngine
    ) async throws {
        try await engine
            .withStore { test in
                let access = try await test.mailbox(rights: [.read, .append, .delete])
                for _ in 0..<50 { try await test.append(access) }
                try await test.store.delete(access, upTo: 49)
                #expect(try await test.read(access).entries.map { $0.body == nil } == (0..<50).map { $0 < 49 })
            }
    }

    /// Who asks again while the first request is at it finds that the parts, and so the capability, are gone in the end.
    @Test func aBlobThatTwoDeleteAtOnceIsDeletedForBoth() async throws {
        let clock = SlowClock()
        let (looks, look) = AsyncStream.makeStream(of: Void.self)
        let engine = Self.sqlite {
            // The other has time to ask while the writer is in a step of the first.
            look.yield()
            usleep(20_000)
            return clock.now()
        }
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let blob = try await test.blob(beside: access, parts: 20)
            for index in 0..<20 { try await test.put(blob, index, [UInt8](repeating: 1, count: BlobPart.length)) }
            let (store, today) = (try test.store, test.today)
            async let first: Void = store.deleteBlob(blob.write, today: today)
            for await _ in looks { break }
            try await store.deleteBlob(blob.write, today: today)
            try await first
            #expect(try await store.check().blobParts == 0)
        }
    }

    @Test func theDiskSetsThePace() {
        var pace = StepPace()
        for _ in 0..<50 { pace.adapt(to: .milliseconds(1)) }
        // A quick disk lets a step work for half of what it may hold the writer, and no longer.
        #expect(pace.time == StepPace.longest / 2)
        // A slow one brings the next step down at once.
        pace.adapt(to: .milliseconds(50))
        #expect(pace.time == .microseconds(500))
        // However slow it is, each step does something.
        for _ in 0..<50 { pace.adapt(to: .seconds(1)) }
        #expect(pace.time > .zero)
        for _ in 0..<50 { pace.adapt(to: .milliseconds(5)) }
        #expect(pace.time < .milliseconds(1))
    }

    @Test(arguments: StoreEngine.all)
    func aStepThatFindsManyShortEpochsTakesThemTogether(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            var accesses: [HashedAccess] = []
            for _ in 0..<40 {
                accesses.append(try await test.mailbox())
                try await test.append(accesses[accesses.count - 1], retentionDays: 1)
            }
            var steps = 0
            while try await test.store.expireSome(today: test.today + 2).hasMore { steps += 1 }
            #expect((1..<40).contains(steps))
            for access in accesses { #expect(try await test.read(access).entries.map { $0.body == nil } == [true]) }
        }
    }

    @Test func whoeverReadsForLongDoesNotHoldUpTheWriterAndTheLogIsEmptiedLater() async throws {
        try await StoreEngine.sqlite.withStore { test in
            let access = try await test.mailbox(rights: [.read, .append, .delete])
            let secret = Array("a body that must not stay in the log".utf8)
            try await test.append(access, body: secret + [UInt8](repeating: 0, count: 1024 - secret.count))
            let log = test.directory.appending(path: "relay.sqlite-wal")
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let file = test.directory.appending(path: "relay.sqlite").path
            let reader = try DatabaseQueue(path: file, configuration: configuration)
            try await reader.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN; SELECT count(*) FROM entry")
            }
            try await test.store.delete(access, upTo: 1)
            #expect(try await test.store.scrubSome().hasMore == false)
            #expect(try Data(contentsOf: log).firstRange(of: Data(secret)) != nil)
            try await test.append(access)
            try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            while try await test.store.scrubSome().hasMore {}
            #expect(try Data(contentsOf: log).firstRange(of: Data(secret)) == nil)
            try reader.close()
        }
    }
}

/// Appends go on while much expires. What `make test` does is short; the figures in Docs/performance.md are of
///
///     AADR_EXPIRED_ENTRIES=100000 swift test --skip-build --filter '^RelayTests\.ExpiryLoadTests'
@Suite(.serialized) struct ExpiryLoadTests {
    private static let count =
        ProcessInfo.processInfo.environment["AADR_EXPIRED_ENTRIES"].flatMap { Int($0) } ?? 1_000

    @Test(arguments: StoreEngine.all)
    func appendsGoOnWhileMuchExpiresAndSpaceIsGivenBack(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let (old, new) = (try await test.mailbox(), try await test.mailbox())
            let (store, today, limits) = (try test.store, test.today, test.limits)
            @Sendable func command(_ access: HashedAccess, retentionDays: UInt16) -> AppendCommand {
                let entry = NewEntry(
                    id: .random(),
                    kind: .application,
                    body: StoreUnderTest.body(),
                    retentionDays: retentionDays,
                    limits: limits,
                    today: today
                )
                return AppendCommand(access: access, epoch: 0, entry: entry)
            }
            for start in stride(from: 0, to: Self.count, by: 250) {
                let commands = (start..<min(start + 250, Self.count)).map { _ in command(old, retentionDays: 1) }
                for result in try await store.append(commands) { _ = try result.get() }
            }

            /// Times of the appends of 16 writers until something has been done.
            func appending(until body: () async throws -> Void) async throws -> [Duration] {
                let writers = (0..<16)
                    .map { _ in
                        Task {
                            var times: [Duration] = []
                            while !Task.isCancelled {
                                let start = ContinuousClock.now
                                _ = try await store.append(command(new, retentionDays: 0))
                                times.append(ContinuousClock.now - start)
                            }
                            return times
                        }
                    }
                try await body()
                for writer in writers { writer.cancel() }
                var times: [Duration] = []
                for writer in writers { times += try await writer.value }
                return times
            }

            let alone = try await appending { try await Task.sleep(for: .milliseconds(min(Self.count / 10, 5_000))) }
            var (expiry, scrub): ([Duration], [Duration]) = ([], [])
            let meanwhile = try await appending {
                while case let step = try await store.expireSome(today: today + 2), step.hasMore {
                    expiry.append(step.held)
                }
                while case let step = try await store.scrubSome() {
                    scrub.append(step.held)
                    guard step.hasMore else { break }
                }
            }
            print(
                "\(engine.testDescription), \(Self.count) expired entries: \(Self.summary(expiry, "steps of expiry"))"
            )
            print(Self.summary(scrub, "steps of giving space back; the last empties the log, \(scrub.last ?? .zero)"))
            print(Self.summary(meanwhile, "appends meanwhile"), Self.summary(alone, "appends before"))
            let report = try await store.check()
            #expect(report.faults == [])
            #expect(report.bodies == alone.count + meanwhile.count)
            #expect(report.entries == report.bodies + Self.count)
            #expect(meanwhile.count > expiry.count / 8)
        }
    }

    private static func summary(_ times: [Duration], _ what: String) -> String {
        let sorted = times.sorted()
        func text(_ place: Double) -> String {
            guard !sorted.isEmpty else { return "–" }
            let time = sorted[min(Int(place * Double(sorted.count)), sorted.count - 1)]
            return String(format: "%.1f ms", time / .milliseconds(1))
        }
        return "\(times.count) \(what): median \(text(0.5)), p99 \(text(0.99)), most \(text(1));"
    }
}
