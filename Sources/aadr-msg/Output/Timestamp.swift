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
        let date = civilDate(days: seconds / 86_400)
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

    /// The Gregorian date of a day counted from 1970-01-01. Years are counted from 1 March, so that the leap day is the
    /// last of its year, and in cycles of 400 years, which have 146,097 days each.
    private static func civilDate(days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
        let sinceMarch0 = days + 719_468
        let cycle = sinceMarch0 / 146_097
        let dayOfCycle = sinceMarch0 % 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension String {
    fileprivate func leftPadded(_ width: Int) -> String {
        String(repeating: "0", count: max(0, width - utf8.count)) + self
    }
}
