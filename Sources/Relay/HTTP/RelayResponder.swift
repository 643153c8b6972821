public import HTTPTypes
public import Hummingbird
internal import NIOCore
internal import RelayAPI
internal import TLSCodec

/// The relay's routes (Protocol/http-api.md): a path is there or not, and knows one method. Whatever is refused, and
/// whyever, the answer is a problem document.
public struct RelayResponder: HTTPResponder {
    public typealias Context = RelayContext
    public typealias Handler = @Sendable (Request, RelayContext) async throws -> Response

    private struct Route {
        let method: HTTPRequest.Method
        let handler: Handler
    }

    private var routes: [String: Route] = [:]

    /// Those of the routes that `DirectAnswers` takes when it can, by their paths.
    private(set) var directHandlers: [String: DirectHandler] = [:]

    /// All that a relay answers.
    public init(service: RelayService) {
        add(service.create)
        add(service.makeChildToken)
        add(service.changeGrants)
        addDirect(service.append)
        add(service.batch)
        add(service.advance)
        add(service.take)
        add(service.delete)
        add(service.createBlob)
        add(service.putPart)
        add(service.blobState)
        add(service.getPart)
        add(service.deleteBlob)
        add(.post, ReadRequest.operation.path) { request, context in
            let read: ReadRequest = try await Self.decode(request)
            return Self.answer(try await service.read(read) { context.endWhenClientLeaves($0) })
        }
        add(.post, SubscribeRequest.operation.path) { request, context in
            Self.stream(try await Self.decode(request), from: service, context)
        }
        addInformation(service)
    }

    /// Adds a route, or replaces the one of this path.
    public mutating func add(_ method: HTTPRequest.Method, _ path: String, handler: @escaping Handler) {
        routes[path] = Route(method: method, handler: handler)
    }

    /// Adds a route for POST, or replaces the one of this path, whose handler answers by a call instead of a task.
    public mutating func addDirect(_ path: String, handler: @escaping DirectHandler) {
        directHandlers[path] = handler
        add(.post, path) { request, _ in
            let body = try await Self.body(of: request)
            let answer = await withCheckedContinuation { continuation in
                handler(body) { continuation.resume(returning: $0) }
            }
            return Response(.ok, mediaType: RelayAPI.Operation.mediaType, body: try answer.get())
        }
    }

    public func respond(to request: Request, context: RelayContext) async throws -> Response {
        guard let route = routes[request.uri.path] else {
            return Response(Problem(.unknownOperation, detail: Self.versionsSpoken))
        }
        guard route.method == request.method else {
            var response = Response(Problem(.wrongMethod))
            response.headers[.allow] = route.method.rawValue
            return response
        }
        do {
            return try await route.handler(request, context)
        } catch let problem as Problem {
            if problem.name == .tooLarge { context.closeSoon() }
            return Response(problem)
        }
    }

    private mutating func add<Value: OperationRequest>(
        _ operation: @escaping @Sendable (Value) async throws(Problem) -> Value.Response
    ) {
        add(.post, Value.operation.path) { request, _ in
            Self.answer(try await operation(try await Self.decode(request)))
        }
    }

    private mutating func addDirect<Value: OperationRequest>(
        _ operation: @escaping @Sendable (Value, @escaping @Sendable (Result<Value.Response, Problem>) -> Void) -> Void
    ) {
        addDirect(Value.operation.path) { body, answer in
            let request: Value
            do throws(Problem) {
                request = try Self.decode(body)
            } catch {
                return answer(.failure(error))
            }
            operation(request) { result in answer(result.map { ByteBuffer(bytes: $0.encoded) }) }
        }
    }

    private mutating func addInformation(_ service: RelayService) {
        let information = RelayInformation(version: relayVersion, retentionDays: service.limits.retention).json
        add(.get, RelayInformation.path) { _, _ in
            Response(.ok, mediaType: "application/json", body: information)
        }
        let healthy = Array(#"{"status": "ok"}"#.utf8)
        add(.get, "/healthz") { _, _ in
            Response(.ok, mediaType: "application/json", body: healthy)
        }
        add(.get, "/readyz") { _, _ in
            try await service.store.checkReadiness()
            return Response(.ok, mediaType: "application/json", body: healthy)
        }
    }

    private static func decode<Value: OperationRequest>(_ request: Request) async throws -> Value {
        try decode(try await body(of: request))
    }

    /// Reads a request's body, having seen from its head that it can be one.
    private static func body(of request: Request) async throws -> ByteBuffer {
        guard let mediaType = request.headers[.contentType], isOctetStream(mediaType) else {
            throw Problem(.wrongMediaType)
        }
        let longest = RelayAPI.Operation.maximumRequestLength
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > longest {
            throw Problem(.tooLarge)
        }
        do {
            return try await request.body.collect(upTo: longest)
        } catch is NIOTooManyBytesError {
            throw Problem(.tooLarge)
        }
    }

    private static func decode<Value: OperationRequest>(_ body: ByteBuffer) throws(Problem) -> Value {
        do {
            return try Value(decoding: Array(body.readableBytesView))
        } catch {
            throw Problem(.malformed, detail: description(of: error))
        }
    }

    private static func isOctetStream(_ mediaType: String) -> Bool {
        let type = mediaType.prefix { $0 != ";" }.filter { $0 != " " }
        return type.lowercased() == RelayAPI.Operation.mediaType
    }

    private static func answer(_ response: some WireEncodable) -> Response {
        Response(.ok, mediaType: RelayAPI.Operation.mediaType, body: response.encoded)
    }

    /// Writes an event when the one before it has been taken. Whoever takes none for too long is cut off, and reads on from
    /// its cursor when it can.
    private static func stream(
        _ request: SubscribeRequest,
        from service: RelayService,
        _ context: RelayContext
    ) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: RelayAPI.Operation.mediaType],
            body: ResponseBody { writer in
                var events = service.subscribe(request)
                defer { events.end() }
                context.endWhenClientLeaves(events.subscription)
                while let event = await events.next() {
                    try await context.closing(after: service.limits.slowestSubscriber) {
                        try await writer.write(ByteBuffer(bytes: event.framed))
                    }
                }
                try await writer.finish(nil)
            }
        )
    }

    private static var versionsSpoken: String {
        let versions = ProtocolVersions.spoken
        return "this relay speaks the versions \(versions.oldest) to \(versions.newest) of the API"
    }

    private static func description(of error: CodecError) -> String {
        switch error {
        case .truncated: "the body ends too early"
        case .trailingBytes: "bytes follow the structure"
        case .nonMinimalLength: "a length is not in its shortest form"
        case .tooLong: "a vector is longer than it may be"
        case .invalid(let field): "not allowed: \(field)"
        }
    }
}

extension Response {
    init(_ status: HTTPResponse.Status, mediaType: String, body: [UInt8]) {
        self.init(status, mediaType: mediaType, body: ByteBuffer(bytes: body))
    }

    init(_ status: HTTPResponse.Status, mediaType: String, body: ByteBuffer) {
        self.init(status: status, headers: [.contentType: mediaType], body: ResponseBody(byteBuffer: body))
    }

    /// A problem document.
    init(_ problem: Problem) {
        self.init(HTTPResponse.Status(code: problem.name.status), mediaType: Problem.mediaType, body: problem.json)
        if problem.name == .unavailable { headers[.retryAfter] = "5" }
    }
}
