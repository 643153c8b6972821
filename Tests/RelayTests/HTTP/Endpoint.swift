import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOSSL
import RelayAPI
import TLSCodec
import Testing

/// Where a relay listens, for a client that takes an answer piece by piece.
struct Endpoint: Sendable {
    let port: Int
    let tls: TLSConfiguration?
    let speaksHTTP2: Bool

    var url: String { "\(tls == nil ? "http" : "https")://127.0.0.1:\(port)" }

    /// Runs something with a client that has connections of its own.
    func withClient<Value>(_ body: (HTTPClient) async throws -> Value) async throws -> Value {
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = speaksHTTP2 ? .automatic : .http1Only
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let value = try await body(client)
            try await client.shutdown()
            return value
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    /// Subscribes, and gives each event to `body` as it comes, until the stream ends or `body` returns false: then the
    /// connection is cut.
    func subscribe(
        _ request: SubscribeRequest,
        _ body: (SubscriptionEvent) async throws -> Bool
    ) async throws {
        try await withClient { client in
            var post = HTTPClientRequest(url: url + SubscribeRequest.operation.path)
            post.method = .POST
            post.headers.add(name: "Content-Type", value: RelayAPI.Operation.mediaType)
            post.body = .bytes(request.encoded)
            let response = try await client.execute(post, timeout: .seconds(120))
            #expect(response.version == (speaksHTTP2 ? .http2 : .http1_1))
            try #require(response.status == .ok)
            var events = SubscriptionEvents()
            for try await part in response.body {
                events.append(part.readableBytesView)
                while let event = try events.next() {
                    guard try await body(event) else { return }
                }
            }
        }
    }
}

extension Caller {
    /// Over a client's connections, of whatever version of HTTP.
    init(_ client: HTTPClient, at endpoint: Endpoint) {
        self.init { method, path, headers, body in
            var request = HTTPClientRequest(url: endpoint.url + path)
            request.method = .init(rawValue: method.rawValue)
            for field in headers { request.headers.add(name: field.name.rawName, value: field.value) }
            if method != .get { request.body = .bytes(body) }
            let response = try await client.execute(request, timeout: .seconds(70))
            #expect(response.version == (endpoint.speaksHTTP2 ? .http2 : .http1_1))
            var fields = HTTPFields()
            for (name, value) in response.headers {
                guard let name = HTTPField.Name(name) else { continue }
                fields.append(HTTPField(name: name, value: value))
            }
            let bytes = try await response.body.collect(upTo: 8 << 20)
            return Answer(status: Int(response.status.code), headers: fields, body: Array(bytes.readableBytesView))
        }
    }
}
