import Foundation
import HTTPTypes
import HummingbirdTesting
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// What is answered to whoever asks for too much, and that it passes.
@Suite struct BoundTests {
    private static func limits(_ change: (inout RelayLimits) -> Void) -> RelayLimits {
        var limits = RelayLimits()
        change(&limits)
        return limits
    }

    /// Expects a refusal, and the time after which to ask again.
    private static func expectRefusal(
        _ name: Problem.Name,
        retryAfter seconds: ClosedRange<Int>,
        _ answer: Answer,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.problem?.name == name, "\(answer)", sourceLocation: sourceLocation)
        let header = answer.headers[.retryAfter].flatMap { Int($0) }
        #expect(header.map { seconds.contains($0) } == true, "\(answer.headers)", sourceLocation: sourceLocation)
    }

    @Test func aRateAllowsTenSecondsWorthAtOnceAndThenSoMuchASecond() {
        var bucket = RateBucket()
        let rate = Rate(perSecond: 5)
        #expect((0..<60).count { _ in bucket.spend(rate, at: .zero) == nil } == 50)
        let wait = bucket.spend(rate, at: .zero)
        #expect(wait == .milliseconds(200))
        #expect(bucket.spend(rate, at: .milliseconds(199)) != nil)
        #expect(bucket.spend(rate, at: .milliseconds(200)) == nil)
        #expect((0..<60).count { _ in bucket.spend(rate, at: .seconds(3)) == nil } == 14)
        #expect((0..<60).count { _ in bucket.spend(rate, at: .seconds(1000)) == nil } == 50)
        #expect((0..<60).count { _ in bucket.spend(.unlimited, at: .seconds(1000)) == nil } == 60)
        // What counts as more than may come at once is allowed when nothing has come before.
        #expect(bucket.spend(rate, as: 20, at: .seconds(2000)) == nil)
        #expect(bucket.spend(rate, as: 20, at: .seconds(2000)) == nil)
        #expect(bucket.spend(rate, as: 20, at: .seconds(2000)) == .seconds(2))
        #expect(bucket.spend(rate, as: 1000, at: .seconds(2002)) == .seconds(6))
        #expect(bucket.spend(rate, as: 1000, at: .seconds(2008)) == nil)
    }

    @Test func oneNameOfATableDoesNotUseUpAnothers() {
        let table = RateTable(Rate(perSecond: 1))
        let names = (0..<100).map { _ in MailboxID.random() }
        for name in names.prefix(50) {
            for _ in 0..<20 { _ = table.spend(by: name, at: .zero) }
            #expect(table.spend(by: name, at: .zero) != nil)
        }
        // By chance one may share a place.
        #expect(names.suffix(50).count { table.spend(by: $0, at: .zero) == nil } > 45)
    }

    @Test(arguments: [Depth.socket, .tls, .http2])
    func aConnectionIsRefusedWhatItAsksTooOftenAndOthersAreNot(_ depth: Depth) async throws {
        let limits = Self.limits { $0.connectionRate = Rate(perSecond: 2) }
        try await TestRelay.with(depth, limits: limits) { relay in
            var served = 0
            var refused: [Answer] = []
            for _ in 0..<1000 where refused.isEmpty {
                let answer = try await relay.caller.send(.get, "/v1/relay", [:], [])
                if answer.status == 200 { served += 1 } else { refused.append(answer) }
            }
            #expect(served >= 20)
            Self.expectRefusal(.rateLimited, retryAfter: 1...1, try #require(refused.first))
            let connect = relay.connect
            let other = connect()
            #expect(try await other.look(at: "/v1/relay").status == .ok)
            try await other.shutdown()
        }
    }

    /// A thousand grants keep the store's one writer busy for as long as hundreds of entries do.
    @Test func aRequestCountsForTheGrantsThatItNamesToo() async throws {
        let limits = Self.limits {
            $0.capabilityRate = Rate(perSecond: 5)
            $0.tokenRate = Rate(perSecond: 5)
        }
        @Sendable func grants(_ count: Int) -> [Grant] {
            (0..<count).map { _ in Grant(capabilityHash: Capability.random().hash, rights: .all) }
        }
        try await TestRelay.with(.socket, limits: limits) { relay in
            let access = try await relay.mailbox()
            // 1 + 20 of 50 each.
            let set = grants(80)
            let change = GrantRequest(access: access, set: set, remove: grants(80).map(\.capabilityHash))
            for _ in 0..<2 { _ = try await relay.caller.call(change) }
            Self.expectRefusal(
                .rateLimited,
                retryAfter: 1...3,
                try await relay.caller.post(change.path, change.encoded)
            )

            let advanced = try await relay.mailbox()
            let advances = (0..<2)
                .map { _ in
                    AdvanceRequest(
                        access: advanced,
                        epoch: 0,
                        entryID: .random(),
                        next: grants(320),
                        advancesSeen: [],
                        body: StoreUnderTest.body()
                    )
                }
            _ = try await relay.caller.call(advances[0])
            Self.expectRefusal(
                .rateLimited,
                retryAfter: 6...9,
                try await relay.caller.post(advances[1].path, advances[1].encoded)
            )

            let token = try await relay.token()
            let creations = (0..<2)
                .map { _ in
                    CreateRequest(accessToken: token, mailbox: .random(), epoch: 0, grants: grants(320))
                }
            _ = try await relay.caller.call(creations[0])
            Self.expectRefusal(
                .rateLimited,
                retryAfter: 6...9,
                try await relay.caller.post(creations[1].path, creations[1].encoded)
            )
        }
    }

    @Test(arguments: [Depth.socket, .tls])
    func aCapabilityIsRefusedWhatIsAskedTooOftenWithItWhoeverAsks(_ depth: Depth) async throws {
        let limits = Self.limits { $0.capabilityRate = Rate(perSecond: 1) }
        try await TestRelay.with(depth, limits: limits) { relay in
            let (first, second) = (try await relay.mailbox(), try await relay.mailbox())
            let read = ReadRequest(access: first, incarnation: .unknown, after: 0)
            var refused: [Answer] = []
            for _ in 0..<100 where refused.isEmpty {
                let answer = try await relay.caller.post(read.path, read.encoded)
                if answer.status != 200 { refused.append(answer) }
            }
            Self.expectRefusal(.rateLimited, retryAfter: 1...1, try #require(refused.first))
            // In a batch each for itself; what is refused has changed nothing.
            let appends = (Array(repeating: first, count: 50) + [second])
                .map { access in
                    let body = StoreUnderTest.body()
                    return AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .application, body: body)
                }
            let outcomes = try await relay.caller.call(BatchRequest(appends: appends)).outcomes
            #expect(outcomes.contains(.refused(Refusal(Problem(.rateLimited)))))
            guard case .appended(let appended)? = outcomes.last else { throw Problem(.internal) }
            #expect(appended.sequence == 1)
            let mailbox = SubscribedMailbox(access: first, incarnation: .unknown, after: 0)
            let subscription = SubscribeRequest(
                mailboxes: Array(repeating: mailbox, count: 100),
                heartbeatSeconds: 1
            )
            let answer = try await relay.caller.post(subscription.path, subscription.encoded)
            Self.expectRefusal(.rateLimited, retryAfter: 1...1, answer)
        }
    }

    @Test func aTokenIsRefusedWhatIsAskedTooOftenWithIt() async throws {
        let limits = Self.limits { $0.tokenRate = Rate(perSecond: 1) }
        try await TestRelay.with(.socket, limits: limits) { relay in
            let tokens = [try await relay.token(), try await relay.token()]
            await expectProblem(.rateLimited) {
                for _ in 0..<100 { _ = try await relay.caller.mailbox(token: tokens[0]) }
            }
            await expectProblem(.rateLimited) {
                try await relay.caller.call(
                    ChildTokenRequest(accessToken: tokens[0], child: .random(), mailboxes: 1, days: 1)
                )
            }
            _ = try await relay.caller.mailbox(token: tokens[1])
        }
    }

    @Test(arguments: [Depth.socket, .tls])
    func aConnectionTooManyIsToldSoAndClosed(_ depth: Depth) async throws {
        let limits = Self.limits { $0.connections = 3 }
        try await TestRelay.with(depth, limits: limits) { relay in
            let connect = relay.connect
            var clients: [TestClient] = []
            for _ in 0..<2 {
                let client = connect()
                #expect(try await client.look(at: "/healthz").status == .ok)
                clients.append(client)
            }
            // With that of `relay` itself, three; what is too many is told so, and that it is few is seen to as well.
            #expect(try await relay.caller.send(.get, "/healthz", [:], []).status == 200)
            let refused = connect()
            let answer = try await Caller(refused).send(.get, "/v1/relay", [:], [])
            Self.expectRefusal(.connectionsExhausted, retryAfter: 30...30, answer)
            try await eventually { relay.service.admission.connections == 3 }
            try? await refused.shutdown()
            for client in clients { try await client.shutdown() }
            try await eventually { relay.service.admission.connections == 1 }
            let served = connect()
            #expect(try await served.look(at: "/v1/relay").status == .ok)
            try await served.shutdown()
        }
    }

    @Test func waitingReadsAndSubscriptionsAreBoundedTogether() async throws {
        let limits = Self.limits { $0.subscriptions = 1 }
        try await TestRelay.with(.tls, limits: limits) { relay in
            let access = try await relay.mailbox()
            let connect = relay.connect
            let (first, second) = (connect(), connect())
            let reader = Task { try await Caller(first).read(access, waitSeconds: 60) }
            try await eventually { relay.service.admission.subscriptions == 1 }
            let read = ReadRequest(access: access, incarnation: .unknown, after: 0, waitSeconds: 1)
            let answer = try await Caller(second).post(read.path, read.encoded)
            Self.expectRefusal(.subscriptionsExhausted, retryAfter: 30...30, answer)
            let subscription = SubscribeRequest(
                mailboxes: [SubscribedMailbox(access: access, incarnation: .unknown, after: 0)],
                heartbeatSeconds: 1
            )
            let refused = try await Caller(second).post(subscription.path, subscription.encoded)
            Self.expectRefusal(.subscriptionsExhausted, retryAfter: 30...30, refused)
            // What does not wait is not refused.
            #expect(try await Caller(second).read(access).entries.isEmpty)
            _ = try await Caller(second).append(access)
            #expect(try await reader.value.entries.count == 1)
            try await eventually { relay.service.admission.subscriptions == 0 }
            try await first.shutdown()
            try await second.shutdown()
        }
    }

    @Test(arguments: Depth.allCases)
    func headerFieldsThatAreTooLongAreNamed(_ depth: Depth) async throws {
        let limits = Self.limits { $0.headerBytes = 2048 }
        try await TestRelay.with(depth, limits: limits) { relay in
            let name = try #require(HTTPField.Name("x-long"))
            let answer = try await relay.caller.send(.get, "/v1/relay", [name: String(repeating: "x", count: 2500)], [])
            #expect(answer.status == 431)
            #expect(answer.problem?.name == .headersTooLarge)
            #expect(try await relay.caller.send(.get, "/v1/relay", [name: "x"], []).status == 200)
        }
    }

    @Test(arguments: [Depth.socket, .tls])
    func aConnectionOnWhichNothingIsAskedIsClosed(_ depth: Depth) async throws {
        let limits = Self.limits { $0.slowestStart = .seconds(3) }
        try await TestRelay.with(depth, limits: limits) { relay in
            #expect(try await relay.caller.send(.get, "/healthz", [:], []).status == 200)
            let port = relay.endpoint.port
            let silent = try SilentConnection(port: port)
            try await eventually { relay.service.admission.connections == 2 }
            try await eventually { relay.service.admission.connections == 1 }
            silent.close()
            // One on which something has been asked stays.
            #expect(try await relay.caller.send(.get, "/healthz", [:], []).status == 200)
        }
    }

    @Test func aRequestThatDoesNotComeAsAWholeEndsItsConnection() async throws {
        let limits = Self.limits { $0.slowestExchange = .seconds(3) }
        try await TestRelay.with(.socket, limits: limits) { relay in
            #expect(try await relay.caller.send(.get, "/healthz", [:], []).status == 200)
            let slow = try SilentConnection(port: relay.endpoint.port)
            slow.write(
                """
                POST /v1/append HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n\
                Content-Length: 2000\r\n\r\nabc
                """
            )
            try await eventually { relay.service.admission.connections == 2 }
            try await eventually { relay.service.admission.connections == 1 }
            slow.close()
        }
    }
}

extension OperationRequest {
    fileprivate var path: String { Self.operation.path }
}

/// Waits until something is so; records an issue when it has not come about for a minute.
func eventually(sourceLocation: SourceLocation = #_sourceLocation, _ isSo: () async throws -> Bool) async throws {
    let start = ContinuousClock.now
    while try await !isSo() {
        guard ContinuousClock.now - start < .seconds(60) else {
            Issue.record("it has not come about", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// A TCP connection on which only what the test says is said.
final class SilentConnection {
    private let socket: Int32

    init(port: Int) throws {
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
    }

    func write(_ text: String) {
        write(Array(text.utf8))
    }

    func write(_ bytes: [UInt8]) {
        _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func close() {
        Foundation.close(socket)
    }
}
