internal import Coalition

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Seconds since 1970-01-01T00:00:00Z, as programs and people read them.
enum Timestamp {
    /// The last second that RFC 3339 can write: 9999-12-31T23:59:59Z. Senders may claim any time; a later one is shown
    /// as this one.
    private static let last: UInt64 = 253_402_300_799

    /// RFC 3339 in UTC, with whole seconds.
    static func rfc3339(_ seconds: UInt64) -> String {
        let seconds = min(seconds, last)
        let date = CivilDate(daysSince1970: Int(seconds / 86_400))
        let time = seconds % 86_400
        return "\(date.year)".leftPadded(4) + "-" + "\(date.month)".leftPadded(2) + "-" + "\(date.day)".leftPadded(2)
            + "T" + "\(time / 3600)".leftPadded(2) + ":" + "\(time / 60 % 60)".leftPadded(2) + ":"
            + "\(time % 60)".leftPadded(2) + "Z"
    }

    /// The local date and time to the minute: `2026-11-23 22:55`.
    static func local(_ seconds: UInt64) -> String {
        var clock = time_t(min(seconds, last))
        var parts = tm()
        guard localtime_r(&clock, &parts) != nil else { return rfc3339(seconds) }
        return "\(parts.tm_year + 1900)".leftPadded(4) + "-" + "\(parts.tm_mon + 1)".leftPadded(2) + "-"
            + "\(parts.tm_mday)".leftPadded(2) + " " + "\(parts.tm_hour)".leftPadded(2) + ":"
            + "\(parts.tm_min)".leftPadded(2)
    }

    static var now: UInt64 { UInt64(max(0, time(nil))) }
}

extension String {
    fileprivate func leftPadded(_ width: Int) -> String {
        String(repeating: "0", count: max(0, width - utf8.count)) + self
    }
}
