import RelayAPI
import Synchronization

@testable import MemberClient

/// A relay that passes everything on, and lets a test do otherwise with some of it.
final class InterceptedRelay: MemberClient.Relay {
    typealias Append = @Sendable (AppendRequest, any MemberClient.Relay) async throws(RelayError) -> AppendResponse
    typealias Advance = @Sendable (AdvanceRequest, any MemberClient.Relay) async throws(RelayError) -> AppendResponse
    typealias Read = @Sendable (ReadRequest, any MemberClient.Relay) async throws(RelayError) -> ReadResponse

    typealias Grant = @Sendable (GrantRequest, any MemberClient.Relay) async throws(RelayError) -> EmptyResponse
    typealias Delete = @Sendable (DeleteRequest, any MemberClient.Relay) async throws(RelayError) -> EmptyResponse
    typealias Take = @Sendable (TakeRequest, any MemberClient.Relay) async throws(RelayError) -> TakeResponse
    typealias PutPart = @Sendable (BlobPutRequest, any MemberClient.Relay) async throws(RelayError) -> EmptyResponse
    typealias GetPart = @Sendable (BlobGetRequest, any MemberClient.Relay) async throws(RelayError) -> BlobGetResponse

    private struct State {
        var isReachable = true
        var keepsMailboxesApart = false
        var append: Append?
        var advance: Advance?
        var read: Read?
        var grant: Grant?
        var delete: Delete?
        var take: Take?
        var putPart: PutPart?
        var getPart: GetPart?
        var refused: UInt16?
        var unreadiness: Problem?
    }

    private let inner: any MemberClient.Relay
    private let state = Mutex(State())

    init(_ inner: any MemberClient.Relay) {
        self.inner = inner
    }

    var isReachable: Bool {
        get { state.withLock { $0.isReachable } }
        set { state.withLock { $0.isReachable = newValue } }
    }

    func onAppend(_ handler: Append?) { state.withLock { $0.append = handler } }
    func onAdvance(_ handler: Advance?) { state.withLock { $0.advance = handler } }
    func onRead(_ handler: Read?) { state.withLock { $0.read = handler } }
    func onGrant(_ handler: Grant?) { state.withLock { $0.grant = handler } }
    func onDelete(_ handler: Delete?) { state.withLock { $0.delete = handler } }
    func onTake(_ handler: Take?) { state.withLock { $0.take = handler } }
    func onPutPart(_ handler: PutPart?) { state.withLock { $0.putPart = handler } }
    func onGetPart(_ handler: GetPart?) { state.withLock { $0.getPart = handler } }

    /// What the relay says when it is asked whether it is ready.
    func sayUnready(_ problem: Problem?) { state.withLock { $0.unreadiness = problem } }

    /// Refuses a mailbox of the next subscription, by its place, and tells nothing of it.
    func refuseInNextSubscription(_ mailbox: UInt16) { state.withLock { $0.refused = mailbox } }

    private func check() throws(RelayError) {
        guard isReachable else { throw .unreachable("cut by the test") }
    }

    func create(_ request: CreateRequest) async throws(RelayError) -> CreateResponse {
        try check()
        return try await inner.create(request)
    }

    func childToken(_ request: ChildTokenRequest) async throws(RelayError) -> EmptyResponse {
        try check()
        return try await inner.childToken(request)
    }

    func grant(_ request: GrantRequest) async throws(RelayError) -> EmptyResponse {
        try check()
        if let handler = state.withLock({ $0.grant }) { return try await handler(request, inner) }
        return try await inner.grant(request)
    }

    func append(_ request: AppendRequest) async throws(RelayError) -> AppendResponse {
        try check()
        if let handler = state.withLock({ $0.append }) { return try await handler(request, inner) }
        return try await inner.append(request)
    }

    func advance(_ request: AdvanceRequest) async throws(RelayError) -> AppendResponse {
        try check()
        if let handler = state.withLock({ $0.advance }) { return try await handler(request, inner) }
        return try await inner.advance(request)
    }

    func read(_ request: ReadRequest) async throws(RelayError) -> ReadResponse {
        try check()
        if let handler = state.withLock({ $0.read }) { return try await handler(request, inner) }
        return try await inner.read(request)
    }

    /// As over Tor: each mailbox is followed over a subscription of its own.
    var keepsMailboxesApart: Bool {
        get { state.withLock { $0.keepsMailboxesApart } }
        set { state.withLock { $0.keepsMailboxesApart = newValue } }
    }

    /// A cut is noticed at the next event.
    func subscribe(
        _ request: SubscribeRequest,
        handle: @Sendable (SubscriptionEvent) async -> Bool
    ) async throws(RelayError) {
        try check()
        let refused = state.withLock { state in
            defer { state.refused = nil }
            return state.refused
        }
        let isToldRefusal = Mutex(false)
        try await inner.subscribe(request) { event in
            guard isReachable else { return false }
            guard case .entries(_, let mailbox) = event, mailbox == refused else { return await handle(event) }
            let wasTold = isToldRefusal.withLock { isTold in
                defer { isTold = true }
                return isTold
            }
            if wasTold { return true }
            return await handle(.refused(Refusal(Problem(.internal)), mailbox: mailbox))
        }
        try check()
    }

    func take(_ request: TakeRequest) async throws(RelayError) -> TakeResponse {
        try check()
        if let handler = state.withLock({ $0.take }) { return try await handler(request, inner) }
        return try await inner.take(request)
    }

    func delete(_ request: DeleteRequest) async throws(RelayError) -> EmptyResponse {
        try check()
        if let handler = state.withLock({ $0.delete }) { return try await handler(request, inner) }
        return try await inner.delete(request)
    }

    func createBlob(_ request: BlobCreateRequest) async throws(RelayError) -> EmptyResponse {
        try check()
        return try await inner.createBlob(request)
    }

    func putPart(_ request: BlobPutRequest) async throws(RelayError) -> EmptyResponse {
        try check()
        if let handler = state.withLock({ $0.putPart }) { return try await handler(request, inner) }
        return try await inner.putPart(request)
    }

    func blobState(_ request: BlobStateRequest) async throws(RelayError) -> BlobStateResponse {
        try check()
        return try await inner.blobState(request)
    }

    func getPart(_ request: BlobGetRequest) async throws(RelayError) -> BlobGetResponse {
        try check()
        if let handler = state.withLock({ $0.getPart }) { return try await handler(request, inner) }
        return try await inner.getPart(request)
    }

    func deleteBlob(_ request: BlobDeleteRequest) async throws(RelayError) -> EmptyResponse {
        try check()
        return try await inner.deleteBlob(request)
    }

    func relayInformation() async throws(RelayError) -> RelayInformation {
        try check()
        return try await inner.relayInformation()
    }

    func checkReadiness() async throws(RelayError) {
        try check()
        if let problem = state.withLock({ $0.unreadiness }) { throw .problem(problem) }
        try await inner.checkReadiness()
    }

    func close() async {}
}

extension ReadResponse {
    func with(entries: [ReadEntry], head: UInt64? = nil) -> ReadResponse {
        ReadResponse(
            incarnation: incarnation,
            epoch: epoch,
            opening: opening,
            openingHash: openingHash,
            head: head ?? self.head,
            headHash: headHash,
            entries: entries
        )
    }
}
