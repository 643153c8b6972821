internal import RelayAPI

/// A page of metrics in Prometheus' text format, version 0.0.4.
struct MetricsPage {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    enum Kind: String {
        case counter, gauge, histogram
    }

    /// Begins a metric; its samples follow.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// - Parameter labels: names and values, which hold none of the characters that would have to be escaped.
    mutating func add(
        _ name: String,
        _ value: some CustomStringConvertible,
        labels: KeyValuePairs<String, String> = [:]
    ) {
        let list = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
        text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
    }

    /// A metric with one sample.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some CustomStringConvertible) {
        begin(name, kind, help)
        add(name, value)
    }

    /// The samples of a histogram.
    /// - Parameter operation: its label, if it has one.
    mutating func add(_ name: String, operation: String? = nil, histogram: Histogram) {
        let label = operation.map { "operation=\"\($0)\"" }
        var count: UInt64 = 0
        for (bound, bucket) in zip(Histogram.bounds.map { "\($0)" } + ["+Inf"], histogram.buckets) {
            count += bucket
            text += "\(name)_bucket{\(label.map { $0 + "," } ?? "")le=\"\(bound)\"} \(count)\n"
        }
        let labels = label.map { "{\($0)}" } ?? ""
        text += "\(name)_sum\(labels) \(histogram.sum)\n\(name)_count\(labels) \(count)\n"
    }
}

extension RelayService {
    /// What an operator's monitoring sees of the relay, its store and its disk.
    func metricsPage() async -> MetricsPage {
        var page = MetricsPage()
        let counts = metrics.current
        let operations = RelayAPI.Operation.allCases.filter { counts.requests[$0] != nil }

        page.begin("aadr_relay_requests_total", .counter, "Requests answered, by operation and outcome.")
        for operation in operations {
            let outcomes = (counts.requests[operation]?.outcomes ?? [:]).map { ($0.key?.rawValue ?? "ok", $0.value) }
            for (outcome, count) in outcomes.sorted(by: { $0.0 < $1.0 }) {
                page.add(
                    "aadr_relay_requests_total",
                    count,
                    labels: ["operation": operation.rawValue, "outcome": outcome]
                )
            }
        }
        page.begin(
            "aadr_relay_request_seconds",
            .histogram,
            "Time to an answer, where the client chose to wait for none."
        )
        for operation in operations {
            guard let seconds = counts.requests[operation]?.seconds else { continue }
            page.add("aadr_relay_request_seconds", operation: operation.rawValue, histogram: seconds)
        }
        page.add(
            "aadr_relay_entries_appended_total",
            .counter,
            "Entries appended, duplicates not counted.",
            counts.entriesAppended
        )
        page.add("aadr_relay_connections", .gauge, "Open connections.", admission.connections)
        page.add("aadr_relay_subscriptions", .gauge, "Subscriptions and reads that wait.", admission.subscriptions)
        page.add("aadr_relay_held_bytes", .gauge, "Bytes that are held for slow clients.", admission.heldBytes)
        page.begin("aadr_relay_expiry_step_seconds", .histogram, "Time that each step of expiry and clearing took.")
        page.add("aadr_relay_expiry_step_seconds", histogram: counts.expirySteps)
        page.add(
            "aadr_relay_clock_doubtful",
            .gauge,
            "1: the system's clock has jumped, and is not believed yet; 0: it is.",
            clock.days.areInDoubt ? 1 : 0
        )
        await addStore(to: &page)
        return page
    }

    private func addStore(to page: inout MetricsPage) async {
        do throws(Problem) {
            let measure = try await store.measure()
            page.add("aadr_relay_store_bytes", .gauge, "Size of the store.", measure.bytes)
            if let free = measure.diskFreeBytes {
                page.add("aadr_relay_disk_free_bytes", .gauge, "Space left for the store on its disk.", free)
            }
            try await store.checkReadiness()
            page.add("aadr_relay_ready", .gauge, "1: the store answers; 0: it does not.", 1)
        } catch {
            page.add("aadr_relay_ready", .gauge, "1: the store answers; 0: it does not.", 0)
        }
    }
}
