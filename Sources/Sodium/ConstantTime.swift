internal import CSodium

/// Comparison that takes as long for the first differing byte as for the last.
public enum ConstantTime {
    /// Whether both have the same bytes, in a time that tells nothing about them but their lengths.
    public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && sodium_memcmp(a, b, a.count) == 0
    }
}
