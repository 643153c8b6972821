internal import NIOCore
internal import RelayAPI

/// For load balancers, service managers and monitoring (Protocol/http-api.md, "GET /healthz, GET /readyz").
extension RelayService {
    static let healthPath = "/healthz"
    static let readinessPath = "/readyz"

    /// The process runs.
    static let health = HTTPAnswer(ByteBuffer(string: #"{"status": "ok"}"#), mediaType: "application/json")

    /// Requests will be served: the store answers, and the relay is not about to end.
    func readiness() async -> HTTPAnswer {
        do throws(Problem) {
            guard !store.notifications.isDraining else { throw Problem(.unavailable, detail: "the relay is stopping") }
            try await store.checkReadiness()
            return Self.health
        } catch {
            return HTTPAnswer(error)
        }
    }
}
