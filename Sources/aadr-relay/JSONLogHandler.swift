import Foundation
import Logging
import Relay

/// Log lines as JSON objects on standard error: `day`, `level`, `message`, and what belongs to the message.
///
/// The day is the finest time in them. What keeps the lines (a journal, a container's runtime) may add finer ones;
/// they tell when an operator did something or a disk failed, never when somebody wrote.
struct JSONLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(level: Logger.Level) {
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        // A log that takes no more, on a disk that is full, is no reason to stop serving.
        try? FileHandle.standardError.write(contentsOf: Data((Self.line(event, metadata, on: .today) + "\n").utf8))
    }

    static func line(_ event: LogEvent, _ metadata: Logger.Metadata, on day: Day) -> String {
        var object = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        object["day"] = day.description
        object["level"] = event.level.rawValue
        object["message"] = "\(event.message)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings alone: there is nothing in it that JSON could not express.
        return (try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
