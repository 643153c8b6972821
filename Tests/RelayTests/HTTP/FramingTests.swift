import Foundation
import NIOCore
import NIOHTTP2
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// Requests whose frame a server has to refuse whatever they ask for (RFC 9112).
@Suite struct FramingTests {
    /// Sends a request, and behind it another.
    /// - Returns: the statuses of what is answered, and all of it.
    private static func exchange(_ request: String, to relay: TestRelay) async throws -> ([String], text: String) {
        let text = try await RawHTTP.exchange(
            request + "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            port: relay.endpoint.port,
            closingItsSide: false
        )
        let answers = text.components(separatedBy: "HTTP/1.").dropFirst()
        return (answers.map { String($0.dropFirst(2).prefix(3)) }, text)
    }

    @Test func aRequestNamesOneHost() async throws {
        try await TestRelay.with(.socket) { relay in
            // HTTP/1.0 knows no Host, and closes.
            let requests = [
                ("HTTP/1.1\r\n", ["400", "200"], "there is no Host"),
                ("HTTP/1.1\r\nHosts: x\r\n", ["400", "200"], "there is no Host"),
                ("HTTP/1.1\r\nHost: x\r\nhost: x\r\n", ["400", "200"], "more than one Host"),
                ("HTTP/1.1\r\nHost: x y\r\n", ["400", "200"], "one that is none"),
                ("HTTP/1.0\r\nHost: x\r\nHost: y\r\n", ["400"], "more than one Host"),
                ("HTTP/1.0\r\n", ["200"], ""),
                ("HTTP/1.1\r\nHost:\r\n", ["200", "200"], ""),
                ("HTTP/1.1\r\nHost:  x:80 \r\n", ["200", "200"], ""),
            ]
            for (rest, expected, detail) in requests {
                let (statuses, text) = try await Self.exchange("GET /healthz \(rest)\r\n", to: relay)
                #expect(statuses == expected, "\(rest)")
                let isTold = detail.isEmpty || (text.contains("urn:aadr:problem:malformed") && text.contains(detail))
                #expect(isTold, "\(rest) \(text)")
            }
        }
    }

    /// What follows is not taken for a request: where the body ends, somebody else may see otherwise.
    @Test func aBodyThatIsCodedOtherwiseThanInChunksEndsTheConnection() async throws {
        try await TestRelay.with(.socket) { relay in
            let chunked = "Transfer-Encoding: chunked\r\n"
            let requests = [
                ("1.1", "Transfer-Encoding: gzip, chunked\r\n", ["400"]),
                ("1.1", "Transfer-Encoding: gzip\r\n\(chunked)", ["400"]),
                ("1.1", "Transfer-Encoding: chunked, chunked\r\n", ["400"]),
                ("1.1", "\(chunked)\(chunked)", ["400"]),
                ("1.1", "Transfer-Encoding: chunked, gzip\r\n", ["400"]),
                ("1.1", "Transfer-Encoding: identity\r\n", ["400"]),
                ("1.1", "Transfer-Encoding: xchunked\r\n", ["400"]),
                ("1.1", "\(chunked)Content-Length: 5\r\n", ["400"]),
                ("1.1", "Content-Length: 5\r\n\(chunked)", ["400"]),
                ("1.1", chunked, ["200", "200"]),
                // Faulty as well, but the connection ends anyway (RFC 9112, 6.1).
                ("1.0", chunked, ["200"]),
            ]
            for (version, fields, expected) in requests {
                let request = "GET /healthz HTTP/\(version)\r\nHost: x\r\n\(fields)\r\n0\r\n\r\n"
                let (statuses, text) = try await Self.exchange(request, to: relay)
                #expect(statuses == expected, "\(version) \(fields)")
                let closes = text.contains("urn:aadr:problem:malformed") && text.contains("connection: close")
                #expect(closes == (expected == ["400"]), "\(version) \(fields) \(text)")
            }
        }
    }

    /// The answer is there as a whole, and the stream is not reset before the client can have read it (RFC 9113, 8.1); what is
    /// longer than any request may be is not waited for.
    @Test(arguments: [("/v1/unknown", "404", false), ("/v1/append", "413", true)])
    func aStreamThatIsAnsweredEarlyIsNotResetWithIt(_ path: String, _ status: String, _ isGivenUp: Bool) async throws {
        try await TestRelay.with(.http2) { relay in
            let client = try await RawHTTP2.connect(to: relay.endpoint)
            let fields = [("content-type", "application/octet-stream"), ("content-length", "2000000")]
            let start = ContinuousClock.now
            try await client.begin("POST", path, fields, on: 1)
            try await client.send([1, 2, 3], on: 1)
            try await eventually { client.hasEnded(1) }
            #expect(client.status(on: 1) == status)
            try await Task.sleep(for: .milliseconds(300))
            // The relay leaves it a second, but this test may be what was late.
            let isReset = client.isReset(1)
            #expect(!isReset || ContinuousClock.now - start >= .seconds(1))
            // More of the body is taken, unless the stream has been given up meanwhile.
            do { try await client.send([4, 5, 6], on: 1) } catch { #expect(isGivenUp) }
            try await Task.sleep(for: .milliseconds(1500))
            if isGivenUp { try await eventually { client.isReset(1) } } else { #expect(!client.isReset(1)) }
            try await client.begin("GET", "/healthz", on: 3)
            try await eventually { client.status(on: 3) == "200" }
            try await client.close()
        }
    }

    /// What its body asks for is not done, and not taken for a request either.
    @Test func whatARequestWithoutAHostAsksForIsNotDone() async throws {
        try await TestRelay.with(.socket) { relay in
            let access = try await relay.mailbox()
            let append = AppendRequest(
                access: access,
                epoch: 0,
                entryID: .random(),
                kind: .application,
                body: StoreUnderTest.body()
            )
            let body = append.encoded
            let head = "POST /v1/append HTTP/1.1\r\nContent-Type: application/octet-stream\r\n"
            for host in ["", "Host: x\r\n"] {
                var requests = ByteBuffer(string: "\(head)\(host)Content-Length: \(body.count)\r\n\r\n")
                requests.writeBytes(body)
                requests.writeString("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                let answers = try await RawHTTP.exchange(requests, port: relay.endpoint.port)
                let expected = host.isEmpty ? "HTTP/1.1 400" : "HTTP/1.1 200"
                let text = String(decoding: answers.readableBytesView, as: UTF8.self)
                #expect(text.hasPrefix(expected) && text.contains(#"{"status": "ok"}"#))
                #expect(try await relay.caller.read(access).head == (host.isEmpty ? 0 : 1))
            }
        }
    }
}
