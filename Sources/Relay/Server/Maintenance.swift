public import ServiceLifecycle

/// Removes what has expired, always and in small steps, and scrubs the store's log behind it.
public struct Maintenance: Service {
    private let service: RelayService
    private let interval: Duration

    /// - Parameter interval: between two rounds.
    public init(service: RelayService, interval: Duration = .seconds(60)) {
        self.service = service
        self.interval = interval
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await round()
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func round() async {
        do {
            while try await service.store.expireSome(today: service.today()), !Task.isCancelled {}
            try await service.store.scrub()
        } catch {
            // A store that gives way is tried again in the next round; clients learn of it by their requests.
        }
    }
}
