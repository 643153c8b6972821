package import RelayAPI

/// A relay, as members use it: the operations of Protocol/http-api.md. Tests put a store in process, or a hostile relay,
/// in the place of the one behind HTTP.
package protocol Relay: Sendable {
    func create(_ request: CreateRequest) async throws(RelayError) -> CreateResponse
    func childToken(_ request: ChildTokenRequest) async throws(RelayError) -> EmptyResponse
    func grant(_ request: GrantRequest) async throws(RelayError) -> EmptyResponse
    func append(_ request: AppendRequest) async throws(RelayError) -> AppendResponse
    func advance(_ request: AdvanceRequest) async throws(RelayError) -> AppendResponse
    func read(_ request: ReadRequest) async throws(RelayError) -> ReadResponse
    /// Whether requests of different mailboxes never share a connection; then a subscription names one mailbox.
    var keepsMailboxesApart: Bool { get }
    /// Hands over events until the relay ends the stream or `handle` returns false.
    func subscribe(
        _ request: SubscribeRequest,
        handle: @Sendable (SubscriptionEvent) async -> Bool
    ) async throws(RelayError)
    func take(_ request: TakeRequest) async throws(RelayError) -> TakeResponse
    func delete(_ request: DeleteRequest) async throws(RelayError) -> EmptyResponse
    func createBlob(_ request: BlobCreateRequest) async throws(RelayError) -> EmptyResponse
    func putPart(_ request: BlobPutRequest) async throws(RelayError) -> EmptyResponse
    func blobState(_ request: BlobStateRequest) async throws(RelayError) -> BlobStateResponse
    func getPart(_ request: BlobGetRequest) async throws(RelayError) -> BlobGetResponse
    func deleteBlob(_ request: BlobDeleteRequest) async throws(RelayError) -> EmptyResponse
    func relayInformation() async throws(RelayError) -> RelayInformation
    /// - Throws: a problem `unavailable`, which says why nothing would be taken or shown now.
    func checkReadiness() async throws(RelayError)
    func close() async
}

/// How relays are reached: one client for each address, made when it is first needed.
package protocol RelayNetwork: Sendable {
    func relay(at address: RelayAddress) async -> any Relay
    func close() async
}
