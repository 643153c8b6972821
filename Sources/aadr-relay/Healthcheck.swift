import ArgumentParser
import Relay

struct Healthcheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks the relay that serves from a data directory whether it is ready; for containers.",
        discussion: """
            Says nothing and ends with 0 when it is. Ends with 75 when it is not, or cannot be reached.

            Example:
              aadr-relay healthcheck --data /var/lib/aadr-relay
            """
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let path = try common.path(common.settings)
        try await Failure.reporting {
            let directory = try DataDirectory(path: path, creating: false)
            guard let probe = directory.lastAddress.flatMap({ RelayProbe(announced: $0) }) else {
                throw Self.notReady("it has not listened yet")
            }
            let isReady: Bool
            do {
                isReady = try await probe.isReady()
            } catch {
                throw Self.notReady("\(error)")
            }
            if !isReady { throw Self.notReady("its store cannot be used, or it is stopping") }
        }
    }

    private static func notReady(_ reason: String) -> Failure {
        Failure("the relay is not ready: \(reason)", status: Failure.temporary)
    }
}
