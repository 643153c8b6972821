import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP2
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// What a relay holds for clients that send or take slowly: bounded for all together, and given back however a request ends.
/// (`TestRelay` expects the latter of every test.)
@Suite struct HeldBytesTests {
    private static let length = 1_000_000

    private static let fields = [("content-type", RelayAPI.Operation.mediaType)]

    private static func limits(_ change: (inout RelayLimits) -> Void) -> RelayLimits {
        var limits = RelayLimits()
        change(&limits)
        return limits
    }

    private static func append(_ access: Access, _ length: BodyLength) -> AppendRequest {
        let body = StoreUnderTest.body(length)
        return AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .application, body: body)
    }

    private static func read(_ access: Access, after sequence: UInt64 = 0) -> ReadRequest {
        ReadRequest(access: access, incarnation: .unknown, after: sequence)
    }

    enum End: CaseIterable {
        case comes, leaves, takesTooLong, isTooLarge, isNoHTTP
    }

    @Test(arguments: End.allCases)
    func whatHasComeOfARequestIsHeldUntilItsEnd(_ end: End) async throws {
        let limits = Self.limits { if end == .takesTooLong { $0.slowestExchange = .seconds(3) } }
        try await TestRelay.with(.socket, limits: limits) { relay in
            let admission = relay.service.admission
            let slow = try SilentConnection(port: relay.endpoint.port)
            slow.write(
                """
                POST /v1/append HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n\
                Transfer-Encoding: chunked\r\n\r\n\(String(Self.length, radix: 16))\r\n
                """
            )
            slow.write([UInt8](repeating: 7, count: 100_000))
            try await eventually { admission.heldBytes == 100_000 }
            slow.write([UInt8](repeating: 7, count: 100_000))
            try await eventually { admission.heldBytes == 200_000 }
            let rest = [UInt8](repeating: 7, count: Self.length - 200_000)
            switch end {
            case .comes:
                slow.write(rest)
                slow.write("\r\n0\r\n\r\n")
            case .leaves:
                slow.close()
            case .takesTooLong:
                break
            case .isTooLarge:
                slow.write(rest)
                slow.write("\r\n\(String(Self.length, radix: 16))\r\n")
                slow.write([UInt8](repeating: 7, count: Self.length))
            case .isNoHTTP:
                slow.write(rest)
                slow.write("and more")
            }
            try await eventually { admission.heldBytes == 0 }
            // One that is no append is answered, and may be followed by another.
            try await eventually { admission.connections == (end == .comes ? 2 : 1) }
            if end != .leaves { slow.close() }
        }
    }

    /// On a connection that stays.
    @Test func whatHasComeOnAStreamThatIsResetIsHeldNoLonger() async throws {
        try await TestRelay.with(.http2) { relay in
            let admission = relay.service.admission
            let client = try await RawHTTP2.connect(to: relay.endpoint)
            try await client.begin("POST", "/v1/append", Self.fields, on: 1)
            try await client.send([UInt8](repeating: 7, count: 50_000), on: 1)
            try await eventually { admission.heldBytes == 50_000 }
            try await client.send(.rstStream(.cancel), on: 1)
            try await eventually { admission.heldBytes == 0 }
            try await client.begin("GET", "/healthz", on: 3)
            try await eventually { client.status(on: 3) == "200" }
            try await client.close()
        }
    }

    @Test(arguments: [true, false])
    func anAnswerIsHeldUntilItIsTakenOrTheConnectionHasClosed(_ leaves: Bool) async throws {
        let limits = Self.limits { if !leaves { $0.slowestExchange = .seconds(3) } }
        try await TestRelay.with(.socket, limits: limits) { relay in
            let admission = relay.service.admission
            let access = try await relay.mailbox()
            for _ in 0..<4 { _ = try await relay.caller.call(Self.append(access, .oneMiB)) }
            var requests = ByteBuffer()
            // More than the sockets' buffers.
            for _ in 0..<20 { requests.writeRequest(Self.read(access)) }
            let greedy = try SilentConnection(port: relay.endpoint.port)
            greedy.write(Array(requests.readableBytesView))
            try await eventually { admission.heldBytes > 3 << 20 }
            if leaves { greedy.close() }
            try await eventually { admission.connections == 1 && admission.heldBytes == 0 }
            if !leaves { greedy.close() }
        }
    }

    @Test(arguments: [true, false])
    func anAnswerOnAStreamIsHeldUntilThatOrTheConnectionEnds(_ isReset: Bool) async throws {
        try await TestRelay.with(.http2) { relay in
            let admission = relay.service.admission
            let access = try await relay.mailbox()
            _ = try await relay.caller.call(Self.append(access, .oneMiB))
            let client = try await RawHTTP2.connect(to: relay.endpoint)
            try await client.begin("POST", "/v1/read", Self.fields, on: 1)
            try await client.send(Self.read(access).encoded, isLast: true, on: 1)
            try await eventually { admission.heldBytes > 1 << 20 }
            if isReset { try await client.send(.rstStream(.cancel), on: 1) } else { try await client.close() }
            try await eventually { admission.heldBytes == 0 }
            if isReset { try await client.close() }
        }
    }

    @Test(arguments: Depth.allCases)
    func whereTooMuchIsHeldWhatIsLongIsRefusedAndWhatIsShortIsNot(_ depth: Depth) async throws {
        try await TestRelay.with(depth, limits: Self.limits { $0.heldBytes = 6 << 20 }) { relay in
            let access = try await relay.mailbox()
            let long = Self.append(access, .oneMiB)
            _ = try await relay.caller.call(long)
            let part = [UInt8](repeating: 7, count: BlobPart.length)
            let blob = BlobGetRequest(access: try await relay.blob(beside: access, part: part), index: 0)
            relay.service.admission.hold(11 << 19)
            for (path, body) in [("/v1/append", long.encoded), ("/v1/read", Self.read(access).encoded)] {
                let answer = try await relay.caller.post(path, body)
                #expect(answer.status == 503 && answer.headers[.retryAfter] == "5")
                #expect(answer.problem?.name == .unavailable && answer.problem?.detail == Admission.noRoom.detail)
            }
            // However much is held.
            relay.service.admission.hold(1 << 19)
            #expect(try await relay.caller.call(blob).bytes == part)
            for sequence in 2...80 {
                #expect(try await relay.caller.call(Self.append(access, .oneKiB)).sequence == UInt64(sequence))
            }
            let short = try await relay.caller.call(Self.read(access, after: 1))
            #expect((40..<64).contains(short.entries.count) && short.head == 80)
            // What has been taken out is gone from the store.
            #expect(try await relay.caller.call(TakeRequest(access: access)).entry?.body.count == 1 << 20)
            relay.service.admission.hold(-6 << 20)
            #expect(try await relay.caller.call(Self.append(access, .oneMiB)).sequence == 81)
            #expect(try await relay.caller.call(Self.read(access, after: 1)).entries.count == 80)
        }
    }

    @Test(arguments: [Depth.socket, .http2])
    func whereTooMuchIsHeldASubscriberIsSentShortEventsAlone(_ depth: Depth) async throws {
        try await TestRelay.with(depth, limits: Self.limits { $0.heldBytes = 3 << 19 }) { relay in
            let access = try await relay.mailbox()
            _ = try await relay.caller.call(Self.append(access, .oneMiB))
            _ = try await relay.caller.call(Self.append(access, .oneKiB))

            func events(after sequence: UInt64) async throws -> Int {
                let mailbox = SubscribedMailbox(access: access, incarnation: .unknown, after: sequence)
                var count = 0
                try await relay.endpoint.subscribe(SubscribeRequest(mailboxes: [mailbox], heartbeatSeconds: 60)) { _ in
                    count += 1
                    return false
                }
                return count
            }

            #expect(try await events(after: 0) == 1)
            relay.service.admission.hold(2 << 20)
            #expect(try await events(after: 0) == 0)
            #expect(try await events(after: 1) == 1)
            relay.service.admission.hold(-2 << 20)
            try await eventually { relay.service.admission.heldBytes == 0 }
        }
    }
}
