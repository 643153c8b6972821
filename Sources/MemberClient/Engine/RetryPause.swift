internal import RelayAPI

/// How long to wait before a relay that could not serve is asked again: longer and longer, at random so that one that
/// comes back is not asked by everybody at once, and not sooner than it says itself.
struct RetryPause {
    private static let first = 0.5
    /// A relay that is wrong, or lies, keeps nobody silent for longer, in seconds.
    private static let longestAsked = 300.0

    private let longest: Double
    private var seconds = first

    /// - Parameter longest: in seconds, where the relay says nothing.
    init(longest: Double) {
        self.longest = longest
    }

    /// It has served.
    mutating func reset() {
        seconds = Self.first
    }

    mutating func next(after error: any Error) -> Duration {
        defer { seconds = min(seconds * 2, longest) }
        let pause = seconds * Double.random(in: 0.5...1)
        guard case .problem(let problem)? = error as? RelayError, let asked = problem.retryAfter else {
            return .seconds(pause)
        }
        return .seconds(min(Double(asked), Self.longestAsked) + pause)
    }
}
