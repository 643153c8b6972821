/// A time as the Common Alerting Protocol 1.2 writes it (section 3.3.2): `2026-11-23T22:55:10+02:00`, to the second, with
/// the difference from UTC; UTC itself is `-00:00`.
public struct AlertTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z.
    public let time: Time
    /// As it was written: which zone the sender thinks in is worth keeping.
    public let description: String

    /// In UTC.
    public init(_ time: Time) {
        let seconds = min(time.seconds, Self.last)
        self.time = Time(seconds: seconds)
        let date = CivilDate(daysSince1970: Int(seconds / 86_400))
        let clock = Int(seconds % 86_400)
        description =
            "\(Self.padded(date.year, 4))-\(Self.padded(date.month))-\(Self.padded(date.day))T"
            + "\(Self.padded(clock / 3600)):\(Self.padded(clock / 60 % 60)):\(Self.padded(clock % 60))-00:00"
    }

    /// Nil for anything but the form above, a day that the calendar does not have, and times before 1970.
    public init?(_ text: String) {
        guard let time = Self.parse(text) else { return nil }
        self.time = time
        description = text
    }

    /// Reads what publishers write besides (`Z`, `+00:00`, fractions of a second), and writes it as CAP has it.
    public init?(lenient text: String) {
        var text = text
        if let zone = text.lastIndex(where: { "Zz+-".contains($0) }), text[..<zone].count > 10 {
            let clock = text[..<zone].prefix { $0 != "." }
            let rest = text[zone...]
            text = clock + (["Z", "z", "+00:00"].contains(rest) ? "-00:00" : String(rest))
        }
        self.init(text)
    }

    public static func < (left: AlertTime, right: AlertTime) -> Bool { left.time < right.time }

    /// 9999-12-31T23:59:59Z: the last that four digits of a year can write.
    private static let last: UInt64 = 253_402_300_799

    private static func parse(_ text: String) -> Time? {
        let form = Array("dddd-dd-ddTdd:dd:dd".utf8)
        let bytes = Array(text.utf8)
        guard bytes.count == 25 else { return nil }
        for (byte, expected) in zip(bytes, form) {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            guard expected == UInt8(ascii: "d") ? isDigit : byte == expected else { return nil }
        }
        func number(_ start: Int, _ length: Int) -> Int {
            bytes[start..<(start + length)].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }
        guard let date = CivilDate(year: number(0, 4), month: number(5, 2), day: number(8, 2)),
            number(11, 2) < 24, number(14, 2) < 60, number(17, 2) < 60,
            let offset = offset(text.suffix(6))
        else { return nil }
        let clock = number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2)
        let seconds = date.daysSince1970 * 86_400 + clock - offset
        return seconds >= 0 ? Time(seconds: UInt64(seconds)) : nil
    }

    /// `+hh:mm` in seconds east of UTC. `+00:00` is not CAP's.
    private static func offset(_ zone: Substring) -> Int? {
        let parts = zone.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard zone != "+00:00", let sign = zone.first, "+-".contains(sign), parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), hours <= 14, minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
