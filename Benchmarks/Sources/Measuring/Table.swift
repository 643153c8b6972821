/// Comparisons for people: one line each, absolute figures and ratios side by side.
public struct Table {
    private let comparisons: [Comparison]

    public init(_ comparisons: [Comparison]) {
        self.comparisons = comparisons
    }

    private static let header = [
        "", "median", "p25 … p75", "p95", "beside it", "median", "ratio", "p25 … p75", "aim",
    ]

    /// Columns of text stand on the left, columns of figures on the right.
    private static let leftColumns: Set<Int> = [0, 4, 8]

    public var text: String {
        let rows = [Self.header] + comparisons.map(Self.row)
        let widths = Self.header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return
            rows.map { row in
                let cells = row.indices.map { column in
                    let padding = String(repeating: " ", count: widths[column] - row[column].count)
                    return Self.leftColumns.contains(column) ? row[column] + padding : padding + row[column]
                }
                let line = cells.joined(separator: "  ")
                return String(line.reversed().drop { $0 == " " }.reversed())
            }
            .joined(separator: "\n")
    }

    private static func row(_ comparison: Comparison) -> [String] {
        let samples = comparison.samples
        let ratios = comparison.ratios
        func show(_ value: Double) -> String { Figure.text(value, comparison.unit) }
        return [
            comparison.name,
            show(samples.median),
            "\(show(samples.quantile(0.25))) … \(show(samples.quantile(0.75)))",
            show(samples.quantile(0.95)),
            comparison.baselineName,
            show(comparison.baseline.median),
            Figure.rounded(comparison.ratio),
            "\(Figure.rounded(ratios.quantile(0.25))) … \(Figure.rounded(ratios.quantile(0.75)))",
            aim(of: comparison),
        ]
    }

    private static func aim(of comparison: Comparison) -> String {
        func show(_ value: Double) -> String { Figure.text(value, comparison.unit) }
        let words =
            switch comparison.aim {
            case .ratioAtMost(let most): "≤ \(Figure.rounded(most))×"
            case .ratioAtLeast(let least): "≥ \(Figure.rounded(least))×"
            case .valueAtMost(let most): "≤ \(show(most))"
            case .quantileAtMost(let share, let most):
                "p\(Int((share * 100).rounded())) \(show(comparison.samples.quantile(share))) ≤ \(show(most))"
            case nil: ""
            }
        return switch comparison.isReached {
        case true: words + " reached"
        case false: words + " missed"
        default: words
        }
    }
}

/// Numbers for people, to three digits.
enum Figure {
    static func text(_ value: Double, _ unit: Comparison.Unit) -> String {
        switch unit {
        case .seconds, .processorSeconds: seconds(value)
        case .perSecond: "\(rounded(value))/s"
        case .bytes: value < 1024 ? "\(rounded(value)) B" : "\(rounded(value / 1024)) KiB"
        }
    }

    private static func seconds(_ value: Double) -> String {
        switch value {
        case ..<1e-3: "\(rounded(value * 1e6)) µs"
        case ..<1: "\(rounded(value * 1e3)) ms"
        default: "\(rounded(value)) s"
        }
    }

    /// With as many decimals as make three digits.
    static func rounded(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        let scale = [1, 10, 100][decimals]
        let scaled = Int((value * Double(scale)).rounded())
        guard decimals > 0 else { return grouped(scaled) }
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    private static func grouped(_ value: Int) -> String {
        guard value >= 1000 else { return String(value) }
        let rest = String(value % 1000)
        return grouped(value / 1000) + "," + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
