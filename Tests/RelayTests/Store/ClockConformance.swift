import RelayAPI
import Synchronization
import Testing

@testable import Relay
@testable import RelayTesting

/// Clocks that a test sets.
final class TestClocks: Sendable {
    private let reading: Mutex<RelayClock.Reading>

    /// - Parameter day: at its noon.
    init(day: Int) {
        reading = Mutex(RelayClock.Reading(wall: .seconds(day * 86_400 + 43_200), running: .seconds(1_000)))
    }

    func read() -> RelayClock.Reading { reading.withLock { $0 } }

    /// Lets time pass.
    func pass(days: Double) {
        reading.withLock {
            $0.wall += .seconds(86_400 * days)
            $0.running += .seconds(86_400 * days)
        }
    }

    /// Sets the system's clock.
    func set(by distance: Duration) {
        reading.withLock { $0.wall += distance }
    }

    func set(byDays days: Int) { set(by: .seconds(86_400 * days)) }

    func clock(lastDay: Int? = nil) -> RelayClock {
        RelayClock(lastDay: lastDay.map { Day($0) }) { self.read() }
    }
}

extension RelayClock {
    /// The days as numbers: that by which things expire, that from which they are kept; and whether there is doubt.
    fileprivate var now: [Int] { [days.expiring.number, days.keeping.number, days.areInDoubt ? 1 : 0] }
}

/// Which day a relay takes it for.
@Suite struct RelayClockTests {
    @Test func withoutJumpsItIsTheSystemsDay() {
        let clocks = TestClocks(day: 20_000)
        let clock = clocks.clock()
        for day in 20_000..<20_050 {
            #expect(clock.now == [day, day, 0])
            clocks.pass(days: 1)
            // Clocks are set a little, in both directions.
            clocks.set(by: .seconds(day % 2 == 0 ? 50 : -50))
        }
    }

    @Test func aJumpAheadExpiresNothingUntilItHasStoodForADay() {
        let clocks = TestClocks(day: 20_000)
        let clock = clocks.clock()
        clocks.set(byDays: 100)
        #expect(clock.now == [20_000, 20_100, 1])
        clocks.pass(days: 0.9)
        #expect(clock.now == [20_001, 20_101, 1])
        clocks.pass(days: 0.2)
        #expect(clock.now == [20_101, 20_101, 0])
    }

    @Test func aJumpThatIsTakenBackHasDoneNothing() {
        let clocks = TestClocks(day: 20_000)
        let clock = clocks.clock()
        clocks.set(byDays: 100)
        #expect(clock.now[0] == 20_000)
        clocks.pass(days: 0.3)
        clocks.set(byDays: -100)
        #expect(clock.now == [20_000, 20_000, 0])
        clocks.pass(days: 5)
        #expect(clock.now == [20_005, 20_005, 0])
    }

    @Test func eachJumpBeginsItsDayAnew() {
        let clocks = TestClocks(day: 20_000)
        let clock = clocks.clock()
        for jumps in 1...5 {
            clocks.set(byDays: 10)
            #expect(clock.now[2] == 1, "\(jumps)")
            clocks.pass(days: 0.75)
        }
        #expect(clock.now[0] == 20_004)
        clocks.pass(days: 0.25)
        #expect(clock.now == [20_054, 20_054, 0])
    }

    @Test func aJumpBackKeepsWhatIsThereAndWhatComes() {
        let clocks = TestClocks(day: 20_000)
        let clock = clocks.clock()
        clocks.set(byDays: -30)
        #expect(clock.now == [19_970, 20_000, 1])
        clocks.pass(days: 1)
        #expect(clock.now == [19_971, 19_971, 0])
    }

    @Test func manySmallStepsAreALargeOne() {
        let clocks = TestClocks(day: 20_000)
        let clock = clocks.clock()
        for _ in 0..<48 {
            clocks.set(by: .seconds(3_000))
            _ = clock.days
        }
        // 40 hours ahead.
        #expect(clock.now == [20_000, 20_002, 1])
    }

    @Test func aClockThatIsYearsAheadKeepsWhatComesForOneYearMoreAtMost() {
        let clocks = TestClocks(day: 20_000)
        let clock = clocks.clock()
        clocks.set(byDays: 3_650)
        #expect(clock.now == [20_000, 20_366, 1])
    }

    @Test(arguments: [(0, false), (7, false), (8, true), (400, true), (-1, true)])
    func aRelayThatWasOffForLongOrBeginsBeforeItEndedDoubtsForADay(days: Int, isInDoubt: Bool) {
        let clocks = TestClocks(day: 20_000 + days)
        let clock = clocks.clock(lastDay: 20_000)
        #expect(clock.days.areInDoubt == isInDoubt)
        #expect(clock.days.expiring.number == 20_000 + (isInDoubt ? min(days, 0) : days))
        clocks.pass(days: 1)
        #expect(clock.days.areInDoubt == false)
        #expect(clock.days.expiring.number == 20_001 + days)
    }

    @Test func theSystemsClocksAreRead() {
        let (before, days, after) = (RelayClock().days, RelayClock().days, RelayClock().days)
        #expect(before.expiring <= days.expiring && days.expiring <= after.expiring)
        // 2026, and before 2200.
        #expect((20_454..<84_000).contains(days.expiring.number))
        #expect(!days.areInDoubt)
    }
}

/// What a clock that jumps does to a store, on every engine.
@Suite struct ClockConformance {
    @Test(arguments: StoreEngine.all)
    func whatWasNotReadYetOutlivesAClockThatJumps(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let clocks = TestClocks(day: 20_000)
            let service = RelayService(store: try test.store, clock: clocks.clock())
            let maintenance = Maintenance(service: service)
            let access = try await service.mailbox()
            func round() async { #expect(await maintenance.round(service.clock.days) == nil) }
            func bodies() async throws -> [Bool] {
                try await service.read(ReadRequest(access: access, incarnation: .unknown, after: 0)).entries
                    .map { $0.body != nil }
            }
            _ = try await service.append(service.request(access))
            await round()
            #expect(try await test.store.lastDay() == Day(20_000))

            clocks.set(byDays: 50)
            _ = try await service.append(service.request(access))
            await round()
            #expect(try await bodies() == [true, true])
            #expect(try await test.store.lastDay() == Day(20_000))
            // Set right, it goes on as if nothing had been; what came in between is kept for longer.
            clocks.set(byDays: -50)
            clocks.pass(days: 15)
            await round()
            #expect(try await bodies() == [false, true])
            #expect(try await test.store.lastDay() == Day(20_015))

            // A day after a jump that stands, everything has its time.
            clocks.set(byDays: 60)
            await round()
            #expect(try await bodies() == [false, true])
            clocks.pass(days: 1)
            await round()
            #expect(try await bodies() == [false, false])
            #expect(try await test.store.lastDay() == Day(20_076))
        }
    }

    @Test(arguments: StoreEngine.all)
    func whatARelayOnceBelievedIsRememberedAcrossARestart(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let clocks = TestClocks(day: 20_000)
            let first = RelayService(store: try test.store, clock: clocks.clock())
            let access = try await first.mailbox()
            _ = try await first.append(first.request(access))
            #expect(await Maintenance(service: first).round(first.clock.days) == nil)
            try test.reopen()
            clocks.set(byDays: 3_650)
            let lastDay = try await test.store.lastDay()
            let second = RelayService(store: try test.store, clock: clocks.clock(lastDay: lastDay?.number))
            #expect(await Maintenance(service: second).round(second.clock.days) == nil)
            let read = try await second.read(ReadRequest(access: access, incarnation: .unknown, after: 0))
            #expect(read.entries.map { $0.body != nil } == [true])
            let page = await second.metricsPage().text
            #expect(page.contains("aadr_relay_clock_doubtful 1\n"))
        }
    }
}

extension RelayService {
    /// A new mailbox with one capability for everything.
    fileprivate func mailbox() async throws -> Access {
        let (token, access) = (AccessToken.random(), Access(mailbox: .random(), capability: .random()))
        try await store.issueToken(token.hash, label: "", mailboxes: 1)
        let grant = Grant(capabilityHash: access.capability.hash, rights: .all)
        _ = try await create(CreateRequest(accessToken: token, mailbox: access.mailbox, epoch: 0, grants: [grant]))
        return access
    }

    fileprivate func request(_ access: Access) -> AppendRequest {
        AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .application, body: StoreUnderTest.body())
    }
}
