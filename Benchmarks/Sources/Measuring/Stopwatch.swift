/// Reads a clock that only goes forward.
public struct Stopwatch {
    private let start = ContinuousClock.now

    public init() {}

    /// Since it was made.
    public var seconds: Double {
        let elapsed = (ContinuousClock.now - start).components
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    }

    /// How long `body` takes, in seconds.
    public static func time<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> Double {
        let watch = Stopwatch()
        try body()
        return watch.seconds
    }
}
