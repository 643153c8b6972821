/// Reads one JSON value (RFC 8259) strictly: no duplicate names, no lone surrogates, bounded in size and depth. A
/// general parser would take the last of two members of one name, another one the first: two clients would show two
/// messages.
struct JSONReader {
    static let maximumLength = 1_000_000
    static let maximumDepth = 32

    private let bytes: [UInt8]
    private var position = 0

    static func read(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        guard bytes.count <= maximumLength else { throw .tooLong }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        var reader = JSONReader(bytes: bytes)
        reader.skipSpace()
        let value = try reader.readValue(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw .syntax(at: reader.position) }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Parameter depth: how many arrays and objects it stands in.
    private mutating func readValue(depth: Int) throws(JSONError) -> JSONValue {
        guard let first = next else { throw .syntax(at: position) }
        switch first {
        case UInt8(ascii: "{"): return .object(try readObject(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try readArray(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try readNumber())
        case UInt8(ascii: "t"):
            try expect("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try expect("false")
            return .bool(false)
        default:
            try expect("null")
            return .null
        }
    }

    private mutating func readObject(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= Self.maximumDepth else { throw .tooDeep }
        try expect("{")
        var members: [JSONObject.Member] = []
        // By code points, not by what Unicode holds equivalent: every reader must see the same duplicates.
        var names: Set<[UInt8]> = []
        skipSpace()
        if skip("}") { return JSONObject(members: members) }
        repeat {
            skipSpace()
            let name = try readString()
            guard names.insert(Array(name.utf8)).inserted else { throw .duplicateName(name) }
            skipSpace()
            try expect(":")
            skipSpace()
            members.append(JSONObject.Member(name: name, value: try readValue(depth: depth)))
            skipSpace()
        } while skip(",")
        try expect("}")
        return JSONObject(members: members)
    }

    private mutating func readArray(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= Self.maximumDepth else { throw .tooDeep }
        try expect("[")
        var values: [JSONValue] = []
        skipSpace()
        if skip("]") { return values }
        repeat {
            skipSpace()
            values.append(try readValue(depth: depth))
            skipSpace()
        } while skip(",")
        try expect("]")
        return values
    }

    // MARK: Strings

    private mutating func readString() throws(JSONError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = next, byte >= 0x20 {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: try readEscape())
            default: text.append(byte)
            }
        }
        throw .syntax(at: position)
    }

    /// The UTF-8 of what stands behind a backslash.
    private mutating func readEscape() throws(JSONError) -> [UInt8] {
        guard let character = next else { throw .syntax(at: position) }
        position += 1
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [character]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try readScalar())).utf8)
        default: throw .syntax(at: position - 1)
        }
    }

    /// Four hexadecimal digits, or a pair of surrogates written as two escapes.
    private mutating func readScalar() throws(JSONError) -> Unicode.Scalar {
        let start = position
        let first = try readCodeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xd800...0xdbff).contains(first), skip("\\u") else { throw .syntax(at: start) }
        let second = try readCodeUnit()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw .syntax(at: start) }
        return scalar
    }

    private mutating func readCodeUnit() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw .syntax(at: position)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    // MARK: Numbers and marks

    /// RFC 8259, section 6.
    private mutating func readNumber() throws(JSONError) -> String {
        let start = position
        _ = skip("-")
        if !skip("0") { try readDigits() }
        if skip(".") { try readDigits() }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            try readDigits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func readDigits() throws(JSONError) {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw .syntax(at: position) }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    private mutating func skip(_ mark: String) -> Bool {
        guard bytes[position...].starts(with: mark.utf8) else { return false }
        position += mark.utf8.count
        return true
    }

    private mutating func expect(_ mark: String) throws(JSONError) {
        guard skip(mark) else { throw .syntax(at: position) }
    }
}
