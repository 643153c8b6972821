import NIOCore
import NIOPosix
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// Requests that a client sends without waiting for answers, over one connection.
@Suite struct PipelineTests {
    /// Appends are answered on a shorter way than reads, and must not overtake them.
    @Test func answersComeInTheOrderOfTheRequestsAlsoWhenTheClientHasClosedItsSide() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let port = try #require(relay.endpoint?.port)
            var requests = ByteBuffer()
            for _ in 0..<20 {
                requests.writeRequest(Self.append(access))
                requests.writeRequest(Self.append(access))
                requests.writeRequest(ReadRequest(access: access, incarnation: .unknown, after: 0, limit: 1))
            }
            var answers = try await Self.exchange(requests, port: port)
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

    /// The two ways to an append give the same answer: a length of its own is what the shorter one asks for.
    @Test func anAppendInPiecesIsAnsweredLikeAnother() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let port = try #require(relay.endpoint?.port)
            let append = Self.append(access)
            var requests = ByteBuffer()
            requests.writeRequest(append)
            requests.writeChunkedRequest(append)
            var answers = try await Self.exchange(requests, port: port)
            let first = try AppendResponse(decoding: try #require(try answers.readAnswer()))
            let second = try AppendResponse(decoding: try #require(try answers.readAnswer()))
            #expect(!first.isDuplicate && second.isDuplicate)
            #expect(first.runningHash == second.runningHash)
        }
    }

    @Test func whatCannotBeReadIsRefusedBehindTheAnswerToWhatCould() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let port = try #require(relay.endpoint?.port)
            var requests = ByteBuffer()
            requests.writeRequest(Self.append(access))
            requests.writeString("no HTTP\r\n\r\n")
            var answers = try await Self.exchange(requests, port: port)
            #expect(try AppendResponse(decoding: try #require(try answers.readAnswer())).sequence == 1)
            #expect(answers.readString(length: 12) == "HTTP/1.1 400")
        }
    }

    /// The two ways to a stream of events are one stream; it ends when the client closes its side, and what was asked behind
    /// it is answered then.
    @Test func whatIsAskedBehindASubscriptionIsAnsweredWhenItHasEnded() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let port = try #require(relay.endpoint?.port)
            let first = try await relay.caller.append(access)
            let subscribe = SubscribeRequest(
                mailboxes: [SubscribedMailbox(access: access, incarnation: .unknown, after: 0)],
                heartbeatSeconds: 60
            )
            for isUsual in [true, false] {
                var requests = ByteBuffer()
                if isUsual { requests.writeRequest(subscribe) } else { requests.writeChunkedRequest(subscribe) }
                requests.writeRequest(Self.append(access))
                var answers = try await Self.exchange(requests, port: port)
                let stream = try #require(try answers.readStream())
                var events = SubscriptionEvents()
                events.append(stream)
                guard case .entries(let response, mailbox: 0)? = try events.next() else {
                    Issue.record("no entries")
                    return
                }
                #expect(response.entries.first?.runningHash == first.runningHash)
                #expect(response.entries.count == (isUsual ? 1 : 2))
                #expect(try events.next() == nil)
                let body = try #require(try answers.readAnswer())
                #expect(try AppendResponse(decoding: body).sequence == (isUsual ? 2 : 3))
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
            let (read, write) = (Capability.random(), Capability.random())
            _ = try await relay.caller.call(
                BlobCreateRequest(access: access, writeHash: write.hash, readHash: read.hash, parts: 1)
            )
            let part = [UInt8](repeating: 7, count: 65_536)
            let writer = Access(mailbox: access.mailbox, capability: write)
            _ = try await relay.caller.call(BlobPutRequest(access: writer, index: 0, bytes: part))
            let reader = Access(mailbox: access.mailbox, capability: read)
            var requests = ByteBuffer()
            for _ in 0..<500 { requests.writeRequest(BlobGetRequest(access: reader, index: 0)) }
            let greedy = try SilentConnection(port: try #require(relay.endpoint?.port))
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

    /// Sends everything, closes its side, and takes what comes until the relay closes too.
    private static func exchange(_ requests: ByteBuffer, port: Int) async throws -> ByteBuffer {
        let connection = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(requests)
            outbound.finish()
            var answers = ByteBuffer()
            for try await part in inbound { answers.writeImmutableBuffer(part) }
            return answers
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func writeRequest(_ request: some OperationRequest) {
        let body = request.encoded
        writeHead(of: request, "Content-Length: \(body.count)")
        writeBytes(body)
    }

    /// The same in two chunks, without its length.
    fileprivate mutating func writeChunkedRequest(_ request: some OperationRequest) {
        let body = request.encoded
        writeHead(of: request, "Transfer-Encoding: chunked")
        for chunk in [body[..<50], body[50...]] {
            writeString(String(chunk.count, radix: 16) + "\r\n")
            writeBytes(chunk)
            writeString("\r\n")
        }
        writeString("0\r\n\r\n")
    }

    private mutating func writeHead<Request: OperationRequest>(of request: Request, _ framing: String) {
        writeString(
            """
            POST \(Request.operation.path) HTTP/1.1\r
            Host: localhost\r
            Content-Type: application/octet-stream\r
            \(framing)\r
            \r

            """
        )
    }

    /// Takes the next answer, which must be a success in chunks.
    /// - Returns: its body; nil when there is none.
    fileprivate mutating func readStream() throws -> [UInt8]? {
        guard let end = readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound,
            let head = readString(length: end - readerIndex)?.lowercased()
        else { return nil }
        #expect(head.hasPrefix("http/1.1 200") && head.contains("transfer-encoding: chunked"))
        var body: [UInt8] = []
        while let line = readableBytesView.firstRange(of: Array("\r\n".utf8)) {
            let length = try #require(readString(length: line.lowerBound - readerIndex).flatMap { Int($0, radix: 16) })
            moveReaderIndex(forwardBy: 2)
            body += try #require(readBytes(length: length))
            moveReaderIndex(forwardBy: 2)
            if length == 0 { return body }
        }
        return nil
    }

    /// Takes the next answer, which must be a success.
    /// - Returns: its body; nil when there is none.
    fileprivate mutating func readAnswer() throws -> [UInt8]? {
        guard let end = readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound,
            let head = readString(length: end - readerIndex)
        else { return nil }
        let lines = head.split(separator: "\r\n")
        #expect(lines.first?.hasPrefix("HTTP/1.1 200") == true)
        let field = try #require(lines.first { $0.lowercased().hasPrefix("content-length:") })
        let length = try #require(field.split(separator: " ").last.flatMap { Int($0) })
        return readBytes(length: length)
    }
}
