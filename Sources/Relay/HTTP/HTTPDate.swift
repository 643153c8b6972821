internal import Glibc
internal import Synchronization

/// HTTP-dates (RFC 9110, 5.6.7).
enum HTTPDate {
    private static let last = Mutex((second: time_t(-1), text: ""))

    /// Now; spelled out once in a second.
    static var now: String {
        let second = time(nil)
        return last.withLock { last in
            if last.second != second { last = (second, text(of: second)) }
            return last.text
        }
    }

    static func text(of second: time_t) -> String {
        var second = second
        var fields = tm()
        gmtime_r(&second, &fields)
        return String(unsafeUninitializedCapacity: 30) { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                strftime($0.baseAddress, $0.count, "%a, %d %b %Y %H:%M:%S GMT", &fields)
            }
        }
    }
}
