import Foundation
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// The time of a refusal does not tell an unknown mailbox from a wrong capability.
///
/// Measured as a client sees it, over one TLS connection, by Welch's t over samples taken in turns at random. What `make
/// test` takes is short; 10^5 of each operation take some minutes:
///
///     AADR_TIMING_SAMPLES=100000 swift test --skip-build --filter '^RelayTests\.TimingTests'
@Suite(.serialized) struct TimingTests {
    private static let samples = ProcessInfo.processInfo.environment["AADR_TIMING_SAMPLES"].flatMap { Int($0) } ?? 500

    /// Beyond it, two means are taken to differ: by chance, one measurement in a hundred thousand does.
    private static let threshold = 4.5

    /// As many requests as come: a refusal for their rate is none of those that are compared.
    private static var limits: RelayLimits {
        var limits = RelayLimits()
        limits.connectionRate = .unlimited
        limits.capabilityRate = .unlimited
        return limits
    }

    private static let operations: [(name: String, encode: @Sendable (Access) -> (path: String, body: [UInt8]))] = [
        ("read", { encoded(ReadRequest(access: $0, incarnation: .unknown, after: 0)) }),
        ("append", { encoded(append(to: $0)) }),
        ("take", { encoded(TakeRequest(access: $0)) }),
        ("blob-state", { encoded(BlobStateRequest(access: $0)) }),
        (
            "subscribe",
            {
                let mailbox = SubscribedMailbox(access: $0, incarnation: .unknown, after: 0)
                return encoded(SubscribeRequest(mailboxes: [mailbox], heartbeatSeconds: 60))
            }
        ),
        ("batch", { encoded(BatchRequest(appends: [append(to: $0)])) }),
    ]

    @Test(arguments: operations.indices)
    func aRefusalTakesItsTimeWhateverIsMissing(_ index: Int) async throws {
        let operation = Self.operations[index]
        try await TestRelay.with(.tls, limits: Self.limits) { relay in
            let access = try await relay.mailbox()
            // What is asked for must be there to be told apart: many mailboxes, and this one in every cache.
            for _ in 0..<50 { _ = try await relay.mailbox() }
            _ = try await relay.caller.append(access)
            // Nor is it told whether somebody follows the mailbox: of those who do, reads are made in common.
            let followers = (0..<2).map { _ in relay.service.store.notifications.subscribe(to: [access.mailbox]) }
            defer { followers.forEach(relay.service.store.notifications.unsubscribe) }
            var unknown = Samples()
            var wrong = Samples()
            for count in 0..<(2 * Self.samples + 200) {
                let other = Access(mailbox: .random(), capability: .random())
                let isUnknown = Bool.random()
                let asked = Access(
                    mailbox: isUnknown ? other.mailbox : access.mailbox,
                    capability: other.capability
                )
                let request = operation.encode(asked)
                let start = ContinuousClock.now
                let answer = try await relay.caller.post(request.path, request.body)
                let time = ContinuousClock.now - start
                #expect(answer.status == (["batch", "subscribe"].contains(operation.name) ? 200 : 403))
                // The first are slow, because nothing is warm yet.
                guard count >= 200 else { continue }
                if isUnknown { unknown.add(time) } else { wrong.add(time) }
            }
            let t = unknown.welchT(against: wrong)
            #expect(abs(t) < Self.threshold, "\(operation.name): \(unknown) against \(wrong)")
            print("\(operation.name): t = \(t); unknown mailbox \(unknown), wrong capability \(wrong)")
        }
    }

    @Test func aDifferenceThatIsThereIsSeen() {
        var (quick, slow) = (Samples(), Samples())
        for index in 0..<2_000 {
            let noise = Duration.nanoseconds(index % 101 * 1_000)
            quick.add(.microseconds(300) + noise)
            slow.add(.microseconds(310) + noise)
        }
        #expect(slow.welchT(against: quick) > Self.threshold)
    }

    private static func append(to access: Access) -> AppendRequest {
        AppendRequest(
            access: access,
            epoch: 0,
            entryID: .random(),
            kind: .application,
            body: StoreUnderTest.body()
        )
    }

    private static func encoded<Request: OperationRequest>(_ request: Request) -> (path: String, body: [UInt8]) {
        (Request.operation.path, request.encoded)
    }
}

/// Mean and variance of times, by Welford's method.
private struct Samples: CustomStringConvertible {
    private var count = 0.0
    /// In microseconds.
    private var mean = 0.0
    private var squares = 0.0

    mutating func add(_ time: Duration) {
        let value = time / .microseconds(1)
        count += 1
        let difference = value - mean
        mean += difference / count
        squares += difference * (value - mean)
    }

    private var squaredError: Double { squares / (count - 1) / count }

    /// How many standard errors the means lie apart.
    func welchT(against other: Samples) -> Double {
        (mean - other.mean) / (squaredError + other.squaredError).squareRoot()
    }

    var description: String {
        "\(Int(count)) × \(String(format: "%.1f", mean)) µs ± \(String(format: "%.2f", squaredError.squareRoot()))"
    }
}
