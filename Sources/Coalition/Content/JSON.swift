/// A JSON value (RFC 8259), kept closely enough to be written again with nothing lost but white space.
public indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// As it was written: what a number is precise enough for, its reader decides.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    public var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }
}

/// A JSON object: members in the order in which they were written, no two of one name.
public struct JSONObject: Equatable, Sendable {
    public struct Member: Equatable, Sendable {
        public let name: String
        public let value: JSONValue
    }

    public private(set) var members: [Member] = []

    public init() {}

    public subscript(name: String) -> JSONValue? {
        members.first { $0.name == name }?.value
    }

    /// Adds a member, or replaces the one of that name.
    public mutating func set(_ name: String, to value: JSONValue) {
        let member = Member(name: name, value: value)
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index] = member
        } else {
            members.append(member)
        }
    }

    public mutating func remove(_ name: String) {
        members.removeAll { $0.name == name }
    }

    /// - Parameter members: no two of one name.
    init(members: [Member]) {
        self.members = members
    }
}

/// Why a text is not JSON within our limits.
public enum JSONError: Error, Equatable, Sendable {
    case tooLong
    case tooDeep
    case notUTF8
    case duplicateName(String)
    /// At this byte something else stands than JSON allows.
    case syntax(at: Int)
}

/// Writes JSON without white space.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .number(let digits): append(digits)
        case .string(let string): write(string)
        case .array(let values):
            append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { append(",") }
                write(value)
            }
            append("]")
        case .object(let object):
            append("{")
            for (index, member) in object.members.enumerated() {
                if index > 0 { append(",") }
                write(member.name)
                append(":")
                write(member.value)
            }
            append("}")
        }
    }

    private mutating func write(_ string: String) {
        append("\"")
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0..<0x20: append("\\u00" + Hexadecimal.encode([byte]))
            default: bytes.append(byte)
            }
        }
        append("\"")
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
