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
        /// As which it is counted.
        let operation: RelayAPI.Operation?
        let handler: Handler
    }

    private let service: RelayService
    private var routes: [String: Route] = [:]

    /// Those of the routes that `DirectAnswers` takes when it can, by their paths.
    private(set) var directOperations: [String: DirectOperation] = [:]

    /// All that a relay answers.
    public init(service: RelayService) {
        self.service = service
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
        addRead()
        addSubscribe()
        addInformation()
    }

    /// Adds a route, or replaces the one of this path.
    public mutating func add(_ method: HTTPRequest.Method, _ path: String, handler: @escaping Handler) {
        routes[path] = Route(method: method, operation: nil, handler: handler)
    }

    /// Adds a route for POST, or replaces the one of this path, whose handler answers by a call instead of a task.
    public mutating func addDirect(_ path: String, handler: @escaping DirectHandler) {
        addDirect(path, as: nil, handler: handler)
    }

    private mutating func addDirect(
        _ path: String,
        as operation: RelayAPI.Operation?,
        handler: @escaping DirectHandler
    ) {
        directOperations[path] = .answer { [metrics = service.metrics] body, answer in
            handler(body) { result in
                if let operation { metrics.note(operation, result.problem?.name) }
                answer(result)
            }
        }
        routes[path] = Route(method: .post, operation: operation) { [limits = service.limits] request, context in
            let body = try await Self.body(of: request, context, limits)
            let answer = await withCheckedContinuation { continuation in
                handler(body) { continuation.resume(returning: $0) }
            }
            return Self.response(try answer.get(), context, limits)
        }
    }

    public func respond(to request: Request, context: RelayContext) async throws -> Response {
        let route = routes[request.uri.path]
        do {
            try admit(request)
            let response = try await answer(request, route, context)
            route?.operation.map { service.metrics.note($0, nil) }
            return response
        } catch let problem as Problem {
            route?.operation.map { service.metrics.note($0, problem.name) }
            switch problem.name {
            case .tooLarge: context.closeSoon()
            case .connectionsExhausted: Connection.current?.closeSoon()
            default: break
            }
            return Response(problem)
        }
    }

    /// Refuses what is not looked at: too much on this connection, or header fields that are too long.
    private func admit(_ request: Request) throws(Problem) {
        if let connection = Connection.current { try service.admission.admit(connection) }
        guard service.admission.takes(request.headers) else {
            throw Problem(.headersTooLarge, detail: "at most \(service.limits.headerBytes) bytes")
        }
    }

    private func answer(_ request: Request, _ route: Route?, _ context: RelayContext) async throws -> Response {
        guard let route else { return Response(Problem(.unknownOperation, detail: Self.versionsSpoken)) }
        guard route.method == request.method else {
            var response = Response(Problem(.wrongMethod))
            response.headers[.allow] = route.method.rawValue
            return response
        }
        return try await route.handler(request, context)
    }

    private mutating func add(_ operation: RelayAPI.Operation, handler: @escaping Handler) {
        routes[operation.path] = Route(method: .post, operation: operation, handler: handler)
    }

    /// The task lives as long as the operation. One of Hummingbird's, which lives as long as the connection, would keep the
    /// memory of the deepest call that it ever made.
    private mutating func add<Value: OperationRequest>(
        _ operation: @escaping @Sendable (Value) async throws(Problem) -> Value.Response
    ) {
        addDirect { (request: Value, answer: @escaping @Sendable (Result<Value.Response, Problem>) -> Void) in
            Task(executorPreference: LoopExecutor.current) {
                do throws(Problem) {
                    answer(.success(try await operation(request)))
                } catch {
                    answer(.failure(error))
                }
            }
        }
    }

    private mutating func addDirect<Value: OperationRequest>(
        _ operation: @escaping @Sendable (Value, @escaping @Sendable (Result<Value.Response, Problem>) -> Void) -> Void
    ) {
        addDirect(Value.operation.path, as: Value.operation) { [metrics = service.metrics] body, answer in
            let request: Value
            do throws(Problem) {
                request = try Self.decode(body)
            } catch {
                return answer(.failure(error))
            }
            let start = ContinuousClock.now
            operation(request) { result in
                metrics.note(Value.operation, took: ContinuousClock.now - start)
                answer(result.map { ByteBuffer(bytes: $0.encoded) })
            }
        }
    }

    private mutating func addRead() {
        add(ReadRequest.operation) { [service] request, context in
            let start = ContinuousClock.now
            let read: ReadRequest = try await Self.decode(request, context, service.limits)
            let response = try await service.read(read) { context.endWhenClientLeaves($0) }
            if read.waitSeconds == 0 { service.metrics.note(ReadRequest.operation, took: ContinuousClock.now - start) }
            return Self.response(ByteBuffer(bytes: response.encoded), context, service.limits)
        }
    }

    private mutating func addSubscribe() {
        directOperations[SubscribeRequest.operation.path] = .stream { [service] body, connection in
            let events = Result { () throws(Problem) in
                try service.subscribe(try Self.decode(body), on: connection)
            }
            service.metrics.note(SubscribeRequest.operation, events.problem?.name)
            return events
        }
        add(SubscribeRequest.operation) { [service] request, context in
            let subscribe: SubscribeRequest = try await Self.decode(request, context, service.limits)
            return Self.stream(try service.subscribe(subscribe, on: .current), context, service.limits)
        }
    }

    private mutating func addInformation() {
        let information = RelayInformation(version: relayVersion, retentionDays: service.limits.retention).json
        add(.get, RelayInformation.path) { _, _ in
            Response(.ok, mediaType: "application/json", body: information)
        }
        add(.get, RelayService.healthPath) { [service] _, _ in service.health }
        add(.get, RelayService.readinessPath) { [service] _, _ in await service.readiness() }
    }

    private static func decode<Value: OperationRequest>(
        _ request: Request,
        _ context: RelayContext,
        _ limits: RelayLimits
    ) async throws -> Value {
        try decode(try await body(of: request, context, limits))
    }

    /// Reads a request's body, having seen from its head that it can be one.
    private static func body(
        of request: Request,
        _ context: RelayContext,
        _ limits: RelayLimits
    ) async throws -> ByteBuffer {
        guard let mediaType = request.headers[.contentType], isOctetStream(mediaType) else {
            throw Problem(.wrongMediaType)
        }
        let longest = RelayAPI.Operation.maximumRequestLength
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > longest {
            throw Problem(.tooLarge)
        }
        do {
            return try await context.closing(after: limits.slowestExchange) {
                try await request.body.collect(upTo: longest)
            }
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

    private static func response(_ body: ByteBuffer, _ context: RelayContext, _ limits: RelayLimits) -> Response {
        guard body.readableBytes > longestAnswerInBuffers else {
            return Response(.ok, mediaType: RelayAPI.Operation.mediaType, body: body)
        }
        return Response(
            status: .ok,
            headers: [.contentType: RelayAPI.Operation.mediaType],
            body: ResponseBody(contentLength: body.readableBytes) { writer in
                try await context.closing(after: limits.slowestExchange) {
                    try await writer.write(body)
                    try await writer.finish(nil)
                }
            }
        )
    }

    /// So much is written whether the client takes it or not.
    private static let longestAnswerInBuffers = 64 * 1024

    /// Writes an event when the one before it has been taken. Whoever takes none for too long is cut off, and reads on from
    /// its cursor when it can.
    private static func stream(_ events: EventStream, _ context: RelayContext, _ limits: RelayLimits) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: RelayAPI.Operation.mediaType],
            body: ResponseBody { writer in
                defer { events.end() }
                context.endWhenClientLeaves(events.subscription)
                while let event = await events.next() {
                    try await context.closing(after: limits.slowestSubscriber) {
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
        case .tooManyVectors: "there are more vectors than are read"
        case .invalid(let field): "not allowed: \(field)"
        }
    }
}

extension Result where Failure == Problem {
    fileprivate var problem: Problem? {
        if case .failure(let problem) = self { problem } else { nil }
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
        headers[.retryAfter] = problem.retryAfter.map { "\($0)" }
    }
}
