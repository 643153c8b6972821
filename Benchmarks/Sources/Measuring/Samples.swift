/// What measuring one thing again and again gave: seconds, or events per second.
public struct Samples: Sendable {
    public private(set) var values: [Double] = []

    public init(_ values: [Double] = []) {
        self.values = values
    }

    public mutating func add(_ value: Double) {
        values.append(value)
    }

    /// The value below which a share of the samples lies, between two of them in proportion; 0 without samples.
    /// - Parameter share: from 0 to 1.
    public func quantile(_ share: Double) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return 0 }
        let position = share * Double(sorted.count - 1)
        let lower = Int(position)
        guard lower + 1 < sorted.count else { return last }
        return sorted[lower] + (position - Double(lower)) * (sorted[lower + 1] - sorted[lower])
    }

    public var median: Double { quantile(0.5) }

    /// Sample by sample, in the order in which they were taken: interleaved samples share their noise.
    public func ratios(to others: Samples) -> Samples {
        Samples(zip(values, others.values).map { $0 / $1 })
    }
}
