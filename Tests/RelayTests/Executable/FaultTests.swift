import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// A store that is full or fails, and a relay that is stopped: nothing is acknowledged that is not kept, and whoever asks
/// is told why. `DiskTests` does it with disks.
@Suite(.serialized) struct FaultTests {
    @Test func aStoreThatIsAsLargeAsItMayBeRefusesAndTakesAgainWhatExpiryMakesRoomFor() async throws {
        var limits = RelayLimits()
        limits.maximumStoreBytes = 8 << 20
        try await TestRelay.with(.socket, limits: limits) { relay in
            let access = try await relay.mailbox()
            let (kept, refusal) = try await relay.caller.fill(access)
            #expect((3...8).contains(kept))
            #expect(refusal.name == .unavailable)
            #expect(refusal.detail?.contains("full") == true, "\(refusal)")
            let store = relay.service.store
            // What takes no room is kept all the same, and does not say that there is some.
            try await store.issueToken(AccessToken.random().hash, label: "", mailboxes: 1)
            #expect(try await relay.caller.send(.get, "/readyz", [:], []).problem?.detail?.contains("full") == true)
            // Nothing of what was refused is there, and all of what was acknowledged.
            #expect(try await relay.caller.read(access, after: 0).head == UInt64(kept))
            #expect(try await store.check().faults.isEmpty)
            while try await store.expireSome(today: RelayClock().days.expiring + 15).hasMore {}
            #expect(try await relay.caller.send(.get, "/readyz", [:], []).status == 200)
            #expect(try await relay.caller.append(access).sequence == UInt64(kept) + 1)
        }
    }

    @Test(arguments: [
        (ResultCode.SQLITE_FULL, "full"), (.SQLITE_IOERR, "fails"), (.SQLITE_READONLY, "only be read"),
        (.SQLITE_CANTOPEN, "opened"), (.SQLITE_BUSY, "busy"),
    ])
    func whatPassesIsAskedAgainAndNamed(code: ResultCode, word: String) {
        let problem = Problem(storeError: DatabaseError(resultCode: code))
        #expect(problem.name == .unavailable)
        #expect(problem.detail?.contains(word) == true)
        #expect(problem.retryAfter == 5)
    }

    @Test func whatDoesNotPassIsAFaultOfTheRelay() {
        #expect(Problem(storeError: DatabaseError(resultCode: .SQLITE_CORRUPT)).name == .internal)
        #expect(Problem(storeError: StoreFault.damaged).name == .internal)
    }

    private static func check(_ data: URL) async throws -> StoreReport {
        let store = try SQLiteMailboxStore(file: data.appending(path: "relay.sqlite"))
        defer { try? store.close() }
        return try await store.check()
    }

    @Test func sigtermUnderLoadAnswersEverybodyAndLosesNothing() async throws {
        try await withTemporaryDirectory { data in
            let relay = try RelayProcess(data: data, options: RelayProcess.withoutRates)
            let token = try RelayProcess.token(data: data)
            let client = relay.connect()
            let access = try await Caller(client).mailbox(token: token)
            let quiet = try await Caller(client).mailbox(token: token)
            try await client.shutdown()
            let waiting = (0..<10).map { _ in relay.connect() }
            let readers = waiting.prefix(5)
                .map { client in
                    Task { try await Caller(client).read(quiet, waitSeconds: 60).entries.count }
                }
            let subscribe = SubscribeRequest(
                mailboxes: [SubscribedMailbox(access: quiet, incarnation: .unknown, after: 0)],
                heartbeatSeconds: 60
            )
            let subscribers = waiting.suffix(5)
                .map { client in
                    Task { try await Caller(client).post("/v1/subscribe", subscribe.encoded).status }
                }
            let writers = (0..<4)
                .map { _ in
                    let client = relay.connect()
                    return Task {
                        var kept: [UInt64] = []
                        while let sequence = try? await Caller(client).append(access).sequence { kept.append(sequence) }
                        try? await client.shutdown()
                        return kept
                    }
                }
            try await Task.sleep(for: .seconds(1))
            let start = ContinuousClock.now
            relay.send(SIGTERM)
            for reader in readers { #expect(try await reader.value == 0) }
            for subscriber in subscribers { #expect(try await subscriber.value == 200) }
            var kept: Set<UInt64> = []
            for writer in writers { kept.formUnion(await writer.value) }
            #expect(relay.wait() == 0)
            #expect(ContinuousClock.now - start < .seconds(10))
            for client in waiting { try? await client.shutdown() }
            #expect(!kept.isEmpty)
            let report = try await Self.check(data)
            #expect(report.faults.isEmpty)
            // At most one of each writer was kept, and its answer lost.
            #expect((kept.count...kept.count + 4).contains(report.entries))
            #expect(kept.max().map { $0 <= UInt64(report.entries) } == true)
        }
    }
}
