import Foundation
import NIOCore
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// Requests that a client sends without waiting for answers, over one connection.
@Suite struct PipelineTests {
    /// Appends are answered by calls and reads by tasks, and must not overtake one another.
    @Test func answersComeInTheOrderOfTheRequestsAlsoWhenTheClientHasClosedItsSide() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let port = relay.endpoint.port
            var requests = ByteBuffer()
            for _ in 0..<20 {
                requests.writeRequest(Self.append(access))
                requests.writeRequest(Self.append(access))
                requests.writeRequest(ReadRequest(access: access, incarnation: .unknown, after: 0, limit: 1))
            }
            var answers = try await RawHTTP.exchange(requests, port: port)
            for round in 0..<20 {
                for sequence in [UInt64(2 * round + 1), UInt64(2 * round + 2)] {
                    let body = try #require(try answers.readAnswer())
                    #expect(try AppendResponse(decoding: body).sequence == sequence)
                }
                let body = try #require(try answers.readAnswer())
                #expect(try ReadResponse(decoding: body).head == UInt64(2 * round + 2))
            }
            #expect(answers.readableBytes == 0)
        }
    }

    @Test func anAppendInPiecesIsAnsweredLikeAnother() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let port = relay.endpoint.port
            let append = Self.append(access)
            var requests = ByteBuffer()
            requests.writeRequest(append)
            requests.writeChunkedRequest(append)
            var answers = try await RawHTTP.exchange(requests, port: port)
            let first = try AppendResponse(decoding: try #require(try answers.readAnswer()))
            let second = try AppendResponse(decoding: try #require(try answers.readAnswer()))
            #expect(!first.isDuplicate && second.isDuplicate)
            #expect(first.runningHash == second.runningHash)
        }
    }

    @Test func whatCannotBeReadIsRefusedBehindTheAnswerToWhatCould() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let port = relay.endpoint.port
            var requests = ByteBuffer()
            requests.writeRequest(Self.append(access))
            requests.writeString("no HTTP\r\n\r\n")
            var answers = try await RawHTTP.exchange(requests, port: port)
            #expect(try AppendResponse(decoding: try #require(try answers.readAnswer())).sequence == 1)
            #expect(answers.readString(length: 12) == "HTTP/1.1 400")
            #expect(String(buffer: answers).contains("urn:aadr:problem:malformed"))
        }
    }

    /// They are answered one after the other also where no answer has to be waited for.
    @Test func anyNumberOfRequestsThatAreRefusedAtOnceIsAnswered() async throws {
        try await TestRelay.with(.socket) { relay in
            // As many as come with one read from the socket.
            let count = 1_500
            var requests = ByteBuffer()
            for _ in 0..<count { requests.writeString("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            let answers = String(buffer: try await RawHTTP.exchange(requests, port: relay.endpoint.port))
            let answered = answers.components(separatedBy: "HTTP/1.1 404 Not Found\r\n").count - 1
            #expect(answered == count)
        }
    }

    @Test func whatIsAskedBehindAReadThatWaitsIsAnsweredBehindIt() async throws {
        try await TestRelay.with(.socket) { relay in
            let (silent, other) = (try await relay.mailbox(), try await relay.mailbox())
            var requests = ByteBuffer()
            requests.writeRequest(ReadRequest(access: silent, incarnation: .unknown, after: 0, waitSeconds: 60))
            for _ in 0..<50 { requests.writeRequest(Self.append(other)) }
            requests.writeRequest(Self.append(other), fields: "Connection: close\r\n")
            let exchange = Task { [requests] in
                try await RawHTTP.exchange(requests, port: relay.endpoint.port, closingItsSide: false)
            }
            try await relay.waitUntilReaders(of: silent, are: 1)
            #expect(try await relay.caller.read(other).head == 0)
            _ = try await relay.caller.append(silent)
            var answers = try await exchange.value
            let read = try ReadResponse(decoding: try #require(try answers.readAnswer()))
            #expect(read.entries.map(\.sequence) == [1])
            for sequence in 1...51 {
                let body = try #require(try answers.readAnswer())
                #expect(try AppendResponse(decoding: body).sequence == UInt64(sequence))
            }
            #expect(answers.readableBytes == 0)
        }
    }

    /// A stream of events ends when the client closes its side, and what was asked behind it is answered then.
    @Test func whatIsAskedBehindASubscriptionIsAnsweredWhenItHasEnded() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let port = relay.endpoint.port
            let first = try await relay.caller.append(access)
            let subscribe = SubscribeRequest(
                mailboxes: [SubscribedMailbox(access: access, incarnation: .unknown, after: 0)],
                heartbeatSeconds: 60
            )
            for isWhole in [true, false] {
                var requests = ByteBuffer()
                if isWhole { requests.writeRequest(subscribe) } else { requests.writeChunkedRequest(subscribe) }
                requests.writeRequest(Self.append(access))
                var answers = try await RawHTTP.exchange(requests, port: port)
                let stream = try #require(try answers.readStream())
                var events = SubscriptionEvents()
                events.append(stream)
                guard case .entries(let response, mailbox: 0)? = try events.next() else {
                    Issue.record("no entries")
                    return
                }
                #expect(response.entries.first?.runningHash == first.runningHash)
                #expect(response.entries.count == (isWhole ? 1 : 2))
                #expect(try events.next() == nil)
                let body = try #require(try answers.readAnswer())
                #expect(try AppendResponse(decoding: body).sequence == (isWhole ? 2 : 3))
                #expect(answers.readableBytes == 0)
            }
        }
    }

    /// Else one connection could have the relay hold any amount of answers.
    @Test func whoeverTakesNoAnswersIsGivenNoMoreAndIsCutOff() async throws {
        var limits = RelayLimits()
        limits.slowestExchange = .seconds(3)
        try await TestRelay.with(.socket, limits: limits) { relay in
            let access = try await relay.mailbox()
            let reader = try await relay.blob(beside: access, part: [UInt8](repeating: 7, count: BlobPart.length))
            var requests = ByteBuffer()
            for _ in 0..<500 { requests.writeRequest(BlobGetRequest(access: reader, index: 0)) }
            let greedy = try SilentConnection(port: relay.endpoint.port)
            greedy.write(Array(requests.readableBytesView))
            try await eventually { relay.service.admission.connections == 2 }
            try await eventually { relay.service.admission.connections == 1 }
            let answers = relay.service.metrics.current.requests[.blobGet]?.outcomes.values.reduce(0, +)
            #expect(try #require(answers) < 400)
            greedy.close()
        }
    }

    private static func append(_ access: Access) -> AppendRequest {
        AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .application, body: StoreUnderTest.body())
    }
}
