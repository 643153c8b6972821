#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

enum SystemClock {
    /// By how many seconds a test lets it be later.
    @TaskLocal static var lead: UInt64 = 0

    static func secondsSince1970() -> UInt64 {
        UInt64(clamping: time(nil)) + lead
    }
}
