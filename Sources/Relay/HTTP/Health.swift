internal import Hummingbird
internal import RelayAPI

/// For load balancers, service managers and monitoring (Protocol/http-api.md, "GET /healthz, GET /readyz").
extension RelayService {
    static let healthPath = "/healthz"
    static let readinessPath = "/readyz"

    private static let healthy = Array(#"{"status": "ok"}"#.utf8)

    /// The process runs.
    var health: Response {
        Response(.ok, mediaType: "application/json", body: Self.healthy)
    }

    /// Requests will be served: the store answers, and the relay is not about to end.
    func readiness() async -> Response {
        do throws(Problem) {
            guard !store.notifications.isDraining else { throw Problem(.unavailable, detail: "the relay is stopping") }
            try await store.checkReadiness()
            return health
        } catch {
            return Response(error)
        }
    }
}
