/// A thing that was measured beside another in the same run.
public struct Comparison: Sendable {
    /// What samples count.
    public enum Unit: String, Sendable {
        case seconds = "s"
        case processorSeconds = "s of processor time"
        case perSecond = "1/s"
        case bytes = "B"
    }

    /// What we want to reach.
    public enum Aim: Sendable {
        case ratioAtMost(Double)
        case ratioAtLeast(Double)
        /// In the unit of the samples.
        case valueAtMost(Double)
        /// A share of the samples, from 0 to 1, and what it stays under, in their unit.
        case quantileAtMost(Double, Double)
    }

    public let suite: String
    public let name: String
    public let unit: Unit
    public let samples: Samples
    public let baselineName: String
    public let baseline: Samples
    public let aim: Aim?

    public init(
        suite: String,
        name: String,
        unit: Unit,
        samples: Samples,
        baselineName: String,
        baseline: Samples,
        aim: Aim? = nil
    ) {
        self.suite = suite
        self.name = name
        self.unit = unit
        self.samples = samples
        self.baselineName = baselineName
        self.baseline = baseline
        self.aim = aim
    }

    /// Of the medians.
    public var ratio: Double { samples.median / baseline.median }

    /// Of each sample to the one of the baseline that was taken beside it.
    public var ratios: Samples { samples.ratios(to: baseline) }

    /// Nil without an aim.
    public var isReached: Bool? {
        switch aim {
        case .ratioAtMost(let most): ratio <= most
        case .ratioAtLeast(let least): ratio >= least
        case .valueAtMost(let most): samples.median <= most
        case .quantileAtMost(let share, let most): samples.quantile(share) <= most
        case nil: nil
        }
    }
}
