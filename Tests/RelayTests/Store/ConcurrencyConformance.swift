import RelayAPI
import Testing

@testable import Relay
@testable import RelayTesting

/// Many at once, on every engine.
@Suite struct ConcurrencyConformance {
    @Test(arguments: StoreEngine.all)
    func concurrentAppendsGetConsecutiveSequences(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let commands = (0..<500).map { _ in Self.append(access, today: test.today) }
            let store = try test.store
            let entries = try await Self.atOnce(commands) { try await store.append($0) }
            #expect(entries.map(\.sequence).sorted() == Array(1...500))
            let read = try await test.read(access, limit: 500)
            expectIntactChain(read)
            let hashes = Dictionary(uniqueKeysWithValues: read.entries.map { ($0.sequence, $0.runningHash) })
            #expect(entries.allSatisfy { hashes[$0.sequence] == $0.runningHash })
        }
    }

    @Test(arguments: StoreEngine.all)
    func theSameAppendManyTimesAtOnceIsOneEntry(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox(uses: 1)
            let command = Self.append(access, today: test.today)
            let store = try test.store
            let entries = try await Self.atOnce(Array(repeating: command, count: 50)) { try await store.append($0) }
            #expect(Set(entries.map(\.sequence)) == [1])
            #expect(entries.count { !$0.isDuplicate } == 1)
        }
    }

    @Test(arguments: StoreEngine.all)
    func ofAdvancesAtOnceOneWins(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let commands = (0..<20)
                .map { _ in
                    AdvanceCommand(
                        access: access,
                        epoch: 0,
                        entry: Self.entry(.advance, today: test.today),
                        next: [test.grant()],
                        advancesSeen: []
                    )
                }
            let store = try test.store
            let outcomes = try await Self.atOnce(commands) { command in
                do throws(Problem) {
                    _ = try await store.advance(command)
                    return "won"
                } catch {
                    return error.name.rawValue
                }
            }
            #expect(outcomes.count { $0 == "won" } == 1)
            #expect(outcomes.count { $0 == "unseen-advance" } == 19)
            #expect(try await test.read(access).entries.count == 1)
        }
    }

    @Test(arguments: StoreEngine.all)
    func aRefusedRequestDoesNotSpoilTheOthersOfItsTransaction(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let unknown = HashedAccess(mailbox: .random(), capability: access.capability)
            let commands = (0..<200).map { Self.append($0 % 2 == 0 ? access : unknown, today: test.today) }
            let store = try test.store
            let sequences = try await Self.atOnce(commands) { try? await store.append($0).sequence }
            #expect(sequences.compactMap(\.self).sorted() == Array(1...100))
        }
    }

    @Test(arguments: StoreEngine.all)
    func whoeverSubscribesBeforeReadingMissesNothing(_ engine: StoreEngine) async throws {
        try await engine.withStore { test in
            let access = try await test.mailbox()
            let other = try await test.mailbox()
            let store = try test.store
            let today = test.today
            let reader = Task {
                let subscription = store.notifications.subscribe(to: [other.mailbox, access.mailbox])
                defer { store.notifications.unsubscribe(subscription) }
                var seen: UInt64 = 0
                while seen < 100 {
                    let query = ReadQuery(
                        access: access,
                        incarnation: .unknown,
                        after: seen,
                        limit: 9,
                        maximumLength: Operation.maximumReadLength,
                        today: today
                    )
                    let page = try await store.read(query)
                    if let last = page.entries.last {
                        seen = last.sequence
                    } else {
                        #expect(await subscription.wait() != nil)
                    }
                }
                return seen
            }
            for _ in 0..<100 { try await test.append(access) }
            #expect(try await reader.value == 100)
        }
    }

    @Test(arguments: StoreEngine.all)
    func ofAppendsAtOnceAsManyAreTakenAsTheMailboxHasBytesFor(_ engine: StoreEngine) async throws {
        var limits = RelayLimits()
        limits.maximumMailboxBytes = 50 * 1024
        try await engine.withStore(limits: limits) { test in
            let access = try await test.mailbox()
            let other = try await test.mailbox()
            let commands = (0..<200).map { Self.append($0 % 4 == 0 ? other : access, today: test.today) }
            let store = try test.store
            let outcomes = try await Self.atOnce(commands) { command in
                do throws(Problem) {
                    _ = try await store.append(command)
                    return "\(command.access == other ? "other" : "taken")"
                } catch {
                    return error.name.rawValue
                }
            }
            #expect(outcomes.count { $0 == "taken" } == 50)
            #expect(outcomes.count { $0 == "other" } == 50)
            #expect(outcomes.count { $0 == "mailbox-full" } == 100)
            #expect(try await store.check().faults == [])
        }
    }

    private static func entry(_ kind: EntryKind, today: Day) -> NewEntry {
        NewEntry(
            id: .random(),
            kind: kind,
            body: StoreUnderTest.body(),
            retentionDays: 0,
            limits: RelayLimits(),
            today: today
        )
    }

    private static func append(_ access: HashedAccess, today: Day) -> AppendCommand {
        AppendCommand(access: access, epoch: 0, entry: entry(.application, today: today))
    }

    private static func atOnce<Input: Sendable, Output: Sendable>(
        _ inputs: [Input],
        _ body: @escaping @Sendable (Input) async throws -> Output
    ) async throws -> [Output] {
        try await withThrowingTaskGroup(of: Output.self) { group in
            for input in inputs { group.addTask { try await body(input) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
