public import Foundation

/// Comparisons for programs: one JSON document, all values in seconds or per second.
public struct Report: Encodable {
    struct Summary: Encodable {
        let median: Double
        let p5: Double
        let p25: Double
        let p75: Double
        let p95: Double
        let p99: Double
        let count: Int

        init(_ samples: Samples) {
            median = samples.median
            p5 = samples.quantile(0.05)
            p25 = samples.quantile(0.25)
            p75 = samples.quantile(0.75)
            p95 = samples.quantile(0.95)
            p99 = samples.quantile(0.99)
            count = samples.values.count
        }
    }

    struct Row: Encodable {
        let suite: String
        let name: String
        let unit: String
        let value: Summary
        let baselineName: String
        let baseline: Summary
        /// Of the medians.
        let ratio: Double
        /// Of samples taken side by side.
        let ratios: Summary
        let isReached: Bool?

        init(_ comparison: Comparison) {
            suite = comparison.suite
            name = comparison.name
            unit = comparison.unit.rawValue
            value = Summary(comparison.samples)
            baselineName = comparison.baselineName
            baseline = Summary(comparison.baseline)
            ratio = comparison.ratio
            ratios = Summary(comparison.ratios)
            isReached = comparison.isReached
        }
    }

    let date: String
    let processor: String
    let cores: Int
    let results: [Row]

    public init(_ comparisons: [Comparison]) {
        date = Date.now.formatted(.iso8601)
        processor = Self.processorName
        cores = ProcessInfo.processInfo.activeProcessorCount
        results = comparisons.map(Row.init)
    }

    /// As Linux calls it; empty where it does not say.
    private static var processorName: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }

    public func write(to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: file, options: .atomic)
    }
}
