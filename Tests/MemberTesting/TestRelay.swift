import Coalition
import Foundation
import RelayAPI
import Sodium
import Synchronization

@testable import MemberClient
@testable import Relay
@testable import RelayTesting

/// The relay's own service over its SQLite store, in this process, without HTTP.
struct TestRelay: MemberClient.Relay {
    let service: RelayService

    func create(_ request: CreateRequest) async throws(RelayError) -> CreateResponse {
        try await asking { () async throws(Problem) in try await service.create(request) }
    }

    func childToken(_ request: ChildTokenRequest) async throws(RelayError) -> EmptyResponse {
        try await asking { () async throws(Problem) in try await service.makeChildToken(request) }
    }

    func grant(_ request: GrantRequest) async throws(RelayError) -> EmptyResponse {
        try await asking { () async throws(Problem) in try await service.changeGrants(request) }
    }

    func append(_ request: AppendRequest) async throws(RelayError) -> AppendResponse {
        try await asking { () async throws(Problem) in try await service.append(request) }
    }

    func advance(_ request: AdvanceRequest) async throws(RelayError) -> AppendResponse {
        try await asking { () async throws(Problem) in try await service.advance(request) }
    }

    func read(_ request: ReadRequest) async throws(RelayError) -> ReadResponse {
        try await asking { () async throws(Problem) in
            try await service.read(request) { subscription in
                Task {
                    // A long poll that nobody waits for any longer must not hold a test up.
                    try? await Task.sleep(for: .milliseconds(500))
                    subscription.end()
                }
            }
        }
    }

    var keepsMailboxesApart: Bool { false }

    func subscribe(
        _ request: SubscribeRequest,
        handle: @Sendable (SubscriptionEvent) async -> Bool
    ) async throws(RelayError) {
        let events = try await asking { () async throws(Problem) in try service.subscribe(request) }
        defer { events.end() }
        while let event = await events.next() {
            guard await handle(event) else { return }
        }
    }

    func take(_ request: TakeRequest) async throws(RelayError) -> TakeResponse {
        try await asking { () async throws(Problem) in try await service.take(request) }
    }

    func delete(_ request: DeleteRequest) async throws(RelayError) -> EmptyResponse {
        try await asking { () async throws(Problem) in try await service.delete(request) }
    }

    func createBlob(_ request: BlobCreateRequest) async throws(RelayError) -> EmptyResponse {
        try await asking { () async throws(Problem) in try await service.createBlob(request) }
    }

    func putPart(_ request: BlobPutRequest) async throws(RelayError) -> EmptyResponse {
        try await asking { () async throws(Problem) in try await service.putPart(request) }
    }

    func blobState(_ request: BlobStateRequest) async throws(RelayError) -> BlobStateResponse {
        try await asking { () async throws(Problem) in try await service.blobState(request) }
    }

    func getPart(_ request: BlobGetRequest) async throws(RelayError) -> BlobGetResponse {
        try await asking { () async throws(Problem) in try await service.getPart(request) }
    }

    func deleteBlob(_ request: BlobDeleteRequest) async throws(RelayError) -> EmptyResponse {
        try await asking { () async throws(Problem) in try await service.deleteBlob(request) }
    }

    func relayInformation() async throws(RelayError) -> RelayInformation {
        RelayInformation(version: "test", retentionDays: service.limits.retention)
    }

    func checkReadiness() async throws(RelayError) {
        try await asking { () async throws(Problem) in try await service.store.checkReadiness() }
    }

    func close() async {}

    private func asking<Response>(
        _ body: () async throws(Problem) -> Response
    ) async throws(RelayError) -> Response {
        do throws(Problem) {
            return try await body()
        } catch {
            throw .problem(error)
        }
    }
}

/// One relay under every address.
struct TestNetwork: RelayNetwork {
    let relay: any MemberClient.Relay

    func relay(at address: RelayAddress) async -> any MemberClient.Relay { relay }

    func close() async {}
}
