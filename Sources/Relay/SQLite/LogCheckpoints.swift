internal import FoundationEssentials
internal import GRDB

/// Puts the pages of the log into the store's file, on a connection of its own: beside the writer, which goes on.
///
/// SQLite does it by itself, in the commit that makes the log too long, and the writer then waits for thousands of pages and
/// two fdatasyncs. What has been put there before costs that commit nothing.
final class LogCheckpoints: Sendable {
    private let connection: DatabaseQueue

    /// - Parameter configuration: as the store's own connections have it.
    init(ofStore file: URL, configuration: Configuration) throws {
        var configuration = configuration
        configuration.label = "log"
        connection = try DatabaseQueue(path: file.path, configuration: configuration)
    }

    /// Goes as far as those who read the log let it. What it cannot do, the writer's own finds and says.
    func run() async {
        _ = try? await connection.writeWithoutTransaction { try $0.checkpoint(.passive) }
    }

    func close() throws {
        try connection.close()
    }
}
