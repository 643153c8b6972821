internal import NIOCore
internal import NIOHTTP1
internal import RelayAPI

/// What a request is answered.
struct HTTPAnswer: Sendable {
    enum Body: Sendable {
        case bytes(ByteBuffer)
        case events(EventStream)
    }

    let status: HTTPResponseStatus
    let headers: HTTPHeaders
    let body: Body
    /// Nil for a success.
    let problem: Problem.Name?

    init(_ body: ByteBuffer, mediaType: String = RelayAPI.Operation.mediaType) {
        self.init(status: .ok, headers: ["content-type": mediaType], body: .bytes(body), problem: nil)
    }

    init(_ events: EventStream) {
        let headers: HTTPHeaders = ["content-type": RelayAPI.Operation.mediaType]
        self.init(status: .ok, headers: headers, body: .events(events), problem: nil)
    }

    /// A problem document.
    /// - Parameter allowed: the one method that the path knows, where another was used (RFC 9110, 15.5.6).
    init(_ problem: Problem, allowed: HTTPMethod? = nil) {
        var headers: HTTPHeaders = ["content-type": Problem.mediaType]
        if let seconds = problem.retryAfter { headers.add(name: "retry-after", value: "\(seconds)") }
        if let allowed { headers.add(name: "allow", value: allowed.rawValue) }
        self.init(
            status: HTTPResponseStatus(statusCode: problem.name.status),
            headers: headers,
            body: .bytes(ByteBuffer(bytes: problem.json)),
            problem: problem.name
        )
    }

    private init(status: HTTPResponseStatus, headers: HTTPHeaders, body: Body, problem: Problem.Name?) {
        self.status = status
        self.headers = headers
        self.body = body
        self.problem = problem
    }
}

extension HTTPAnswer {
    init(_ result: Result<ByteBuffer, Problem>) {
        switch result {
        case .success(let body): self.init(body)
        case .failure(let problem): self.init(problem)
        }
    }
}
