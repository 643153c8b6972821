import Foundation
import HTTPTypes
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// The operations of Protocol/http-api.md, by sockets with and without TLS, and by HTTP/2.
@Suite struct OperationTests {
    @Test(arguments: Depth.allCases)
    func everyOperationIsAnswered(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let caller = relay.caller
            let access = try await relay.mailbox()
            let appended = try await caller.append(access)
            #expect(appended.sequence == 1)
            #expect(appended.incarnation == relay.service.store.incarnation)
            let child = AccessToken.random()
            let parent = try await relay.token()
            let childRequest = ChildTokenRequest(accessToken: parent, child: child, mailboxes: 2, days: 3)
            _ = try await caller.call(childRequest)
            _ = try await caller.mailbox(token: child)
            let taker = Capability.random()
            let grant = Grant(capabilityHash: taker.hash, rights: .take)
            _ = try await caller.call(GrantRequest(access: access, set: [grant], remove: []))
            let take = TakeRequest(access: Access(mailbox: access.mailbox, capability: taker))
            #expect(try await caller.call(take).entry?.kind == .application)
            #expect(try await caller.call(take).entry == nil)
            let next = Capability.random()
            let advance = AdvanceRequest(
                access: access,
                epoch: 0,
                entryID: .random(),
                next: [Grant(capabilityHash: next.hash, rights: [.read])],
                advancesSeen: [],
                body: StoreUnderTest.body(.sixtyFourKiB)
            )
            #expect(try await caller.call(advance).sequence == 2)
            _ = try await caller.call(DeleteRequest(access: access, upTo: 2))
            let read = try await caller.read(access)
            #expect(read.entries.map(\.kind) == [.application, .advance])
            #expect(read.entries.allSatisfy { $0.body == nil })
            expectIntactChain(read)
            let opened = try await caller.read(Access(mailbox: access.mailbox, capability: next))
            #expect(opened.epoch == 1)
            #expect(opened.openingHash == read.headHash)
        }
    }

    @Test(arguments: Depth.allCases)
    func aBatchIsAnsweredOneByOneAndARefusalIsNobodyElses(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let accesses = [try await relay.mailbox(), try await relay.mailbox()]
            let wrong = Access(mailbox: accesses[0].mailbox, capability: .random())
            let id = EntryID.random()
            func append(_ access: Access, _ id: EntryID = .random(), length: Int = 1024) -> AppendRequest {
                let body = [UInt8](repeating: 5, count: length)
                return AppendRequest(access: access, epoch: 0, entryID: id, kind: .application, body: body)
            }
            let batch = BatchRequest(appends: [
                append(accesses[0], id), append(wrong), append(accesses[1], length: 4096), append(accesses[0], id),
                append(accesses[1], length: 7), append(accesses[1]),
            ])
            let outcomes = try await relay.caller.call(batch).outcomes
            let sequences = outcomes.map { outcome -> UInt64? in
                if case .appended(let response) = outcome { response.sequence } else { nil }
            }
            #expect(sequences == [1, nil, 1, 1, nil, 2])
            #expect(outcomes[1] == .refused(Refusal(Problem(.notPermitted))))
            #expect(outcomes[4] == .refused(Refusal(Problem(.wrongLength))))
            if case .appended(let again) = outcomes[3] { #expect(again.isDuplicate) }
            for (access, count) in zip(accesses, [1, 2]) {
                let read = try await relay.caller.read(access)
                #expect(read.entries.count == count)
                expectIntactChain(read)
            }
        }
    }

    @Test(arguments: Depth.allCases)
    func aBlobGoesBothWaysAndGoesOnAfterACut(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let (write, read) = (Capability.random(), Capability.random())
            let writing = Access(mailbox: access.mailbox, capability: write)
            let reading = Access(mailbox: access.mailbox, capability: read)
            let create = BlobCreateRequest(access: access, writeHash: write.hash, readHash: read.hash, parts: 3)
            _ = try await relay.caller.call(create)
            func part(_ index: UInt32) -> [UInt8] { [UInt8](repeating: UInt8(index + 1), count: BlobPart.length) }
            for index: UInt32 in [2, 0] {
                _ = try await relay.caller.call(BlobPutRequest(access: writing, index: index, bytes: part(index)))
            }
            #expect(try await relay.caller.call(BlobGetRequest(access: reading, index: 1)).bytes == nil)
            let missing = try await relay.caller.call(BlobStateRequest(access: writing)).present
            #expect(missing == [true, false, true])
            _ = try await relay.caller.call(BlobPutRequest(access: writing, index: 1, bytes: part(1)))
            #expect(try await relay.caller.call(BlobStateRequest(access: reading)).present == [true, true, true])
            for index: UInt32 in 0..<3 {
                #expect(try await relay.caller.call(BlobGetRequest(access: reading, index: index)).bytes == part(index))
            }
            _ = try await relay.caller.call(BlobDeleteRequest(access: writing))
            await expectProblem(.notPermitted) { try await relay.caller.call(BlobStateRequest(access: reading)) }
        }
    }

    @Test(arguments: Depth.allCases)
    func informationAndHealthAreForAnybody(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let information = try await relay.caller.send(.get, "/v1/relay", [:], [])
            #expect(information.headers[.contentType] == "application/json")
            let limits = relay.service.limits.retention
            let expected = RelayInformation(version: relayVersion, retentionDays: limits)
            #expect(RelayInformation(json: information.body) == expected)
            for path in ["/healthz", "/readyz"] {
                let answer = try await relay.caller.send(.get, path, [:], [])
                #expect(answer.status == 200)
                #expect(answer.body == Array(#"{"status": "ok"}"#.utf8))
            }
        }
    }

    @Test(arguments: Depth.allCases)
    func theLongestBodyGoesBothWays(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let body = (0..<BodyLength.longest.rawValue).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            _ = try await relay.caller.append(access, body: body)
            #expect(try await relay.caller.read(access).entries.first?.body == body)
        }
    }
}
