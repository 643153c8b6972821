public import TLSCodec

/// Seconds since 1970-01-01T00:00:00Z: the only time that members agree on (Protocol/mls-profile.md). It is read off
/// a structure or handed in by the caller; nothing in this module looks at a clock.
public struct Time: WireCodable, Hashable, Comparable, Sendable {
    public let seconds: UInt64

    public init(seconds: UInt64) { self.seconds = seconds }

    public init(from reader: inout Reader) throws(CodecError) {
        seconds = try reader.readUInt64()
    }

    public func encode(to writer: inout Writer) {
        writer.write(seconds)
    }

    public static func < (left: Time, right: Time) -> Bool { left.seconds < right.seconds }

    /// The time so much later, or the last time there is.
    public func advanced(by duration: Duration) -> Time {
        let (sum, overflow) = seconds.addingReportingOverflow(duration.seconds)
        return Time(seconds: overflow ? .max : sum)
    }

    /// The time so much earlier, or the first time there is.
    public func receded(by duration: Duration) -> Time {
        Time(seconds: seconds - min(seconds, duration.seconds))
    }

    /// A number of whole seconds.
    public struct Duration: Hashable, Sendable {
        public let seconds: UInt64

        public static func hours(_ count: UInt64) -> Duration { Duration(seconds: count * 3600) }
        public static func days(_ count: UInt64) -> Duration { .hours(count * 24) }
    }
}

/// From one time to another, both included.
///
///     uint64 not_before;
///     uint64 not_after;
public struct Period: WireCodable, Hashable, Sendable {
    public let notBefore: Time
    public let notAfter: Time

    public init(notBefore: Time, notAfter: Time) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// From a time on, for so long, and a day before it: who judges it may have a clock that is behind by as much as policy
    /// S2 puts up with.
    public init(from time: Time, lasting duration: Time.Duration) {
        self.init(notBefore: time.receded(by: Self.lead), notAfter: time.advanced(by: duration))
    }

    public static var lead: Time.Duration { .days(1) }

    public init(from reader: inout Reader) throws(CodecError) {
        notBefore = try reader.read()
        notAfter = try reader.read()
    }

    public func encode(to writer: inout Writer) {
        writer.write(notBefore)
        writer.write(notAfter)
    }

    public func contains(_ time: Time) -> Bool { notBefore <= time && time <= notAfter }

    /// Whether it ends no earlier than it begins, and spans no more than `duration`.
    public func isAtMost(_ duration: Time.Duration) -> Bool {
        notBefore <= notAfter && notAfter.seconds - notBefore.seconds <= duration.seconds
    }
}
