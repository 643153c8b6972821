import NIOCore
import NIOHTTP1
import RelayAPI
import TLSCodec
import Testing

@testable import MemberClient

/// Requests of which only the form matters.
enum Sample {
    static let access = Access(mailbox: .random(), capability: .random())
    static let delete = DeleteRequest(access: access, upTo: 1)

    static func read(waitSeconds: UInt16 = 0) -> ReadRequest {
        ReadRequest(access: access, incarnation: .unknown, after: 0, waitSeconds: waitSeconds)
    }

    static let readResponse = ReadResponse(
        incarnation: .random(),
        epoch: 0,
        opening: 0,
        openingHash: RunningHash(opening: access.mailbox),
        head: 0,
        headHash: RunningHash(opening: access.mailbox),
        entries: []
    )
}

/// What `body` throws.
func relayError(_ body: () async throws(RelayError) -> Void) async -> RelayError? {
    do throws(RelayError) {
        try await body()
        return nil
    } catch {
        return error
    }
}

@Suite("Relay client: whom it talks to", .timeLimit(.minutes(1)))
struct RelayClientTrustTests {
    @Test func aPinnedKeyIsEnoughWhateverTheCertificateSays() async throws {
        let server = try await TestServer()
        let client = RelayClient(address: try server.address())
        _ = try await client.delete(Sample.delete)
        #expect(server.requests.count == 1)
    }

    @Test func aNamedRelayIsPinnedAlike() async throws {
        let server = try await TestServer()
        let client = RelayClient(address: try server.address(host: "localhost"))
        _ = try await client.delete(Sample.delete)
        #expect(server.requests.count == 1)
    }

    @Test func theSpareKeyIsAsGoodAsTheFirst() async throws {
        let server = try await TestServer()
        let client = RelayClient(address: try server.address(pins: [TestServer.wrongPin, TestServer.pin]))
        _ = try await client.delete(Sample.delete)
        #expect(server.requests.count == 1)
    }

    @Test func anotherKeyIsRefusedBeforeAByteOfTheRequest() async throws {
        let server = try await TestServer()
        let client = RelayClient(address: try server.address(pins: [TestServer.wrongPin]))
        let error = await relayError { () throws(RelayError) in _ = try await client.delete(Sample.delete) }
        #expect(error == .untrustedCertificate("its key is none of those that the address's #PIN names"))
        try await Task.sleep(for: .milliseconds(100))
        #expect(server.bytesReceived == 0)
        #expect(server.connections == 1)
    }

    @Test func withoutAPinTheSystemDecides() async throws {
        let server = try await TestServer()
        for host in ["127.0.0.1", "localhost"] {
            let client = RelayClient(address: try server.address(pins: [], host: host))
            let error = await relayError { () throws(RelayError) in _ = try await client.delete(Sample.delete) }
            guard case .untrustedCertificate = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(server.bytesReceived == 0)
    }

    @Test func plainHTTPWorksOnThisMachine() async throws {
        let server = try await TestServer(tls: false)
        _ = try await RelayClient(address: try server.address()).delete(Sample.delete)
        #expect(server.requests.count == 1)
    }

    @Test func aRequestTellsNothingButItself() async throws {
        let server = try await TestServer()
        _ = try await RelayClient(address: try server.address()).delete(Sample.delete)
        let request = try #require(server.requests.first)
        #expect(request.head.method == .POST)
        #expect(request.head.uri == "/v1/delete")
        #expect(request.body == Sample.delete.encoded)
        #expect(request.head.headers.map(\.name).sorted() == ["content-length", "content-type", "host"])
        #expect(request.head.headers["host"] == ["127.0.0.1:\(server.port)"])
    }
}

@Suite("Relay client: answers", .timeLimit(.minutes(1)))
struct RelayClientAnswerTests {
    private func error(for reply: TestServer.Reply) async throws -> RelayError? {
        let server = try await TestServer { _ in reply }
        let client = RelayClient(address: try server.address())
        return await relayError { () throws(RelayError) in _ = try await client.read(Sample.read()) }
    }

    private func isViolation(_ error: RelayError?) -> Bool {
        if case .violation = error { return true }
        return false
    }

    @Test func aProblemIsThrownAsItIs() async throws {
        let problem = Problem(.incarnationChanged, detail: "restored", incarnation: .random())
        let reply = TestServer.Reply.answer(.conflict, type: "application/problem+json", body: problem.json)
        #expect(try await error(for: reply) == .problem(problem))
    }

    @Test(arguments: [HTTPResponseStatus.badRequest, .internalServerError, .movedPermanently, .noContent, .created])
    func anotherStatusWithoutAProblemIsAViolation(status: HTTPResponseStatus) async throws {
        let headers: HTTPHeaders = ["location": "https://127.0.0.1:1/v1/read"]
        let reply = TestServer.Reply.answer(status, type: "text/html", body: [], headers: headers)
        #expect(isViolation(try await error(for: reply)))
    }

    @Test func aProblemOfAnUnknownNameIsAViolation() async throws {
        let json = #"{"type":"urn:aadr:problem:tired","title":"x","status":400}"#
        let reply = TestServer.Reply.answer(.badRequest, type: "application/problem+json", body: Array(json.utf8))
        #expect(isViolation(try await error(for: reply)))
    }

    @Test func aGatewaysErrorSaysThatTheRelayIsDown() async throws {
        let error = try await error(for: .answer(.badGateway, type: "text/html", body: []))
        #expect(error == .unreachable("a gateway before it answers 502"))
    }

    @Test func aMalformedAnswerIsAViolation() async throws {
        #expect(isViolation(try await error(for: .success([1, 2, 3]))))
        #expect(isViolation(try await error(for: .success(Sample.readResponse.encoded + [0]))))
    }

    @Test func anAnswerOfAnotherMediaTypeIsAViolation() async throws {
        let reply = TestServer.Reply.answer(.ok, type: "text/plain", body: Sample.readResponse.encoded)
        #expect(isViolation(try await error(for: reply)))
    }

    @Test func aCompressedAnswerIsAViolation() async throws {
        let reply = TestServer.Reply.answer(
            .ok,
            type: "application/octet-stream",
            body: Sample.readResponse.encoded,
            headers: ["content-encoding": "gzip"]
        )
        #expect(isViolation(try await error(for: reply)))
    }

    @Test func anAnswerThatIsNoHTTPIsAViolation() async throws {
        #expect(isViolation(try await error(for: .raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"))))
    }

    @Test func anAnswerLongerThanAnyMayBeIsRefused() async throws {
        let tooLong = [UInt8](repeating: 0, count: RelayClient.longestAnswer + 1)
        #expect(isViolation(try await error(for: .success(tooLong))))
    }

    @Test func anEndlessAnswerIsCutShort() async throws {
        let part = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"
        let count = RelayClient.longestAnswer / 0x10000 + 1
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        #expect(isViolation(try await error(for: .raw(head + String(repeating: part, count: count)))))
    }

    @Test func aBrokenOffAnswerIsNoViolation() async throws {
        let server = try await TestServer(tls: false) { _ in .close }
        let client = RelayClient(address: try server.address())
        let error = await relayError { () throws(RelayError) in _ = try await client.read(Sample.read()) }
        #expect(error == .unreachable("it closed the connection"))
        #expect(server.requests.count == 1)
    }

    @Test func aRelayOfAnotherVersionIsRefused() async throws {
        let newer = #"""
            {"name":"aadr-relay","version":"9","protocol":{"oldest":2,"newest":3},"bodyLengths":[1024],
             "retentionDays":{"application":1,"advance":1,"maximum":1},"longestWaitSeconds":60}
            """#
        let server = try await TestServer { _ in .answer(.ok, type: "application/json", body: Array(newer.utf8)) }
        let client = RelayClient(address: try server.address())
        let error = await relayError { () throws(RelayError) in _ = try await client.relayInformation() }
        #expect(error == .unsupportedVersion(ProtocolVersions(oldest: 2, newest: 3)))
        #expect(server.requests.first?.head.method == .GET)
    }

    @Test func theRelaysInformationIsRead() async throws {
        let information = RelayInformation(
            version: "1.0",
            retentionDays: .init(application: 14, advance: 90, maximum: 180)
        )
        let server = try await TestServer { _ in .answer(.ok, type: "application/json", body: information.json) }
        let client = RelayClient(address: try server.address())
        #expect(try await client.relayInformation() == information)
    }
}

@Suite("Relay client: connections", .timeLimit(.minutes(1)))
struct RelayClientConnectionTests {
    @Test func aRefusedConnectionFailsAtOnce() async throws {
        let server = try await TestServer()
        let address = try server.address()
        try await server.stop()
        let start = ContinuousClock.now
        let error = await relayError { () throws(RelayError) in
            _ = try await RelayClient(address: address).delete(Sample.delete)
        }
        #expect(error == .unreachable("Connection refused"))
        // A few milliseconds, but for a busy machine; with retries it would be the connect timeout of ten seconds.
        #expect(ContinuousClock.now - start < .seconds(4))
    }

    @Test func anUnknownNameFailsWithTheName() async throws {
        let address = try RelayAddress("https://nowhere.invalid:1/#\(TestServer.pin)")
        let error = await relayError { () throws(RelayError) in
            _ = try await RelayClient(address: address).delete(Sample.delete)
        }
        #expect(error == .unreachable("the name nowhere.invalid is not found"))
    }

    @Test func aReadWaitsForAslongAsItSays() async throws {
        let server = try await TestServer { _ in .success(Sample.readResponse.encoded, after: .seconds(2)) }
        let client = RelayClient(address: try server.address())
        #expect(try await client.read(Sample.read(waitSeconds: 60)) == Sample.readResponse)
    }

    @Test func otherRequestsGoOnWhileOneWaits() async throws {
        let server = try await TestServer { request in
            request.head.uri == "/v1/read" ? .silence : .success(EmptyResponse().encoded)
        }
        let client = RelayClient(address: try server.address())
        let waiting = Task { try await client.read(Sample.read(waitSeconds: 60)) }
        for _ in 0..<3 { _ = try await client.delete(Sample.delete) }
        waiting.cancel()
        let result = await waiting.result
        #expect(throws: RelayError.cancelled) { try result.get() }
    }

    @Test func aConnectionIsUsedAgain() async throws {
        let server = try await TestServer()
        let client = RelayClient(address: try server.address())
        for _ in 0..<5 { _ = try await client.delete(Sample.delete) }
        #expect(server.connections == 1)
        #expect(server.requests.count == 5)
    }

    @Test func aConnectionThatTheRelayClosedMeanwhileIsReplaced() async throws {
        let server = try await TestServer { request in
            request.connection == 1
                ? .answerAndClose(type: "application/octet-stream", body: EmptyResponse().encoded)
                : .success(EmptyResponse().encoded)
        }
        let client = RelayClient(address: try server.address())
        for _ in 0..<2 { _ = try await client.delete(Sample.delete) }
        #expect(server.connections == 2)
    }

    /// The second request on a connection is where a relay's idle timeout strikes.
    @Test func aRequestThatMeetsAClosingConnectionIsSentOnceMore() async throws {
        let server = try await TestServer { request in
            request.connection == 1 && request.head.headers["content-length"] != ["\(Sample.delete.encoded.count)"]
                ? .close : .success(request.head.uri == "/v1/read" ? Sample.readResponse.encoded : [])
        }
        let client = RelayClient(address: try server.address())
        _ = try await client.delete(Sample.delete)
        #expect(try await client.read(Sample.read()) == Sample.readResponse)
        #expect(server.connections == 2)
        #expect(server.requests.count == 3)
    }

    @Test func manyTasksAskAtATime() async throws {
        let server = try await TestServer()
        let client = RelayClient(address: try server.address())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await client.delete(Sample.delete) } }
            try await group.waitForAll()
        }
        #expect(server.requests.count == 50)
        #expect(server.connections <= 50)
    }

    @Test func cancellingStopsAConnectionThatIsBeingMade() async throws {
        // Takes connections and never speaks TLS.
        let proxy = try await TestProxy(.silent, target: 1)
        let address = try RelayAddress("https://127.0.0.1:\(proxy.port)/#\(TestServer.pin)")
        let task = Task { try await RelayClient(address: address).delete(Sample.delete) }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        let result = await task.result
        #expect(throws: RelayError.cancelled) { try result.get() }
    }
}
