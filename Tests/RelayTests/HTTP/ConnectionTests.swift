import Foundation
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
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
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .seconds(89))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(90))
        #expect(!channel.isActive)
    }
}
