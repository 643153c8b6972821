import Foundation
import HTTPTypes
import RelayAPI
import TLSCodec
import Testing

@testable import Relay

/// What a relay refuses, how it says so, and that nothing has changed then.
@Suite struct RefusalTests {
    private static func append(_ access: Access, body: [UInt8] = StoreUnderTest.body()) -> AppendRequest {
        AppendRequest(access: access, epoch: 0, entryID: .random(), kind: .application, body: body)
    }

    @Test(arguments: Depth.allCases)
    func unknownPathsMethodsAndMediaTypesAreNamed(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let request = Self.append(access).encoded
            for path in ["/v2/append", "/v1/appendix", "/", "/v1/append/", "/v1/APPEND"] {
                let answer = try await relay.caller.post(path, request)
                #expect(answer.status == 404)
                #expect(answer.problem?.name == .unknownOperation)
                #expect(answer.problem?.detail?.contains("1 to 1") == true)
            }
            for method in [HTTPRequest.Method.get, .put, .delete] {
                let answer = try await relay.caller.send(method, "/v1/append", Caller.octetStream, request)
                #expect(answer.status == 405)
                #expect(answer.problem?.name == .wrongMethod)
                #expect(answer.headers[.allow] == "POST")
            }
            for mediaType in ["application/json", "text/plain; charset=utf-8", ""] {
                let answer = try await relay.caller.post("/v1/append", request, headers: [.contentType: mediaType])
                #expect(answer.status == 415)
                #expect(answer.problem?.name == .wrongMediaType)
            }
            #expect(try await relay.caller.post("/v1/append", request, headers: [:]).problem?.name == .wrongMediaType)
            #expect(try await relay.caller.read(access).head == 0)
        }
    }

    @Test(arguments: Depth.allCases)
    func malformedStructuresAreRefused(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let whole = Self.append(access).encoded
            var wrongKind = whole
            wrongKind[48 + 8 + 16] = 9
            for body in [[], [0], Array(whole.dropLast()), whole + [0], wrongKind] {
                for operation in RelayAPI.Operation.allCases {
                    let answer = try await relay.caller.post(operation.path, body)
                    #expect(answer.status == 400)
                    #expect(answer.problem?.name == .malformed)
                }
            }
            #expect(try await relay.caller.read(access).head == 0)
        }
    }

    @Test(arguments: Depth.allCases)
    func aBodyThatIsNoBucketIsRefused(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            for count in [0, 1, 1023, 1025, 1_048_577] {
                let request = Self.append(access, body: [UInt8](repeating: 1, count: count))
                let answer = try await relay.caller.post("/v1/append", request.encoded)
                #expect(answer.status == 422)
                #expect(answer.problem?.name == .wrongLength)
            }
            #expect(try await relay.caller.read(access).head == 0)
        }
    }

    @Test(arguments: Depth.allCases)
    func aRequestLongerThanAnyIsRefused(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let request = Self.append(access, body: [UInt8](repeating: 1, count: 1_048_576 + 65_536))
            let answer = try await relay.caller.post("/v1/append", request.encoded)
            #expect(answer.status == 413)
            #expect(answer.problem?.name == .tooLarge)
        }
    }

    @Test(arguments: Depth.allCases)
    func unknownMailboxAndWrongCapabilityGetTheSameBytes(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox(rights: .read)
            _ = try await relay.caller.read(access)
            let unknown = Access(mailbox: .random(), capability: access.capability)
            let wrong = Access(mailbox: access.mailbox, capability: .random())
            var answers: [Answer] = []
            for access in [unknown, wrong, access] {
                answers.append(try await relay.caller.post("/v1/append", Self.append(access).encoded))
                answers.append(try await relay.caller.post("/v1/take", TakeRequest(access: access).encoded))
            }
            for access in [unknown, wrong] {
                let read = ReadRequest(access: access, incarnation: .unknown, after: 0, waitSeconds: 60)
                answers.append(try await relay.caller.post("/v1/read", read.encoded))
            }
            for var headers in answers.map(\.headers) {
                headers[.date] = nil
                var expected = answers[0].headers
                expected[.date] = nil
                #expect(headers == expected)
            }
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(Set(answers.map(\.status)) == [403])
            #expect(answers[0].problem == Problem(.notPermitted))
        }
    }

    @Test(arguments: Depth.allCases)
    func aCursorOfAnotherIncarnationLearnsTheNewOne(_ depth: Depth) async throws {
        try await TestRelay.with(depth) { relay in
            let access = try await relay.mailbox()
            let read = ReadRequest(access: access, incarnation: .random(), after: 0)
            let answer = try await relay.caller.post("/v1/read", read.encoded)
            #expect(answer.status == 409)
            #expect(answer.problem == Problem(.incarnationChanged, incarnation: relay.service.store.incarnation))
        }
    }

    @Test func aStoreThatDoesNotAnswerIsNotReady() async throws {
        try await TestRelay.with(.socket) { relay in
            try (relay.service.store as? SQLiteMailboxStore)?.close()
            let ready = try await relay.caller.send(.get, "/readyz", [:], [])
            #expect(ready.status >= 500)
            #expect(ready.problem != nil)
            #expect(try await relay.caller.send(.get, "/healthz", [:], []).status == 200)
        }
    }
}
