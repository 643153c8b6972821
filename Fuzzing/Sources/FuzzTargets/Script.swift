/// An input read as choices: what to do next, with which of the things at hand, and how to spoil it.
///
/// Any bytes are a script, and one that has ended chooses the first of everything, which spoils nothing. So every
/// change that the fuzzer makes is a change of what happens, and happens behind signature, tag and encryption.
struct Script {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func byte() -> UInt8 {
        guard !isAtEnd else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    /// One of `count` numbers.
    mutating func choice(of count: Int) -> Int { Int(byte()) % count }

    mutating func choice<Item>(of items: [Item]) -> Item { items[choice(of: items.count)] }

    /// Whether something happens that mostly should not.
    mutating func seldom() -> Bool { byte() & 7 == 7 }

    /// At most `limit` bytes, as they stand.
    mutating func bytes(atMost limit: Int) -> [UInt8] {
        let count = min(choice(of: limit + 1), bytes.count - position)
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    /// Whatever is left.
    mutating func rest() -> [UInt8] {
        defer { position = bytes.count }
        return Array(bytes[min(position, bytes.count)...])
    }

    /// Does nothing, one or two of the things that `body` does.
    mutating func spoiling(_ body: (inout Script) -> Void) {
        for _ in 0..<choice(of: 3) { body(&self) }
    }
}

extension Array {
    /// Takes an element out, doubles it, or moves it to the end.
    mutating func spoil(_ script: inout Script) {
        guard !isEmpty else { return }
        let index = script.choice(of: count)
        switch script.choice(of: 3) {
        case 0: remove(at: index)
        case 1: append(self[index])
        default: append(remove(at: index))
        }
    }
}

extension Array where Element == UInt8 {
    /// Changes one bit, or the length.
    mutating func spoil(_ script: inout Script) {
        switch script.choice(of: 4) {
        case 0 where !isEmpty: self[script.choice(of: Swift.min(count, 256))] ^= 1 << script.choice(of: 8)
        case 1: self = Array(dropLast())
        case 2: append(script.byte())
        default: self = script.bytes(atMost: 40)
        }
    }
}
