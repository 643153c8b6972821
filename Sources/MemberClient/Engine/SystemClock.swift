#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

enum SystemClock {
    static func secondsSince1970() -> UInt64 {
        UInt64(clamping: time(nil))
    }
}
