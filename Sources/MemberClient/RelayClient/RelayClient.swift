internal import NIOCore
internal import NIOHTTP1
public import RelayAPI
internal import Sodium
internal import Synchronization
internal import TLSCodec

/// One relay, as a client uses it: the operations of Protocol/http-api.md.
///
/// Connections are kept for the next request. Through a proxy, one connection carries one mailbox's requests only, and
/// a SOCKS proxy hears another user name for each, which Tor answers with a circuit of its own: so the relay cannot
/// tell which mailboxes one device reads. Any number of tasks may ask at a time; a task that is cancelled stops asking.
public final class RelayClient: Sendable {
    /// How long a relay may keep us waiting without a sign, in seconds, beyond what a read asks it to.
    private static let silence: Int64 = 15
    /// The same through a proxy, which swallows a request much sooner than it delivers it.
    private static let silenceWithProxy: Int64 = 60
    /// How long an exchange that goes on may take, in seconds: 5 MiB at 20 KiB/s, which is what a censored or
    /// crowded network leaves.
    private static let longestExchange: Int64 = 300
    /// How long a connection is kept for the next request, in seconds. Soon after that, something on the way forgets
    /// it silently.
    private static let longestIdleTime: Int64 = 30
    /// Longest answer taken, in bytes: a read's, with room for one entry that a relay might count otherwise.
    static let longestAnswer = Operation.maximumReadLength + BodyLength.longest.rawValue

    private let connector: RelayConnector
    private let state = Mutex(State())

    private struct State {
        var idle: [Isolation: [IdleConnection]] = [:]
        var users: [Isolation: ProxyAddress.Credentials] = [:]
    }

    private struct IdleConnection {
        let channel: any Channel
        let since: NIODeadline
    }

    /// What requests that share a connection have in common.
    private enum Isolation: Hashable {
        case everything
        case mailbox(MailboxID)
        /// Of no mailbox.
        case none
    }

    public var address: RelayAddress { connector.address }

    /// Whether requests of different mailboxes never share a connection: through a proxy.
    public var keepsMailboxesApart: Bool { connector.proxy != nil }

    /// Connects to nothing yet.
    public init(address: RelayAddress, proxy: ProxyAddress? = nil) {
        connector = RelayConnector(address: address, proxy: proxy, limit: Self.longestAnswer)
    }

    deinit {
        close()
    }

    /// Closes the connections that nobody uses. The client can be used again.
    public func close() {
        let idle = state.withLock { state in
            defer { state.idle = [:] }
            return state.idle.values.flatMap { $0 }
        }
        for connection in idle { connection.channel.close(promise: nil) }
    }

    public func create(_ request: CreateRequest) async throws(RelayError) -> CreateResponse {
        try await perform(request, mailbox: request.mailbox)
    }

    public func childToken(_ request: ChildTokenRequest) async throws(RelayError) -> EmptyResponse {
        try await perform(request, mailbox: nil)
    }

    public func grant(_ request: GrantRequest) async throws(RelayError) -> EmptyResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    public func append(_ request: AppendRequest) async throws(RelayError) -> AppendResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    public func advance(_ request: AdvanceRequest) async throws(RelayError) -> AppendResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    /// Waits for as long as the request says when there is nothing to read.
    public func read(_ request: ReadRequest) async throws(RelayError) -> ReadResponse {
        try await perform(request, mailbox: request.access.mailbox, waiting: Int64(request.waitSeconds))
    }

    /// Hands over what stands in mailboxes and then what comes, one event after the other, over a connection of its own,
    /// until the relay ends the stream or `handle` returns false. What is not handled yet is not read either, and waits at
    /// the relay.
    /// - Parameter request: names one mailbox alone where they are kept apart.
    public func subscribe(
        _ request: SubscribeRequest,
        handle: @Sendable (SubscriptionEvent) async -> Bool
    ) async throws(RelayError) {
        let mailboxes = Set(request.mailboxes.map(\.access.mailbox))
        precondition(!keepsMailboxesApart || mailboxes.count == 1, "this connection would tie mailboxes together")
        let body = request.encoded
        let head = requestHead(.POST, SubscribeRequest.operation.path, length: body.count)
        let silence = Int64(request.heartbeatSeconds) + (keepsMailboxesApart ? Self.silenceWithProxy : Self.silence)
        let channel = try await connector.connect(isolation: user(for: isolation(mailboxes.first)))
        do {
            let stream = try await SubscriptionStream(on: channel, silence: .seconds(silence))
            try await stream.run(head, ByteBuffer(bytes: body)) { answer in
                try Self.checkSuccess(answer, mediaType: Operation.mediaType)
            } handle: {
                await handle($0)
            }
        } catch let error as CodecError {
            channel.close(promise: nil)
            throw .violation("what it streams is malformed (\(error))")
        } catch {
            channel.close(promise: nil)
            throw Task.isCancelled ? .cancelled : ConnectionFailure.relayError(error)
        }
    }

    /// An answer that is lost costs the mailbox one entry.
    public func take(_ request: TakeRequest) async throws(RelayError) -> TakeResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    public func delete(_ request: DeleteRequest) async throws(RelayError) -> EmptyResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    public func createBlob(_ request: BlobCreateRequest) async throws(RelayError) -> EmptyResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    public func putPart(_ request: BlobPutRequest) async throws(RelayError) -> EmptyResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    public func blobState(_ request: BlobStateRequest) async throws(RelayError) -> BlobStateResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    public func getPart(_ request: BlobGetRequest) async throws(RelayError) -> BlobGetResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    public func deleteBlob(_ request: BlobDeleteRequest) async throws(RelayError) -> EmptyResponse {
        try await perform(request, mailbox: request.access.mailbox)
    }

    /// What the relay tells about itself.
    /// - Throws: `unsupportedVersion` when it does not speak the version that this program does.
    public func relayInformation() async throws(RelayError) -> RelayInformation {
        let answer = try await exchange(.GET, RelayInformation.path, body: [], isolation: isolation(nil), waiting: 0)
        try Self.checkSuccess(answer, mediaType: "application/json")
        guard let information = RelayInformation(json: answer.body) else {
            throw .violation("what it says about itself is not what a relay says")
        }
        guard information.protocol.contains(ProtocolVersions.spoken.newest) else {
            throw .unsupportedVersion(information.protocol)
        }
        return information
    }

    /// Asks whether the relay takes and keeps what it is given.
    /// - Throws: a problem `unavailable`, which says why not.
    public func checkReadiness() async throws(RelayError) {
        let answer = try await exchange(.GET, "/readyz", body: [], isolation: isolation(nil), waiting: 0)
        try Self.checkSuccess(answer, mediaType: "application/json")
    }

    private func perform<Request: OperationRequest>(
        _ request: Request,
        mailbox: MailboxID?,
        waiting seconds: Int64 = 0
    ) async throws(RelayError) -> Request.Response {
        let answer = try await exchange(
            .POST,
            Request.operation.path,
            body: request.encoded,
            isolation: isolation(mailbox),
            waiting: seconds
        )
        try Self.checkSuccess(answer, mediaType: Operation.mediaType)
        do {
            return try Request.Response(decoding: answer.body)
        } catch {
            throw .violation("its answer to \(Request.operation.rawValue) is malformed (\(error))")
        }
    }

    private static func checkSuccess(_ answer: Answer, mediaType: String) throws(RelayError) {
        guard answer.headers["content-encoding"].isEmpty else { throw .violation("its answer is compressed") }
        let type = answer.headers.first(name: "content-type")?.lowercased().prefix { $0 != ";" && $0 != " " }
        if answer.status == 200, type == mediaType[...] { return }
        let retryAfter = answer.headers.first(name: "retry-after").flatMap { Int($0) }.map { max(0, $0) }
        if type == Problem.mediaType[...], let problem = Problem(json: answer.body, retryAfter: retryAfter) {
            throw .problem(problem)
        }
        // What a gateway says in the place of a relay that is down.
        if (502...504).contains(answer.status) { throw .unreachable("a gateway before it answers \(answer.status)") }
        throw .violation("it answers \(answer.status) \(type.map { "with \($0)" } ?? "without saying what it is")")
    }

    private func isolation(_ mailbox: MailboxID?) -> Isolation {
        guard connector.proxy != nil else { return .everything }
        return mailbox.map { .mailbox($0) } ?? .none
    }
}

/// Connections.
extension RelayClient {
    private func exchange(
        _ method: HTTPMethod,
        _ path: String,
        body: [UInt8],
        isolation: Isolation,
        waiting seconds: Int64
    ) async throws(RelayError) -> Answer {
        let head = requestHead(method, path, length: body.count)
        let silence = connector.proxy == nil ? Self.silence : Self.silenceWithProxy
        let send = { (channel: any Channel) async throws(ExchangeFailure) -> Answer in
            let exchange = Exchange(
                head: head,
                body: ByteBuffer(bytes: body),
                silence: .seconds(seconds + silence),
                total: .seconds(seconds + Self.longestExchange),
                answer: channel.eventLoop.makePromise()
            )
            return try await self.send(exchange, on: channel, isolation: isolation)
        }
        if let channel = takeIdle(isolation) {
            do throws(ExchangeFailure) {
                return try await send(channel)
            } catch {
                // The relay may close an idle connection just as a request is on its way: once more, on a new one.
                guard error.isClosedUnanswered else { throw error.error }
            }
        }
        let channel = try await connector.connect(isolation: user(for: isolation))
        do throws(ExchangeFailure) {
            return try await send(channel)
        } catch {
            throw error.error
        }
    }

    private func send(
        _ exchange: Exchange,
        on channel: any Channel,
        isolation: Isolation
    ) async throws(ExchangeFailure) -> Answer {
        do {
            let answer = try await withTaskCancellationHandler {
                channel.writeAndFlush(exchange)
                    .whenFailure { _ in
                        // Closed just now: there is no handler left that would say so.
                        exchange.answer.fail(
                            ExchangeFailure(.unreachable("it closed the connection"), isClosedUnanswered: true)
                        )
                    }
                return try await exchange.answer.futureResult.get()
            } onCancel: {
                exchange.answer.fail(ExchangeFailure(.cancelled))
                channel.close(promise: nil)
            }
            if answer.isReusable { keep(channel, isolation) }
            return answer
        } catch let failure as ExchangeFailure {
            throw failure
        } catch {
            throw ExchangeFailure(ConnectionFailure.relayError(error))
        }
    }

    private func requestHead(_ method: HTTPMethod, _ path: String, length: Int) -> HTTPRequestHead {
        let address = connector.address
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        // No more than this: a header that names a program or a system tells users apart.
        var headers: HTTPHeaders = ["host": "\(host):\(address.port)"]
        if method == .POST {
            headers.add(name: "content-type", value: Operation.mediaType)
            headers.add(name: "content-length", value: "\(length)")
        }
        return HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
    }

    /// A connection that is not in use, if there is a fresh one.
    private func takeIdle(_ isolation: Isolation) -> (any Channel)? {
        let oldest = NIODeadline.now() - .seconds(Self.longestIdleTime)
        while let connection = state.withLock({ $0.idle[isolation]?.popLast() }) {
            if connection.since > oldest, connection.channel.isActive { return connection.channel }
            connection.channel.close(promise: nil)
        }
        return nil
    }

    private func keep(_ channel: any Channel, _ isolation: Isolation) {
        state.withLock { state in
            state.idle[isolation, default: []].append(IdleConnection(channel: channel, since: .now()))
        }
    }

    /// The name that keeps these requests apart from others at the proxy: the same for each of its connections.
    private func user(for isolation: Isolation) -> ProxyAddress.Credentials {
        state.withLock { state in
            if let user = state.users[isolation] { return user }
            let user = ProxyAddress.Credentials(user: "aadr", password: Base64URL.encode(Random.bytes(16)))
            state.users[isolation] = user
            return user
        }
    }
}
