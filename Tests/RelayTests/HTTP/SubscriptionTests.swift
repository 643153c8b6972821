import Foundation
import HTTPTypes
import RelayAPI
import Synchronization
import TLSCodec
import Testing

@testable import Relay
@testable import RelayTesting

/// Streams of new entries, as subscribers see them.
@Suite struct SubscriptionTests {
    private static let depths = [Depth.socket, .tls, .http2]

    @Test(arguments: depths)
    func oneStreamCarriesWhatStandsInManyMailboxesAndThenWhatComes(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let accesses = [try await relay.mailbox(), try await relay.mailbox(), try await relay.mailbox()]
            for _ in 0..<3 { _ = try await relay.caller.append(accesses[1]) }
            var reader = Reading(accesses)
            reader.after[1] = 1
            try await relay.endpoint.subscribe(reader.request) { event in
                try reader.take(event)
                // Once all three have said where they end, the rest comes one by one.
                if reader.heads == [0, 3, 0], reader.after == [0, 3, 0] {
                    for access in accesses { _ = try await relay.caller.append(access) }
                }
                return reader.after != [1, 4, 1]
            }
            #expect(reader.after == [1, 4, 1])
            #expect(reader.entries == 5)
        }
    }

    @Test func manyWhoShareTheirReadsMissNothingAndHearNothingTwice() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let service = relay.service
            let count: UInt64 = 120
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<40 {
                    tasks.addTask {
                        var reader = Reading([access])
                        let events = try service.subscribe(reader.request)
                        defer { events.end() }
                        while reader.after != [count] {
                            try reader.take(try #require(await events.next()))
                        }
                        #expect(reader.entries == Int(count))
                    }
                }
                tasks.addTask {
                    for _ in 0..<count { _ = try await relay.caller.append(access) }
                }
                try await tasks.waitForAll()
            }
        }
    }

    @Test(arguments: depths)
    func cutsAtAnyPlaceLoseNothingAndRepeatNothing(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let accesses = [try await relay.mailbox(), try await relay.mailbox()]
            let count: UInt64 = 150
            let writer = Task {
                for _ in 0..<count {
                    for access in accesses { _ = try await relay.caller.append(access) }
                }
            }
            var reader = Reading(accesses)
            while reader.after != [count, count] {
                var left = Int.random(in: 1...20)
                try await relay.endpoint.subscribe(reader.request) { event in
                    try reader.take(event)
                    left -= 1
                    return left > 0 && reader.after != [count, count]
                }
            }
            try await writer.value
            #expect(reader.entries == Int(count) * 2)
            for access in accesses { try await relay.waitUntilReaders(of: access, are: 0) }
        }
    }

    @Test(arguments: depths)
    func aMailboxThatIsRefusedEndsAloneAndAllOfThemEndTheStream(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let unknown = Access(mailbox: .random(), capability: access.capability)
            let wrong = Access(mailbox: access.mailbox, capability: .random())
            var events: [SubscriptionEvent] = []
            try await relay.endpoint.subscribe(
                SubscribeRequest(mailboxes: [
                    SubscribedMailbox(access: unknown, incarnation: .unknown, after: 0),
                    SubscribedMailbox(access: wrong, incarnation: .unknown, after: 0),
                    SubscribedMailbox(access: access, incarnation: .random(), after: 0),
                ])
            ) { event in
                events.append(event)
                return true
            }
            let incarnation = relay.service.store.incarnation
            #expect(
                events == [
                    .refused(Refusal(Problem(.notPermitted)), mailbox: 0),
                    .refused(Refusal(Problem(.notPermitted)), mailbox: 1),
                    .refused(Refusal(Problem(.incarnationChanged, incarnation: incarnation)), mailbox: 2),
                ]
            )
        }
    }

    @Test func aMailboxThatIsRefusedIsNotFollowedAndTheOthersAre() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let wrong = Access(mailbox: access.mailbox, capability: .random())
            let unknown = Access(mailbox: .random(), capability: access.capability)
            let service = relay.service
            let events = try service.subscribe(Reading([unknown, access, wrong]).request)
            defer { events.end() }
            var reader = Reading([unknown, access, wrong])
            for place in 0..<3 {
                let event = try #require(await events.next())
                guard place != 1 else {
                    try reader.take(event)
                    continue
                }
                #expect(event == .refused(Refusal(Problem(.notPermitted)), mailbox: UInt16(place)))
            }
            let next = Task { await events.next() }
            let notifications = service.store.notifications
            try await eventually { notifications.subscriberCount(of: unknown.mailbox) == 0 }
            #expect(notifications.subscriberCount(of: access.mailbox) == 1)
            #expect(service.admission.subscriptions == 1)
            _ = try await relay.caller.append(access)
            try reader.take(try #require(await next.value))
            #expect(reader.after == [0, 1, 0])
        }
    }

    @Test(arguments: depths)
    func aCapabilityThatIsTakenBackReadsNoMore(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let owner = try await relay.mailbox()
            let reader = Access(mailbox: owner.mailbox, capability: .random())
            let grant = Grant(capabilityHash: reader.capability.hash, rights: .read)
            _ = try await relay.caller.call(GrantRequest(access: owner, set: [grant], remove: []))
            var last: SubscriptionEvent?
            try await relay.endpoint.subscribe(Reading([reader]).request) { event in
                last = event
                if case .entries(let response, _) = event, response.head == 0 {
                    let remove = [reader.capability.hash]
                    _ = try await relay.caller.call(GrantRequest(access: owner, set: [], remove: remove))
                    _ = try await relay.caller.append(owner)
                }
                return true
            }
            #expect(last == .refused(Refusal(Problem(.notPermitted)), mailbox: 0))
        }
    }

    @Test(arguments: depths)
    func aSilentMailboxBringsHeartbeatsAlsoWhileAnotherBranchGrows(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let next = Access(mailbox: access.mailbox, capability: .random())
            let advance = AdvanceRequest(
                access: access,
                epoch: 0,
                entryID: .random(),
                next: [Grant(capabilityHash: next.capability.hash, rights: [.read, .append])],
                advancesSeen: [],
                body: StoreUnderTest.body()
            )
            _ = try await relay.caller.call(advance)
            let writer = Task {
                while !Task.isCancelled {
                    _ = try await relay.caller.call(
                        AppendRequest(
                            access: next,
                            epoch: 1,
                            entryID: .random(),
                            kind: .application,
                            body: StoreUnderTest.body()
                        )
                    )
                    try? await Task.sleep(for: .milliseconds(50))
                }
            }
            var reader = Reading([access], heartbeatSeconds: 1)
            let start = ContinuousClock.now
            try await relay.endpoint.subscribe(reader.request) { event in
                try reader.take(event)
                return reader.heartbeats < 3
            }
            writer.cancel()
            _ = await writer.result
            #expect(reader.after == [1])
            #expect(ContinuousClock.now - start > .seconds(2.9))
        }
    }

    @Test(arguments: depths)
    func whoeverTakesNothingIsCutOffAndReadsOnFromItsCursor(_ depth: Depth) async throws {
        var limits = RelayLimits()
        limits.slowestSubscriber = .seconds(1)
        try await TestRelay.with(depth, limits: limits) { relay in
            let access = try await relay.mailbox()
            let count: UInt64 = 24
            var reader = Reading([access])
            // As much as no buffer on the way holds, while the subscriber does not look.
            await #expect(throws: (any Error).self) {
                try await relay.endpoint.subscribe(reader.request) { event in
                    try reader.take(event)
                    guard reader.entries == 0 else { return true }
                    for _ in 0..<count {
                        _ = try await relay.caller.append(access, body: StoreUnderTest.body(.oneMiB))
                    }
                    try await relay.waitUntilReaders(of: access, are: 0)
                    return true
                }
            }
            #expect(reader.after[0] < count)
            try await relay.endpoint.subscribe(reader.request) { event in
                try reader.take(event)
                return reader.after != [count]
            }
            #expect(reader.entries == Int(count))
        }
    }

    @Test(arguments: depths)
    func aShutdownEndsStreamsAsTheyShouldEnd(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let start = ContinuousClock.now
            try await relay.endpoint.subscribe(Reading([access]).request) { _ in
                await relay.shutDown()
                return true
            }
            #expect(ContinuousClock.now - start < .seconds(8))
        }
    }
}

/// A subscriber's cursors, and what it checks of each event.
private struct Reading {
    let accesses: [Access]
    let heartbeatSeconds: UInt16
    var after: [UInt64]
    var heads: [UInt64?]
    var entries = 0
    var heartbeats = 0

    init(_ accesses: [Access], heartbeatSeconds: UInt16 = 60) {
        self.accesses = accesses
        self.heartbeatSeconds = heartbeatSeconds
        after = accesses.map { _ in 0 }
        heads = accesses.map { _ in nil }
    }

    var request: SubscribeRequest {
        let mailboxes = zip(accesses, after)
            .map {
                SubscribedMailbox(access: $0, incarnation: .unknown, after: $1)
            }
        return SubscribeRequest(mailboxes: mailboxes, heartbeatSeconds: heartbeatSeconds)
    }

    /// Expects each entry once and in order.
    mutating func take(_ event: SubscriptionEvent) throws {
        switch event {
        case .heartbeat:
            heartbeats += 1
        case .entries(let response, let mailbox):
            let index = Int(mailbox)
            heads[index] = response.head
            for entry in response.entries {
                #expect(entry.sequence == after[index] + 1)
                after[index] = entry.sequence
            }
            entries += response.entries.count
        case .refused(let refusal, _):
            throw refusal.problem
        }
    }
}
