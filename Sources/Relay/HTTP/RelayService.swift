public import RelayAPI

/// What a relay does with each request: hashes its secrets, looks at the clock and asks the store.
public struct RelayService: Sendable {
    public let store: any MailboxStore
    public let limits: RelayLimits
    let admission: Admission
    let metrics = RelayMetrics()
    let clock: RelayClock
    private let sharedReads = SharedReads()

    public init(
        store: any MailboxStore,
        limits: RelayLimits = RelayLimits(),
        clock: RelayClock = RelayClock()
    ) {
        self.store = store
        self.limits = limits
        admission = Admission(limits: limits)
        self.clock = clock
    }

    public func create(_ request: CreateRequest) async throws(Problem) -> CreateResponse {
        try admission.admit(request.accessToken.hash, grants: request.grants.count)
        try await store.create(
            CreateCommand(
                token: request.accessToken.hash,
                mailbox: request.mailbox,
                epoch: request.epoch,
                grants: request.grants,
                today: clock.days.expiring
            )
        )
        return CreateResponse(incarnation: store.incarnation)
    }

    func makeChildToken(_ request: ChildTokenRequest) async throws(Problem) -> EmptyResponse {
        try admission.admit(request.accessToken.hash)
        let days = clock.days
        try await store.makeChildToken(
            ChildTokenCommand(
                parent: request.accessToken.hash,
                child: request.child.hash,
                mailboxes: request.mailboxes,
                expiry: days.keeping + Int(request.days),
                today: days.expiring
            )
        )
        return EmptyResponse()
    }

    func changeGrants(_ request: GrantRequest) async throws(Problem) -> EmptyResponse {
        let access = try admitted(request.access, grants: request.set.count + request.remove.count)
        try await store.changeGrants(GrantCommand(access: access, set: request.set, remove: request.remove))
        return EmptyResponse()
    }

    public func append(_ request: AppendRequest) async throws(Problem) -> AppendResponse {
        response(try await store.append(command(request)))
    }

    /// - Parameter answer: called once, from any thread.
    func append(_ request: AppendRequest, answer: @escaping @Sendable (Result<AppendResponse, Problem>) -> Void) {
        do throws(Problem) {
            store.append(try command(request)) { result in answer(result.map { response($0) }) }
        } catch {
            answer(.failure(error))
        }
    }

    func batch(_ request: BatchRequest) async throws(Problem) -> BatchResponse {
        let commands = request.appends.map { append in
            Result { () throws(Problem) in try command(append) }
        }
        var results = try await store.append(commands.compactMap { try? $0.get() }).makeIterator()
        return BatchResponse(
            outcomes: try commands.map { command throws(Problem) in
                switch command.flatMap({ _ in results.next() ?? .failure(Problem(.internal)) }) {
                case .success(let appended): .appended(response(appended))
                case .failure(let problem): .refused(Refusal(problem))
                }
            }
        )
    }

    private func command(_ request: AppendRequest) throws(Problem) -> AppendCommand {
        AppendCommand(
            access: try admitted(request.access),
            epoch: request.epoch,
            entry: NewEntry(
                id: request.entryID,
                kind: request.kind,
                body: request.body,
                retentionDays: request.retentionDays,
                limits: limits,
                today: clock.days.keeping
            )
        )
    }

    func advance(_ request: AdvanceRequest) async throws(Problem) -> AppendResponse {
        let appended = try await store.advance(
            AdvanceCommand(
                access: admitted(request.access, grants: request.next.count),
                epoch: request.epoch,
                entry: NewEntry(
                    id: request.entryID,
                    kind: .advance,
                    body: request.body,
                    retentionDays: request.retentionDays,
                    limits: limits,
                    today: clock.days.keeping
                ),
                next: request.next,
                advancesSeen: request.advancesSeen
            )
        )
        return response(appended)
    }

    /// Begins to wait for what a subscriber is to be told; it must be ended.
    /// - Parameter connection: by which the request came; nil without sockets.
    func subscribe(_ request: SubscribeRequest, on connection: Connection? = nil) throws(Problem) -> EventStream {
        for mailbox in request.mailboxes { _ = try admitted(mailbox.access) }
        return EventStream(
            request,
            at: try admission.beginSubscription(on: connection),
            store: store,
            reads: sharedReads,
            clock: clock,
            loop: Self.loop(of: connection)
        )
    }

    func take(_ request: TakeRequest) async throws(Problem) -> TakeResponse {
        TakeResponse(entry: try await store.take(admitted(request.access), today: clock.days.expiring))
    }

    func delete(_ request: DeleteRequest) async throws(Problem) -> EmptyResponse {
        try await store.delete(admitted(request.access), upTo: request.upTo)
        return EmptyResponse()
    }

    func createBlob(_ request: BlobCreateRequest) async throws(Problem) -> EmptyResponse {
        try await store.createBlob(
            BlobCommand(
                access: admitted(request.access),
                writeHash: request.writeHash,
                readHash: request.readHash,
                parts: Int(request.parts),
                retentionDays: request.retentionDays,
                limits: limits,
                today: clock.days.keeping
            )
        )
        return EmptyResponse()
    }

    func putPart(_ request: BlobPutRequest) async throws(Problem) -> EmptyResponse {
        try await store.putPart(
            admitted(request.access),
            index: Int(request.index),
            bytes: request.bytes,
            today: clock.days.expiring
        )
        return EmptyResponse()
    }

    func blobState(_ request: BlobStateRequest) async throws(Problem) -> BlobStateResponse {
        BlobStateResponse(present: try await store.partsPresent(admitted(request.access), today: clock.days.expiring))
    }

    func getPart(_ request: BlobGetRequest) async throws(Problem) -> BlobGetResponse {
        let access = try admitted(request.access)
        return BlobGetResponse(
            bytes: try await store.part(access, index: Int(request.index), today: clock.days.expiring)
        )
    }

    func deleteBlob(_ request: BlobDeleteRequest) async throws(Problem) -> EmptyResponse {
        try await store.deleteBlob(admitted(request.access), today: clock.days.expiring)
        return EmptyResponse()
    }

    /// What stands for a mailbox and a capability, whose rate allows one request more.
    /// - Parameter grants: how many the request names.
    func admitted(_ access: Access, grants: Int = 0) throws(Problem) -> HashedAccess {
        let access = HashedAccess(access)
        try admission.admit(access, grants: grants)
        return access
    }

    private func response(_ appended: AppendedEntry) -> AppendResponse {
        if !appended.isDuplicate { metrics.noteAppended() }
        return AppendResponse(
            incarnation: store.incarnation,
            sequence: appended.sequence,
            runningHash: appended.runningHash,
            isDuplicate: appended.isDuplicate
        )
    }
}
