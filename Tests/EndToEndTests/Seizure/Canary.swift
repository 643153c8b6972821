import Foundation

/// A word that stands nowhere but in what members say and are called, and every form in which it could have been kept.
struct Canary {
    private let forms: [Data]

    init(_ word: String) {
        let plain = Data(word.utf8)
        let hex = plain.map { String(format: "%02x", $0) }.joined()
        forms =
            [word, word.lowercased(), word.uppercased(), hex, hex.uppercased()].map { Data($0.utf8) }
            + [String.Encoding.utf16LittleEndian, .utf16BigEndian].compactMap { word.data(using: $0) }
            + (0..<3).flatMap { Self.base64(plain, offset: $0) }
    }

    /// What stays the same of its base64 when it begins `offset` bytes into a group of three: the characters that carry
    /// bits of it alone. In both alphabets.
    private static func base64(_ plain: Data, offset: Int) -> [Data] {
        let text = (Data(count: offset) + plain).base64EncodedString().filter { $0 != "=" }
        let first = (offset * 8 + 5) / 6
        let last = (offset + plain.count) * 8 / 6
        let inner = String(text.prefix(last).dropFirst(first))
        let forURLs = inner.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        return [Data(inner.utf8), Data(forURLs.utf8)]
    }

    func isFound(in data: Data) -> Bool {
        forms.contains { Self.contains(data, $0) }
    }

    private static func contains(_ data: Data, _ form: Data) -> Bool {
        data.withUnsafeBytes { bytes in
            form.withUnsafeBytes { wanted in
                // Files and memory are full of zeros and small numbers: the greatest byte is the one to look for.
                guard let base = bytes.baseAddress, let start = wanted.baseAddress, bytes.count >= wanted.count,
                    let rare = wanted.indices.max(by: { wanted[$0] < wanted[$1] })
                else { return false }
                var offset = rare
                let end = bytes.count - wanted.count + rare + 1
                while offset < end, let hit = memchr(base + offset, Int32(wanted[rare]), end - offset) {
                    let place = UnsafeRawPointer(hit) - rare
                    if memcmp(place, start, wanted.count) == 0 { return true }
                    offset = place - base + rare + 1
                }
                return false
            }
        }
    }
}
