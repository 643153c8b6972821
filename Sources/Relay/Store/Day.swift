internal import FoundationEssentials

/// A day counted from 1970-01-01 UTC: the finest time that a store keeps (Protocol/mailbox.md, "Deleting and expiry").
public struct Day: Hashable, Comparable, CustomStringConvertible, Sendable {
    public let number: Int

    public init(_ number: Int) {
        self.number = number
    }

    public static var today: Day {
        Day(Int((Date().timeIntervalSince1970 / 86_400).rounded(.down)))
    }

    /// As 2026-11-23.
    public var description: String {
        Date(timeIntervalSince1970: Double(number) * 86_400).formatted(.iso8601.year().month().day())
    }

    public static func + (day: Day, days: Int) -> Day { Day(day.number + days) }

    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }
}
