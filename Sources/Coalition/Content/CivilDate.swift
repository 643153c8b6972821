/// A day of the Gregorian calendar, extended to all years. Arithmetic alone: no time zone, no locale.
public struct CivilDate: Equatable, Sendable {
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int

    /// The day so many days after 1970-01-01. Years are counted from 1 March, so that the leap day is the last of its
    /// year, and in cycles of 400 years, which have 146,097 days each.
    public init(daysSince1970 days: Int) {
        let sinceMarch0 = days + Self.daysFromMarch0To1970
        let cycle = (sinceMarch0 >= 0 ? sinceMarch0 : sinceMarch0 - 146_096) / 146_097
        let dayOfCycle = sinceMarch0 - cycle * 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0)
    }

    /// Nil when the calendar has no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let date = CivilDate(daysSince1970: Self.days(year, month, day))
        // 30 February comes back as a day of March.
        guard date.month == month, date.day == day else { return nil }
        self = date
    }

    public var daysSince1970: Int { Self.days(year, month, day) }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let leapDays = yearFromMarch / 4 - yearFromMarch / 100 + yearFromMarch / 400
        return 365 * yearFromMarch + leapDays + (153 * monthFromMarch + 2) / 5 + day - 1 - daysFromMarch0To1970
    }

    /// From 1 March of the year 0.
    private static let daysFromMarch0To1970 = 719_468
}
