internal import Coalition

/// What `--json` prints: JSON objects, their members in the order in which they were added.
extension JSONObject {
    /// Adds a member; one that is nil is left out.
    mutating func add(_ name: String, _ text: String?) {
        if let text { set(name, to: .string(text)) }
    }

    mutating func add(_ name: String, _ object: JSONObject?) {
        if let object { set(name, to: .object(object)) }
    }

    /// Adds an array; an empty one is left out.
    mutating func add(_ name: String, _ texts: [String]) {
        if !texts.isEmpty { set(name, to: .array(texts.map { .string($0) })) }
    }

    mutating func add(_ name: String, _ flag: Bool) { set(name, to: .bool(flag)) }
    mutating func add(_ name: String, _ number: some BinaryInteger) { set(name, to: .number("\(number)")) }
    mutating func add(_ name: String, time: UInt64) { add(name, Timestamp.rfc3339(time)) }
}

/// Writes JSON on one line, for scripts and terminals alike: what could move a cursor, turn text around or split a
/// line is escaped, and so still all there for the script that reads it.
enum JSONLine {
    static func text(_ object: JSONObject) -> String {
        var text = ""
        write(.object(object), to: &text)
        return text
    }

    private static func write(_ value: JSONValue, to text: inout String) {
        switch value {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let string): write(string, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                write(value, to: &text)
            }
            text += "]"
        case .object(let object):
            text += "{"
            for (index, member) in object.members.enumerated() {
                if index > 0 { text += "," }
                write(member.name, to: &text)
                text += ":"
                write(member.value, to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case _ where mustEscape(scalar): escape(scalar, to: &text)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: return false
        case 0x00...0x1F, 0x7F...0x9F: return true
        // Joiners, which words and emoji have within them.
        case 0x200C, 0x200D: return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar, to text: inout String) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            let digits = String(unit, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
    }
}
