public import NIOCore
internal import NIOHTTP1
public import RelayAPI
internal import TLSCodec

/// Answers by a call: gets the request's body on the connection's event loop, must not block, and gives the answer's body or a
/// refusal, once, from any thread.
public typealias DirectHandler =
    @Sendable (_ body: ByteBuffer, _ answer: @escaping @Sendable (Result<ByteBuffer, Problem>) -> Void) -> Void

/// What is done with requests for a path, which knows one method.
struct Route: Sendable {
    /// Gets the request's body on the connection's event loop, must not block, and gives the answer once, from any thread.
    /// - Returns: what it waits for, if it does: to be ended when the client leaves.
    typealias Handler =
        @Sendable (_ body: ByteBuffer, _ connection: Connection, _ answer: @escaping @Sendable (HTTPAnswer) -> Void) ->
        Subscription?

    let method: HTTPMethod
    /// As which it is counted.
    let operation: RelayAPI.Operation?
    let handler: Handler
}

/// Which path does what (Protocol/http-api.md).
public struct Routes: Sendable {
    /// By their paths.
    private var routes: [String: Route] = [:]
    private let service: RelayService

    /// All that a relay answers.
    public init(service: RelayService) {
        self.service = service
        addTask(service.create)
        addTask(service.makeChildToken)
        addTask(service.changeGrants)
        addCall(service.append)
        addTask(service.batch)
        addTask(service.advance)
        addTask(service.take)
        addTask(service.delete)
        addTask(service.createBlob)
        addTask(service.putPart)
        addTask(service.blobState)
        addTask(service.getPart)
        addTask(service.deleteBlob)
        addRead()
        addSubscribe()
        let information = RelayInformation(version: relayVersion, retentionDays: service.limits.retention)
        let answer = HTTPAnswer(ByteBuffer(bytes: information.json), mediaType: "application/json")
        addGet(RelayInformation.path) { answer }
        addHealth()
    }

    /// What an operator's monitoring asks.
    init(monitoring service: RelayService) {
        self.service = service
        addGet("/metrics") {
            HTTPAnswer(ByteBuffer(string: await service.metricsPage().text), mediaType: MetricsPage.mediaType)
        }
        addHealth()
    }

    /// Adds a route for POST, or replaces the one of this path.
    public mutating func add(_ path: String, handler: @escaping DirectHandler) {
        routes[path] = Route(method: .POST, operation: nil) { body, _, answer in
            handler(body) { answer(HTTPAnswer($0)) }
            return nil
        }
    }

    /// - Parameter target: of a request: a path, or as if to a proxy an absolute URI, which a server takes as well (RFC 9112,
    ///   3.2). A query says nothing.
    func route(to target: String) -> Route? {
        if let route = routes[target] { return route }
        var path = target[...]
        if !path.hasPrefix("/"), let scheme = path.firstRange(of: "://") {
            path = path[scheme.upperBound...].drop { $0 != "/" }
        }
        return routes[String(path.prefix { $0 != "?" })]
    }
}

extension Routes {
    /// The task lives as long as the operation: one that lived as long as the connection would keep the memory of the deepest call
    /// that it ever made.
    private mutating func addTask<Value: OperationRequest>(
        _ operation: @escaping @Sendable (Value) async throws(Problem) -> Value.Response
    ) {
        addOperation { (request: Value, connection, answer) in
            Task(executorPreference: LoopExecutor(connection.eventLoop)) {
                do throws(Problem) {
                    answer(.success(try await operation(request)))
                } catch {
                    answer(.failure(error))
                }
            }
        }
    }

    private mutating func addCall<Value: OperationRequest>(
        _ operation: @escaping @Sendable (Value, @escaping @Sendable (Result<Value.Response, Problem>) -> Void) -> Void
    ) {
        addOperation { request, _, answer in operation(request, answer) }
    }

    /// An operation that takes its own time, not the client's.
    private mutating func addOperation<Value: OperationRequest>(
        _ operation:
            @escaping @Sendable (Value, Connection, @escaping @Sendable (Result<Value.Response, Problem>) -> Void) ->
            Void
    ) {
        addDecoding { [metrics = service.metrics] request, connection, answer in
            let start = ContinuousClock.now
            operation(request, connection) { result in
                metrics.note(Value.operation, took: ContinuousClock.now - start)
                answer(HTTPAnswer(result.map { ByteBuffer(bytes: $0.encoded) }))
            }
            return nil
        }
    }

    private mutating func addRead() {
        addDecoding { [service] (request: ReadRequest, connection, answer) in
            let start = ContinuousClock.now
            return service.read(request, on: connection) { result in
                if request.waitSeconds == 0 {
                    service.metrics.note(ReadRequest.operation, took: ContinuousClock.now - start)
                }
                answer(HTTPAnswer(result.map { ByteBuffer(bytes: $0.encoded) }))
            }
        }
    }

    private mutating func addSubscribe() {
        addDecoding { [service] (request: SubscribeRequest, connection, answer) in
            do throws(Problem) {
                let events = try service.subscribe(request, on: connection)
                events.begin { answer(HTTPAnswer(events)) }
                return events.subscription
            } catch {
                answer(HTTPAnswer(error))
                return nil
            }
        }
    }

    private mutating func addDecoding<Value: OperationRequest>(
        _ operation:
            @escaping @Sendable (Value, Connection, @escaping @Sendable (HTTPAnswer) -> Void) -> Subscription?
    ) {
        routes[Value.operation.path] = Route(method: .POST, operation: Value.operation) { body, connection, answer in
            let request: Value
            do throws(Problem) {
                request = try Self.decode(body)
            } catch {
                answer(HTTPAnswer(error))
                return nil
            }
            return operation(request, connection, answer)
        }
    }

    private mutating func addHealth() {
        addGet(RelayService.healthPath) { RelayService.health }
        addGet(RelayService.readinessPath) { [service] in await service.readiness() }
    }

    private mutating func addGet(_ path: String, answer: @escaping @Sendable () async -> HTTPAnswer) {
        routes[path] = Route(method: .GET, operation: nil) { _, connection, take in
            Task(executorPreference: LoopExecutor(connection.eventLoop)) { take(await answer()) }
            return nil
        }
    }

    private static func decode<Value: OperationRequest>(_ body: ByteBuffer) throws(Problem) -> Value {
        do {
            return try Value(decoding: Array(body.readableBytesView))
        } catch {
            throw Problem(.malformed, detail: description(of: error))
        }
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
