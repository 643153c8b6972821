internal import FoundationEssentials

/// A day counted from 1970-01-01 UTC: the finest time that a store keeps (Protocol/mailbox.md, "Deleting and expiry").
public struct Day: Hashable, Comparable, Sendable {
    public let number: Int

    public init(_ number: Int) {
        self.number = number
    }

    public static var today: Day {
        Day(Int((Date().timeIntervalSince1970 / 86_400).rounded(.down)))
    }

    public static func + (day: Day, days: Int) -> Day { Day(day.number + days) }

    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }
}
