/// An element of an XML document, without what alerts have no use for: attributes, comments, processing instructions.
struct XMLElement: Equatable, Sendable {
    /// Without its prefix.
    let name: String
    let namespace: String
    var children: [XMLElement] = []
    /// All character data directly in it.
    var text = ""
}

/// Why bytes are not an XML document within our limits.
public enum XMLError: Error, Equatable, Sendable {
    case tooLong
    case tooDeep
    case notUTF8
    /// A document type declaration: what entities, and most attacks on parsers, begin with.
    case documentType
    /// An entity that XML does not have of itself.
    case entity
    /// On this line something else stands than XML allows.
    case syntax(line: Int)
}

/// Reads XML 1.0 with namespaces, as far as alerts use it: UTF-8, no document type, no entities but XML's own five, bounded
/// in size and depth. It is a reader of our own because refusing these takes a look at every mark of a document, and what
/// that look finds is the document: no parser in C needs to see what strangers write.
struct XMLReader {
    static let maximumLength = 1_000_000
    static let maximumDepth = 16

    private let bytes: [UInt8]
    private var position = 0

    static func read(_ bytes: [UInt8]) throws(XMLError) -> XMLElement {
        guard bytes.count <= maximumLength else { throw .tooLong }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        var reader = XMLReader(bytes: bytes)
        _ = reader.skip("\u{FEFF}")
        try reader.readDeclaration()
        try reader.skipMiscellaneous()
        let root = try reader.readElement(depth: 1, namespaces: ["xml": "http://www.w3.org/XML/1998/namespace"])
        try reader.skipMiscellaneous()
        guard reader.position == bytes.count else { throw reader.wrong }
        return root
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var wrong: XMLError {
        .syntax(line: 1 + bytes[..<min(position, bytes.count)].count { $0 == UInt8(ascii: "\n") })
    }

    // MARK: Between elements

    private mutating func readDeclaration() throws(XMLError) {
        guard bytes[position...].starts(with: "<?xml".utf8), isSpace(at: position + 5) else { return }
        let declaration = try readUntil("?>")
        // UTF-8 is the one encoding that is read; ASCII is a part of it.
        guard let name = declaration.lowercased().split(separator: "encoding").dropFirst().first else { return }
        let encoding = name.drop { " \t\r\n=\"'".contains($0) }.prefix { !"\"'".contains($0) }
        guard ["utf-8", "utf8", "us-ascii", "ascii"].contains(encoding) else { throw .notUTF8 }
    }

    /// White space, comments and processing instructions.
    private mutating func skipMiscellaneous() throws(XMLError) {
        while true {
            skipSpace()
            if try skipComment() { continue }
            guard try skipInstruction() else { break }
        }
        if bytes[position...].starts(with: "<!DOCTYPE".utf8) { throw .documentType }
    }

    private mutating func skipComment() throws(XMLError) -> Bool {
        guard skip("<!--") else { return false }
        _ = try readUntil("--")
        guard skip(">") else { throw wrong }
        return true
    }

    private mutating func skipInstruction() throws(XMLError) -> Bool {
        guard skip("<?") else { return false }
        _ = try readUntil("?>")
        return true
    }

    // MARK: Elements

    /// - Parameter namespaces: by prefix; the empty prefix is the default one.
    private mutating func readElement(depth: Int, namespaces: [String: String]) throws(XMLError) -> XMLElement {
        guard depth <= Self.maximumDepth else { throw .tooDeep }
        guard skip("<") else { throw wrong }
        let tag = try readName()
        var namespaces = namespaces
        let isEmpty = try readAttributes(&namespaces)
        let (prefix, name) = Self.split(tag)
        guard let namespace = namespaces[prefix] ?? (prefix.isEmpty ? "" : nil) else { throw wrong }
        var element = XMLElement(name: name, namespace: namespace)
        if !isEmpty { try readContents(of: &element, tag: tag, depth: depth, namespaces: namespaces) }
        return element
    }

    /// - Returns: whether the element ends with its tag.
    private mutating func readAttributes(_ namespaces: inout [String: String]) throws(XMLError) -> Bool {
        var names: Set<String> = []
        while true {
            let start = position
            skipSpace()
            if skip("/>") { return true }
            if skip(">") { return false }
            guard position > start else { throw wrong }
            let name = try readName()
            skipSpace()
            guard skip("=") else { throw wrong }
            skipSpace()
            let value = try readQuoted()
            guard names.insert(name).inserted else { throw wrong }
            if name == "xmlns" { namespaces[""] = value }
            if name.hasPrefix("xmlns:") { namespaces[String(name.dropFirst(6))] = value }
        }
    }

    private mutating func readQuoted() throws(XMLError) -> String {
        guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw wrong }
        position += 1
        var value: [UInt8] = []
        while let byte = next, byte != quote {
            guard byte != UInt8(ascii: "<") else { throw wrong }
            value += try readCharacterData()
        }
        guard next == quote else { throw wrong }
        position += 1
        return String(decoding: value, as: UTF8.self)
    }

    private mutating func readContents(
        of element: inout XMLElement,
        tag: String,
        depth: Int,
        namespaces: [String: String]
    ) throws(XMLError) {
        var text: [UInt8] = []
        while next != nil {
            if skip("</") {
                guard try readName() == tag else { throw wrong }
                skipSpace()
                guard skip(">") else { throw wrong }
                element.text = String(decoding: text, as: UTF8.self)
                return
            }
            if try skipComment() { continue }
            if try skipInstruction() { continue }
            if skip("<![CDATA[") {
                text += Array(try readUntil("]]>").utf8)
            } else if bytes[position...].starts(with: "<!".utf8) {
                throw .documentType
            } else if next == UInt8(ascii: "<") {
                element.children.append(try readElement(depth: depth + 1, namespaces: namespaces))
            } else {
                text += try readCharacterData()
            }
        }
        throw wrong
    }

    /// One byte of text, or what a reference stands for.
    private mutating func readCharacterData() throws(XMLError) -> [UInt8] {
        guard let byte = next else { throw wrong }
        guard byte == UInt8(ascii: "&") else {
            guard byte >= 0x20 || [0x09, 0x0a, 0x0d].contains(byte) else { throw wrong }
            position += 1
            return [byte]
        }
        for (reference, character) in Self.entities where skip(reference) { return [character] }
        guard skip("&#") else { throw .entity }
        let isHexadecimal = skip("x")
        let digits = try readUntil(";")
        guard let value = UInt32(digits, radix: isHexadecimal ? 16 : 10), digits.first != "+",
            let scalar = Unicode.Scalar(value), Self.isCharacter(scalar)
        else { throw wrong }
        return Array(String(Character(scalar)).utf8)
    }

    private static let entities: [(String, UInt8)] = [
        ("&amp;", UInt8(ascii: "&")), ("&lt;", UInt8(ascii: "<")), ("&gt;", UInt8(ascii: ">")),
        ("&quot;", UInt8(ascii: "\"")), ("&apos;", UInt8(ascii: "'")),
    ]

    /// XML 1.0, section 2.2.
    static func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a, 0x0d, 0x20...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff: true
        default: false
        }
    }

    // MARK: Marks

    private static func split(_ tag: String) -> (prefix: String, name: String) {
        guard let colon = tag.firstIndex(of: ":") else { return ("", tag) }
        return (String(tag[..<colon]), String(tag[tag.index(after: colon)...]))
    }

    private mutating func readName() throws(XMLError) -> String {
        let start = position
        while let byte = next, byte > 0x20, !Self.delimiters.contains(byte) { position += 1 }
        guard position > start else { throw wrong }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static let delimiters = Array("<>&/='\"!?;,".utf8)

    /// What stands before a mark, which is skipped too.
    private mutating func readUntil(_ mark: String) throws(XMLError) -> String {
        let start = position
        while position < bytes.count {
            let end = position
            if skip(mark) { return String(decoding: bytes[start..<end], as: UTF8.self) }
            position += 1
        }
        throw wrong
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func isSpace(at index: Int) -> Bool {
        index < bytes.count && [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index])
    }

    private mutating func skipSpace() {
        while isSpace(at: position) { position += 1 }
    }

    private mutating func skip(_ mark: String) -> Bool {
        guard bytes[position...].starts(with: mark.utf8) else { return false }
        position += mark.utf8.count
        return true
    }
}
