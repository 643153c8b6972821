public import RelayAPI

/// What a relay does with each request: hashes its secrets, looks at the clock and asks the store.
public struct RelayService: Sendable {
    public let store: any MailboxStore
    public let limits: RelayLimits
    let today: @Sendable () -> Day
    private let sharedReads = SharedReads()

    public init(
        store: any MailboxStore,
        limits: RelayLimits = RelayLimits(),
        today: @escaping @Sendable () -> Day = { Day.today }
    ) {
        self.store = store
        self.limits = limits
        self.today = today
    }

    public func create(_ request: CreateRequest) async throws(Problem) -> CreateResponse {
        try await store.create(
            CreateCommand(
                token: request.accessToken.hash,
                mailbox: request.mailbox,
                epoch: request.epoch,
                grants: request.grants,
                today: today()
            )
        )
        return CreateResponse(incarnation: store.incarnation)
    }

    func makeChildToken(_ request: ChildTokenRequest) async throws(Problem) -> EmptyResponse {
        let today = today()
        try await store.makeChildToken(
            ChildTokenCommand(
                parent: request.accessToken.hash,
                child: request.child.hash,
                mailboxes: request.mailboxes,
                expiry: today + Int(request.days),
                today: today
            )
        )
        return EmptyResponse()
    }

    func changeGrants(_ request: GrantRequest) async throws(Problem) -> EmptyResponse {
        try await store.changeGrants(
            GrantCommand(access: HashedAccess(request.access), set: request.set, remove: request.remove)
        )
        return EmptyResponse()
    }

    public func append(_ request: AppendRequest) async throws(Problem) -> AppendResponse {
        response(try await store.append(command(request)))
    }

    /// - Parameter answer: called once, from any thread.
    func append(_ request: AppendRequest, answer: @escaping @Sendable (Result<AppendResponse, Problem>) -> Void) {
        store.append(command(request)) { result in answer(result.map { response($0) }) }
    }

    func batch(_ request: BatchRequest) async throws(Problem) -> BatchResponse {
        let results = try await store.append(request.appends.map { command($0) })
        return BatchResponse(
            outcomes: results.map { result in
                switch result {
                case .success(let appended): .appended(response(appended))
                case .failure(let problem): .refused(Refusal(problem))
                }
            }
        )
    }

    private func command(_ request: AppendRequest) -> AppendCommand {
        AppendCommand(
            access: HashedAccess(request.access),
            epoch: request.epoch,
            entry: NewEntry(
                id: request.entryID,
                kind: request.kind,
                body: request.body,
                retentionDays: request.retentionDays,
                limits: limits,
                today: today()
            )
        )
    }

    func advance(_ request: AdvanceRequest) async throws(Problem) -> AppendResponse {
        let appended = try await store.advance(
            AdvanceCommand(
                access: HashedAccess(request.access),
                epoch: request.epoch,
                entry: NewEntry(
                    id: request.entryID,
                    kind: .advance,
                    body: request.body,
                    retentionDays: request.retentionDays,
                    limits: limits,
                    today: today()
                ),
                next: request.next,
                advancesSeen: request.advancesSeen
            )
        )
        return response(appended)
    }

    /// Reads, and waits for an entry where there is none and the request says so.
    /// - Parameter onWaiting: given the wait before it begins, so that it can be ended when the client has gone.
    func read(
        _ request: ReadRequest,
        onWaiting: (Subscription) -> Void = { _ in }
    ) async throws(Problem) -> ReadResponse {
        let query = ReadQuery(
            access: HashedAccess(request.access),
            incarnation: request.incarnation,
            after: request.after,
            limit: Int(request.limit == 0 ? ReadRequest.defaultLimit : request.limit),
            maximumLength: RelayAPI.Operation.maximumReadLength,
            today: today()
        )
        guard request.waitSeconds > 0 else { return try await store.read(query) }

        // Subscribed before the first read: an entry that comes in between ends the wait at once.
        let subscription = store.notifications.subscribe(to: [request.access.mailbox])
        defer { store.notifications.unsubscribe(subscription) }
        var response = try await store.read(query)
        guard response.entries.isEmpty else { return response }
        let deadline = Task {
            try? await Task.sleep(for: .seconds(request.waitSeconds))
            subscription.end()
        }
        defer { deadline.cancel() }
        onWaiting(subscription)
        while response.entries.isEmpty, await subscription.wait() != nil {
            response = try await store.read(query)
        }
        return response
    }

    /// Begins to wait for what a subscriber is to be told; it must be ended.
    func subscribe(_ request: SubscribeRequest) -> EventStream {
        EventStream(request, store: store, reads: sharedReads, today: today)
    }

    func take(_ request: TakeRequest) async throws(Problem) -> TakeResponse {
        TakeResponse(entry: try await store.take(HashedAccess(request.access), today: today()))
    }

    func delete(_ request: DeleteRequest) async throws(Problem) -> EmptyResponse {
        try await store.delete(HashedAccess(request.access), upTo: request.upTo)
        return EmptyResponse()
    }

    func createBlob(_ request: BlobCreateRequest) async throws(Problem) -> EmptyResponse {
        try await store.createBlob(
            BlobCommand(
                access: HashedAccess(request.access),
                writeHash: request.writeHash,
                readHash: request.readHash,
                parts: Int(request.parts),
                retentionDays: request.retentionDays,
                limits: limits,
                today: today()
            )
        )
        return EmptyResponse()
    }

    func putPart(_ request: BlobPutRequest) async throws(Problem) -> EmptyResponse {
        try await store.putPart(
            HashedAccess(request.access),
            index: Int(request.index),
            bytes: request.bytes,
            today: today()
        )
        return EmptyResponse()
    }

    func blobState(_ request: BlobStateRequest) async throws(Problem) -> BlobStateResponse {
        BlobStateResponse(present: try await store.partsPresent(HashedAccess(request.access), today: today()))
    }

    func getPart(_ request: BlobGetRequest) async throws(Problem) -> BlobGetResponse {
        let access = HashedAccess(request.access)
        return BlobGetResponse(bytes: try await store.part(access, index: Int(request.index), today: today()))
    }

    func deleteBlob(_ request: BlobDeleteRequest) async throws(Problem) -> EmptyResponse {
        try await store.deleteBlob(HashedAccess(request.access), today: today())
        return EmptyResponse()
    }

    private func response(_ appended: AppendedEntry) -> AppendResponse {
        AppendResponse(
            incarnation: store.incarnation,
            sequence: appended.sequence,
            runningHash: appended.runningHash,
            isDuplicate: appended.isDuplicate
        )
    }
}
