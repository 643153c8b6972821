internal import NIOCore
internal import NIOPosix
internal import RelayAPI
internal import Synchronization

/// A read that waits for an entry where there is none (Protocol/http-api.md, "read").
///
/// Each look at the store is a task; who waits between two needs none, whose memory would be most of what a waiting reader
/// takes.
private final class WaitingRead: Sendable {
    typealias Taker = @Sendable (Result<ReadResponse, Problem>) -> Void

    /// What it holds once it waits.
    private struct Wait {
        let place: SubscriptionPlace
        let deadline: Scheduled<Void>
    }

    let subscription: Subscription
    private let query: ReadQuery
    private let service: RelayService
    private let connection: Connection?
    private let loop: any EventLoop
    private let longest: TimeAmount
    private let take: Taker
    private let wait = Mutex<Wait?>(nil)

    /// - Parameter take: called once, from any thread.
    init(
        _ request: ReadRequest,
        _ query: ReadQuery,
        of service: RelayService,
        on connection: Connection?,
        _ take: @escaping Taker
    ) {
        self.query = query
        self.service = service
        self.connection = connection
        self.take = take
        loop = RelayService.loop(of: connection)
        longest = .seconds(Int64(request.waitSeconds))
        // Before the first look: an entry that comes in between ends the wait at once.
        subscription = service.store.notifications.subscribe(to: [request.access.mailbox])
    }

    func look() {
        Task(executorPreference: LoopExecutor(loop)) { [self] in
            do throws(Problem) {
                let response = try await service.store.read(query)
                if response.entries.isEmpty { try waitOn(response) } else { finish(.success(response)) }
            } catch {
                finish(.failure(error))
            }
        }
    }

    /// - Parameter response: the answer when the wait is ended: the client has gone, time is over, or the relay shuts down.
    private func waitOn(_ response: ReadResponse) throws(Problem) {
        if wait.withLock({ $0 == nil }) {
            let place = try service.admission.beginSubscription(on: connection)
            let deadline = loop.scheduleTask(in: longest) { [subscription] in subscription.end() }
            wait.withLock { $0 = Wait(place: place, deadline: deadline) }
        }
        subscription.wait { [self] woken in
            if woken == nil { finish(.success(response)) } else { look() }
        }
    }

    private func finish(_ result: Result<ReadResponse, Problem>) {
        service.store.notifications.unsubscribe(subscription)
        wait.withLock { wait in
            wait?.deadline.cancel()
            wait = nil
        }
        take(result)
    }
}

extension RelayService {
    /// Reads, and waits for an entry where there is none and the request says so.
    /// - Parameters:
    ///   - connection: by which the request came; nil without sockets.
    ///   - answer: called once, from any thread.
    /// - Returns: the wait, to be ended when the client has gone; nil where the answer comes without one.
    func read(
        _ request: ReadRequest,
        on connection: Connection? = nil,
        answer: @escaping @Sendable (Result<ReadResponse, Problem>) -> Void
    ) -> Subscription? {
        let query: ReadQuery
        do throws(Problem) {
            query = try self.query(request)
        } catch {
            answer(.failure(error))
            return nil
        }
        guard request.waitSeconds > 0 else {
            Task(executorPreference: LoopExecutor(Self.loop(of: connection))) { answer(await store.answer(to: query)) }
            return nil
        }
        let read = WaitingRead(request, query, of: self, on: connection, answer)
        read.look()
        return read.subscription
    }

    private func query(_ request: ReadRequest) throws(Problem) -> ReadQuery {
        let longest = RelayAPI.Operation.maximumReadLength
        return ReadQuery(
            access: try admitted(request.access),
            incarnation: request.incarnation,
            after: request.after,
            limit: Int(request.limit == 0 ? ReadRequest.defaultLimit : request.limit),
            maximumLength: admission.hasRoom(for: longest) ? longest : Admission.shortAnswer,
            today: clock.days.expiring
        )
    }

    /// - Parameter connection: nil without sockets.
    static func loop(of connection: Connection?) -> any EventLoop {
        connection?.eventLoop ?? .singletonMultiThreadedEventLoopGroup.any()
    }
}
