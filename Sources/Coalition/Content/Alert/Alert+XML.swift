/// Alerts as CAP 1.2 documents (OASIS, section 3): what comes from other systems and goes to them.
extension Alert {
    /// Reads a document. Elements of other namespaces are passed over, a digital signature among them; white space around
    /// texts is dropped; times and words are taken in the forms that publishers write besides CAP's own.
    public init(xml: [UInt8]) throws(AlertDocumentError) {
        let root: XMLElement
        do {
            root = try XMLReader.read(xml)
        } catch {
            throw .xml(error)
        }
        guard root.name == "alert", root.namespace == AlertElement.namespace else { throw .notAnAlert }
        do throws(AlertError) {
            try self.init(Self.object(of: root, AlertElement.alert, at: ""))
        } catch {
            throw .alert(error)
        }
    }

    private static func object(
        of element: XMLElement,
        _ elements: [AlertElement],
        at path: String
    ) throws(AlertError) -> JSONObject {
        var object = JSONObject()
        for known in elements {
            let name = path + known.name
            let children = element.children.filter { $0.name == known.name && $0.namespace == element.namespace }
            var values: [JSONValue] = []
            for (index, child) in children.enumerated() {
                let place = known.count.isRepeated ? "\(name)[\(index)]." : name + "."
                if let value = try value(of: child, known.form, at: place) { values.append(value) }
            }
            if values.isEmpty { continue }
            guard known.count.isRepeated || values.count == 1 else {
                throw AlertError(element: name, problem: .repeated)
            }
            object.set(known.name, to: known.count.isRepeated ? .array(values) : values[0])
        }
        return object
    }

    /// Nil for an element that is empty.
    private static func value(
        of element: XMLElement,
        _ form: AlertElement.Form,
        at path: String
    ) throws(AlertError) -> JSONValue? {
        let text = element.text.trimmed
        switch form {
        case .group(let elements): return .object(try object(of: element, elements, at: path))
        case _ where text.isEmpty: return nil
        case .time: return .string(AlertTime(lenient: text)?.description ?? text)
        case .oneOf(let words):
            return .string(words.first { $0.lowercased() == text.lowercased() } ?? text)
        case .text, .reference, .language: return .string(text)
        }
    }

    /// The document, with the elements in the order of the schema.
    public var xml: [UInt8] {
        var writer = XMLWriter()
        writer.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        writer.write("<alert xmlns=\"\(AlertElement.namespace)\">\n")
        writer.write(object, AlertElement.alert, depth: 1)
        writer.write("</alert>\n")
        return writer.bytes
    }
}

/// Why a document is not an alert.
public enum AlertDocumentError: Error, Equatable, Sendable {
    case xml(XMLError)
    /// It is XML, and something else than a CAP 1.2 alert.
    case notAnAlert
    case alert(AlertError)
}

private struct XMLWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ text: String) { bytes += text.utf8 }

    mutating func write(_ object: JSONObject, _ elements: [AlertElement], depth: Int) {
        for element in elements {
            let values = object[element.name].map { $0.array ?? [$0] } ?? []
            for value in values { write(value, element, depth: depth) }
        }
    }

    private mutating func write(_ value: JSONValue, _ element: AlertElement, depth: Int) {
        let margin = String(repeating: "  ", count: depth)
        switch element.form {
        case .group(let elements):
            write("\(margin)<\(element.name)>\n")
            write(value.object ?? JSONObject(), elements, depth: depth + 1)
            write("\(margin)</\(element.name)>\n")
        case .text, .reference, .time, .language, .oneOf:
            write("\(margin)<\(element.name)>\(Self.escaped(value.string ?? ""))</\(element.name)>\n")
        }
    }

    /// What XML cannot hold (section 2.2) becomes U+FFFD; a carriage return, which a reader would take for a line feed,
    /// is written as a reference.
    private static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\r": escaped.append(contentsOf: "&#13;".unicodeScalars)
            default: escaped.append(XMLReader.isCharacter(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return String(escaped)
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        let scalars = unicodeScalars.drop { $0.properties.isWhitespace }
        let end = scalars.reversed().drop { $0.properties.isWhitespace }
        return String(String.UnicodeScalarView(end.reversed()))
    }
}
