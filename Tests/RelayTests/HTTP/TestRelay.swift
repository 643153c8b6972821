import AsyncHTTPClient
import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import NIOSSL
import RelayAPI
import ServiceLifecycle
import TLSCodec
import Testing

@testable import Relay

/// How deep a test goes: the same tests pass at each.
enum Depth: CaseIterable, CustomTestStringConvertible {
    /// A socket without TLS.
    case socket
    /// A socket with TLS, and a client that accepts the relay's own certificate alone.
    case tls
    /// The same, and HTTP/2.
    case http2

    var testDescription: String {
        switch self {
        case .socket: "socket"
        case .tls: "TLS"
        case .http2: "HTTP/2"
        }
    }
}

/// The name in a relay's own certificate, which nobody looks at.
let certificateName = "aadr-relay"

/// What a relay answered.
struct Answer: Equatable {
    let status: Int
    let headers: HTTPFields
    let body: [UInt8]

    var problem: Problem? {
        headers[.contentType] == Problem.mediaType ? Problem(json: body) : nil
    }
}

/// A client's side of one connection.
struct Caller: Sendable {
    typealias Send = @Sendable (HTTPRequest.Method, String, HTTPFields, [UInt8]) async throws -> Answer

    let send: Send

    func call<Request: OperationRequest>(_ request: Request) async throws -> Request.Response {
        let answer = try await post(Request.operation.path, request.encoded)
        if let problem = answer.problem { throw problem }
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/octet-stream")
        return try Request.Response(decoding: answer.body)
    }

    func post(_ path: String, _ body: [UInt8], headers: HTTPFields = Self.octetStream) async throws -> Answer {
        try await send(.post, path, headers, body)
    }

    static let octetStream: HTTPFields = [.contentType: "application/octet-stream"]

    init(_ send: @escaping Send) {
        self.send = send
    }

    /// Over a test client's connection.
    init(_ client: TestClient) {
        self.init { method, path, headers, body in
            let response = try await client.execute(
                TestClient.Request(
                    path,
                    method: method,
                    authority: "localhost",
                    headers: headers,
                    body: ByteBuffer(bytes: body)
                )
            )
            return Answer(
                status: response.status.code,
                headers: response.headers,
                body: response.body.map { Array($0.readableBytesView) } ?? []
            )
        }
    }
}

extension TestClient {
    /// Asks with a host, which the client's own `get` does not name.
    func look(at path: String) async throws -> Response {
        try await execute(Request(path, method: .get, authority: "localhost"))
    }
}

/// A relay in this process, on a store of its own.
struct TestRelay {
    let directory: DataDirectory
    let service: RelayService
    let caller: Caller
    /// Makes another connection.
    let connect: @Sendable () -> TestClient
    /// Where it listens.
    let endpoint: Endpoint
    /// Begins the relay's shutdown.
    let shutDown: @Sendable () async -> Void

    /// - Parameter change: of what is answered.
    static func with(
        _ depth: Depth,
        limits: RelayLimits = RelayLimits(),
        change: (inout Routes) -> Void = { _ in },
        _ body: @escaping @Sendable (TestRelay) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { url in
            let directory = try DataDirectory(path: url.path, creating: true)
            let store = try SQLiteMailboxStore(file: directory.store, limits: limits)
            let service = RelayService(store: store, limits: limits)
            var routes = Routes(service: service)
            change(&routes)
            try await serve(routes, service, at: depth, directory: directory, body)
            try store.close()
        }
    }

    private static func serve(
        _ routes: Routes,
        _ service: RelayService,
        at depth: Depth,
        directory: DataDirectory,
        _ body: @escaping @Sendable (TestRelay) async throws -> Void
    ) async throws {
        let identity = depth == .socket ? nil : try directory.selfSignedIdentity()
        let (ports, announce) = AsyncStream<Int>.makeStream()
        let server = RelayServer(
            routes: routes,
            service: service,
            host: "127.0.0.1",
            port: 0,
            tls: identity?.tlsConfiguration
        ) { announce.yield($0) }
        let group = ServiceGroup(services: [server], logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await group.run() }
        let port = try #require(await ports.first { _ in true })
        let tls = try identity.map { _ in try trustingOnly(directory.url.appending(path: "tls.pem")) }
        let endpoint = Endpoint(port: port, tls: tls, speaksHTTP2: depth == .http2)
        let connect: @Sendable () -> TestClient = {
            let client = TestClient(
                host: "127.0.0.1",
                port: port,
                configuration: .init(tlsConfiguration: tls, timeout: .seconds(70), serverName: certificateName)
            )
            client.connect()
            return client
        }
        let client = connect()
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(
                try await endpoint.withClient { other in
                    let relay = TestRelay(
                        directory: directory,
                        service: service,
                        caller: depth == .http2 ? Caller(other, at: endpoint) : Caller(client),
                        connect: connect,
                        endpoint: endpoint,
                        shutDown: { await group.triggerGracefulShutdown() }
                    )
                    try await body(relay)
                }
            )
        } catch {
            outcome = .failure(error)
        }
        try? await client.shutdown()
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(service.admission.heldBytes == 0)
        try outcome.get()
    }

    /// As a client with a pin does, by the certificate instead of its key.
    static func trustingOnly(_ certificate: URL) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificate.path))
        tls.certificateVerification = .noHostnameVerification
        return tls
    }

    func token(mailboxes: UInt32 = 100) async throws -> AccessToken {
        let token = AccessToken.random()
        try await service.store.issueToken(token.hash, label: "", mailboxes: mailboxes)
        return token
    }

    /// A new blob of one part.
    /// - Returns: for reading it.
    func blob(beside access: Access, part: [UInt8]) async throws -> Access {
        let (read, write) = (Capability.random(), Capability.random())
        _ = try await caller.call(
            BlobCreateRequest(access: access, writeHash: write.hash, readHash: read.hash, parts: 1)
        )
        let writer = Access(mailbox: access.mailbox, capability: write)
        _ = try await caller.call(BlobPutRequest(access: writer, index: 0, bytes: part))
        return Access(mailbox: access.mailbox, capability: read)
    }

    /// A new mailbox with one capability for everything.
    func mailbox(rights: Rights = .all) async throws -> Access {
        try await caller.mailbox(token: token(), rights: rights)
    }
}

extension Caller {
    /// Creates a mailbox with one capability.
    func mailbox(token: AccessToken, rights: Rights = .all) async throws -> Access {
        let access = Access(mailbox: .random(), capability: .random())
        let grant = Grant(capabilityHash: access.capability.hash, rights: rights)
        _ = try await call(
            CreateRequest(accessToken: token, mailbox: access.mailbox, epoch: 0, grants: [grant])
        )
        return access
    }

    func append(_ access: Access, id: EntryID = .random(), body: [UInt8]? = nil) async throws -> AppendResponse {
        try await call(
            AppendRequest(
                access: access,
                epoch: 0,
                entryID: id,
                kind: .application,
                body: body ?? StoreUnderTest.body()
            )
        )
    }

    func read(
        _ access: Access,
        incarnation: Incarnation = .unknown,
        after: UInt64 = 0,
        waitSeconds: UInt16 = 0
    ) async throws -> ReadResponse {
        try await call(
            ReadRequest(access: access, incarnation: incarnation, after: after, waitSeconds: waitSeconds)
        )
    }

    /// Reads a mailbox to its end, and expects that its entries are numbered without a gap.
    /// - Returns: its entries, and the last of the answers.
    func readAll(_ access: Access) async throws -> (entries: [ReadEntry], last: ReadResponse) {
        var entries: [ReadEntry] = []
        var last: ReadResponse
        repeat {
            last = try await read(access, after: entries.last?.sequence ?? 0)
            entries += last.entries
        } while (entries.last?.sequence ?? 0) != last.head
        #expect(entries.map(\.sequence) == entries.indices.map { UInt64($0) + 1 })
        return (entries, last)
    }
}
