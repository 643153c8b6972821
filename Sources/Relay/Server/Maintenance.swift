public import Logging
internal import RelayAPI
public import ServiceLifecycle

/// Removes what has expired, always and in small steps, scrubs the store's log behind it, and says in the relay's log
/// when the store gives way or the clock jumps, and when either is back.
public struct Maintenance: Service {
    private let service: RelayService
    private let interval: Duration
    private let logger: Logger?

    /// - Parameters:
    ///   - interval: between two rounds.
    ///   - logger: gets no addresses, ids or labels; nil to say nothing.
    public init(service: RelayService, interval: Duration = .seconds(60), logger: Logger? = nil) {
        self.service = service
        self.interval = interval
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var trouble: Problem?
            var wasInDoubt = false
            while !Task.isCancelled {
                let days = service.clock.days
                if days.areInDoubt != wasInDoubt { report(isInDoubt: days.areInDoubt) }
                wasInDoubt = days.areInDoubt
                let found = await round(days)
                // What has been cut off by the relay's end says nothing of the store.
                guard !Task.isCancelled else { return }
                if found != trouble { report(found) }
                trouble = found
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// - Returns: what is wrong with the store. It is tried again in the next round; clients learn of it by their requests.
    func round(_ days: RelayClock.Days) async -> Problem? {
        do {
            while try await step({ try await service.store.expireSome(today: days.expiring) }) {}
            while try await step({ try await service.store.scrubSome() }) {}
            try await service.store.checkReadiness()
            if !days.areInDoubt, try await service.store.lastDay() != days.expiring {
                try await service.store.remember(days.expiring)
            }
            return nil
        } catch let problem as Problem {
            return problem
        } catch {
            return nil
        }
    }

    /// - Returns: whether to go on.
    private func step(_ body: () async throws -> StoreStep) async throws -> Bool {
        let step = try await body()
        if step.held > .zero { service.metrics.noteExpiryStep(step.held) }
        return step.hasMore && !Task.isCancelled
    }

    private func report(isInDoubt: Bool) {
        if isInDoubt {
            let cause: Logger.MetadataValue =
                "it has jumped, or the relay was off for long; set it right if it is wrong"
            logger?.error("the clock is in doubt", metadata: ["cause": cause])
        } else {
            logger?.warning("the clock is believed again")
        }
    }

    private func report(_ trouble: Problem?) {
        if let trouble {
            let cause: Logger.MetadataValue = "\(trouble.detail ?? trouble.name.title)"
            logger?.error("the store gives way", metadata: ["cause": cause])
        } else {
            logger?.warning("the store is back")
        }
    }
}
