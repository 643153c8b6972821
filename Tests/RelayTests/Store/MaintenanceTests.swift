import Logging
import RelayAPI
import Synchronization
import Testing

@testable import Relay

/// What is said of the store while it is looked after.
@Suite struct MaintenanceTests {
    @Test func aRelayThatIsStoppedSaysNothingOfItsStore() async throws {
        try await StoreEngine.sqlite.withStore { test in
            let lines = LogLines()
            let service = RelayService(store: try test.store)
            // Somewhere in a round: which statement meets the end, nobody knows.
            for round in 0..<100 {
                let maintenance = Maintenance(service: service, interval: .zero, logger: lines.logger)
                let running = Task { try await maintenance.run() }
                try await Task.sleep(for: .microseconds(100 * round))
                running.cancel()
                try await running.value
            }
            #expect(lines.all == [])
        }
    }
}

/// What has been logged, at which level.
private final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}
