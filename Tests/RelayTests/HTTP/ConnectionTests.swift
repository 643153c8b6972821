import Foundation
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTP2
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// What HTTP asks of a server beside the answers themselves.
@Suite struct ConnectionTests {
    private static func append(_ access: Access) -> AppendRequest {
        AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .application, body: StoreUnderTest.body())
    }

    @Test func whoWaitsToBeToldToSendItsBodyIsTold() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            var request = ByteBuffer()
            request.writeRequest(Self.append(access), fields: "Expect: 100-continue\r\nConnection: close\r\n")
            let end = try #require(request.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound)
            let head = request.readSlice(length: end - request.readerIndex) ?? ByteBuffer()
            let body = request
            let answer = try await RawHTTP.connect(port: relay.endpoint.port)
                .executeThenClose { inbound, outbound in
                    var parts = inbound.makeAsyncIterator()
                    try await outbound.write(head)
                    let told = try await parts.next()
                    #expect(told == ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
                    try await outbound.write(body)
                    var answer = ByteBuffer()
                    while let part = try await parts.next() { answer.writeImmutableBuffer(part) }
                    return answer
                }
            var answers = answer
            #expect(try AppendResponse(decoding: try #require(try answers.readAnswer())).sequence == 1)
        }
    }

    @Test func whoWaitsToBeToldToSendTooMuchIsRefused() async throws {
        try await TestRelay.with(.socket) { relay in
            let answer = try await RawHTTP.exchange(
                """
                POST /v1/append HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n\
                Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n
                """,
                port: relay.endpoint.port,
                closingItsSide: false
            )
            #expect(answer.hasPrefix("HTTP/1.1 413") && answer.contains("connection: close"))
            #expect(!answer.contains("100 Continue"))
        }
    }

    @Test func aConnectionStaysUnlessItIsSaidThatItEnds() async throws {
        try await TestRelay.with(.socket) { relay in
            // Another protocol is not gone on with, nor is what follows understood.
            let requests = [
                ("HTTP/1.1", "", 2), ("HTTP/1.1", "Connection: close\r\n", 1), ("HTTP/1.0", "", 1),
                ("HTTP/1.1", "Connection: upgrade\r\nUpgrade: h2c\r\n", 1),
            ]
            for (version, fields, count) in requests {
                let text = try await RawHTTP.exchange(
                    """
                    GET /healthz \(version)\r\nHost: x\r\n\(fields)\r\n\
                    GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n
                    """,
                    port: relay.endpoint.port,
                    closingItsSide: false
                )
                #expect(text.components(separatedBy: #"{"status": "ok"}"#).count == count + 1, "\(version) \(fields)")
            }
        }
    }

    @Test(arguments: Depth.allCases)
    func aHeadIsAnsweredWithoutABody(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let answer = try await relay.caller.send(.head, "/healthz", [:], [])
            #expect(answer.status == 200 && answer.body.isEmpty)
            #expect(answer.headers[.contentLength] == "16")
            let wrong = try await relay.caller.send(.head, "/v1/append", [:], [])
            #expect(wrong.status == 405 && wrong.body.isEmpty && wrong.headers[.allow] == "POST")
            #expect(try await relay.caller.send(.get, "/healthz", [:], []).status == 200)
        }
    }

    @Test func aTargetMayBeAWholeURIAndHaveAQuery() async throws {
        try await TestRelay.with(.socket) { relay in
            for target in ["/healthz?x=/y", "http://relay.example/healthz", "HTTP://x:1/healthz?y"] {
                let request = "GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n"
                let answer = try await RawHTTP.exchange(request, port: relay.endpoint.port)
                #expect(answer.hasPrefix("HTTP/1.1 200"), "\(target)")
            }
            for target in ["*", "x", "http://x", "/healthz/", "//healthz"] {
                let request = "GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n"
                let answer = try await RawHTTP.exchange(request, port: relay.endpoint.port)
                #expect(!answer.hasPrefix("HTTP/1.1 200"), "\(target)")
            }
        }
    }

    @Test(arguments: Depth.allCases)
    func aRouteThatIsAddedIsAnsweredByACall(_ depth: Depth) async throws {
        let echo: (inout Routes) -> Void = { $0.add("/echo") { body, answer in answer(.success(body)) } }
        try await TestRelay.with(depth, change: echo) { relay in
            for count in [0, 1, 70_000, 1_048_576] {
                let body = [UInt8](repeating: 7, count: count)
                let answer = try await relay.caller.post("/echo", body)
                #expect(answer.body == body)
            }
        }
    }

    @Test(arguments: Depth.allCases)
    func aShutdownClosesConnectionsOnWhichNothingIsAsked(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            #expect(try await relay.caller.send(.get, "/healthz", [:], []).status == 200)
            let silent = try SilentConnection(port: relay.endpoint.port)
            // Without TLS' handshake, where there is one; at that depth, another client is connected and asks nothing.
            try await eventually { relay.service.admission.connections == (depth == .http2 ? 3 : 2) }
            await relay.shutDown()
            try await eventually { relay.service.admission.connections == 0 }
            silent.close()
        }
    }

    @Test func aConnectionOnWhichNothingIsAskedAnyMoreIsClosed() throws {
        let channel = EmbeddedChannel(handler: IdleConnectionHandler(patience: .seconds(90)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let request = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        channel.embeddedEventLoop.advanceTime(by: .seconds(80))
        try channel.writeInbound(HTTPServerRequestPart.head(request))
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
        // A read or a subscription may wait for longer.
        channel.embeddedEventLoop.advanceTime(by: .seconds(1000))
        #expect(channel.isActive)
        // And an answer that has been written may take its time on a bad line.
        channel.write(HTTPServerResponsePart.end(nil), promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1000))
        #expect(channel.isActive)
        channel.flush()
        channel.embeddedEventLoop.advanceTime(by: .seconds(89))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(90))
        #expect(!channel.isActive)
    }

    @Test func aRequestThatIsAnsweredEarlyIsNotIdleBeforeItsEnd() throws {
        let channel = EmbeddedChannel(handler: IdleConnectionHandler(patience: .seconds(90)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let request = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
        try channel.writeInbound(HTTPServerRequestPart.head(request))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .seconds(200))
        #expect(channel.isActive)
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .seconds(180))
        #expect(!channel.isActive)
    }

    @Test func whoIsToldToGoAwayAndStaysIsClosed() throws {
        let channel = EmbeddedChannel(handler: FarewellHandler(patience: .seconds(5)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let ping = HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: 1), ack: false))
        try channel.writeOutbound(ping)
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(channel.isActive)
        let farewell = HTTP2Frame.FramePayload.goAway(lastStreamID: .rootStream, errorCode: .noError, opaqueData: nil)
        for _ in 0..<2 {
            try channel.writeOutbound(HTTP2Frame(streamID: .rootStream, payload: farewell))
            channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test func nothingStaysOfAConnectionThatIsClosedBeforeItHasAsked() throws {
        let loop = EmbeddedEventLoop()
        weak var closed: EmbeddedChannel?
        do {
            let channel = EmbeddedChannel(loop: loop)
            closed = channel
            _ = Connection(channel: channel, isServed: true, patience: .seconds(600))
            try channel.close().wait()
            loop.run()
        }
        #expect(closed == nil)
    }

    @Test func whatIsReadAndNotTakenIsBoundedForAConnection() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let channel = NIOAsyncTestingChannel()
            let connection = Connection(channel: channel, isServed: true, patience: .seconds(600))
            let service = relay.service
            try await channel.eventLoop
                .submit {
                    try channel.pipeline.syncOperations.addHandler(
                        RequestHandler(Routes(service: service), of: service, admission: nil, on: connection)
                    )
                }
                .get()
            try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
            let read = ReadRequest(access: access, incarnation: .unknown, after: 0)

            /// What other streams hold meanwhile.
            func status(besides held: [Int]) async throws -> UInt {
                for count in held { #expect(connection.beginAnswer(count)) }
                defer { for count in held { connection.endAnswer(count) } }
                let fields: HTTPHeaders = ["content-type": RelayAPI.Operation.mediaType]
                let head = HTTPRequestHead(
                    version: .http2,
                    method: .POST,
                    uri: ReadRequest.operation.path,
                    headers: fields
                )
                try await channel.writeInbound(HTTPServerRequestPart.head(head))
                try await channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(bytes: read.encoded)))
                try await channel.writeInbound(HTTPServerRequestPart.end(nil))
                var status: UInt = 0
                while true {
                    switch try await channel.waitForOutboundWrite(as: HTTPServerResponsePart.self) {
                    case .head(let head): status = head.status.code
                    case .body: break
                    case .end: return status
                    }
                }
            }

            #expect(try await status(besides: [4 << 20]) == 200)
            #expect(try await status(besides: [4 << 20, 4 << 20]) == 429)
            #expect(try await status(besides: []) == 200)
            try await channel.close()
        }
    }

    /// What comes with its end is read as a whole, however much it is.
    @Test func requestsBehindOneThatWaitsAreBounded() async throws {
        var limits = RelayLimits()
        limits.connectionRate = .unlimited
        try await TestRelay.with(.socket, limits: limits) { relay in
            let access = try await relay.mailbox()
            var requests = ByteBuffer()
            requests.writeRequest(ReadRequest(access: access, incarnation: .unknown, after: 0, waitSeconds: 1))
            for _ in 0..<2_000 { requests.writeString("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") }
            let answers = String(buffer: try await RawHTTP.exchange(requests, port: relay.endpoint.port))
            let count = answers.components(separatedBy: "HTTP/1.1 200").count - 1
            #expect(count > 100 && count < 1_100, "\(count)")
            #expect(answers.components(separatedBy: "HTTP/1.1 429").count == 2)
        }
    }

    @Test(arguments: Depth.allCases)
    func manyFieldsThatAreNotTooLongTogetherAreTaken(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            var fields: HTTPFields = [:]
            for index in 0..<55 {
                let name = try #require(HTTPField.Name("x-field-\(index)"))
                fields[name] = String(repeating: "x", count: 270)
            }
            #expect(try await relay.caller.send(.get, "/healthz", fields, []).status == 200)
        }
    }

    @Test func aLengthBeyondAnyNumberIsRefusedAtOnce() async throws {
        try await TestRelay.with(.socket) { relay in
            let answer = try await RawHTTP.exchange(
                """
                POST /v1/append HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n\
                Content-Length: 9223372036854775808\r\n\r\n
                """,
                port: relay.endpoint.port,
                closingItsSide: false
            )
            #expect(answer.hasPrefix("HTTP/1.1 413"))
        }
    }
}
