/// The elements of an alert, with the names, the order and the counts that the Common Alerting Protocol 1.2 gives them
/// (OASIS, section 3.2 and the schema in section 3.4). One table serves the check of what is sent and received, and XML in
/// both directions.
struct AlertElement: Sendable {
    enum Form: Sendable {
        case text
        /// Without white space, comma, `<` and `&` (sections 3.2.1 and 3.3): it stands in other alerts' `references`.
        case reference
        case time
        /// RFC 3066.
        case language
        case oneOf([String])
        case group([AlertElement])
    }

    enum Count: Sendable {
        case one
        case optional
        case any
        case atLeastOne

        /// Whether it is an array in JSON.
        var isRepeated: Bool { self == .any || self == .atLeastOne }
        var isRequired: Bool { self == .one || self == .atLeastOne }
    }

    let name: String
    let form: Form
    let count: Count

    init(_ name: String, _ form: Form = .text, _ count: Count = .optional) {
        self.name = name
        self.form = form
        self.count = count
    }
}

extension AlertElement {
    static let namespace = "urn:oasis:names:tc:emergency:cap:1.2"
    /// How often a repeated element may stand.
    static let maximumCount = 256

    static let alert: [AlertElement] = [
        AlertElement("identifier", .reference, .one),
        AlertElement("sender", .reference, .one),
        AlertElement("sent", .time, .one),
        AlertElement("status", .oneOf(names(Alert.Status.self)), .one),
        AlertElement("msgType", .oneOf(names(Alert.MessageType.self)), .one),
        AlertElement("source"),
        AlertElement("scope", .oneOf(names(Alert.Scope.self)), .one),
        AlertElement("restriction"),
        AlertElement("addresses"),
        AlertElement("code", .text, .any),
        AlertElement("note"),
        AlertElement("references"),
        AlertElement("incidents"),
        AlertElement("info", .group(info), .any),
    ]

    private static let info: [AlertElement] = [
        AlertElement("language", .language),
        AlertElement("category", .oneOf(names(Alert.Category.self)), .atLeastOne),
        AlertElement("event", .text, .one),
        AlertElement("responseType", .oneOf(names(Alert.ResponseType.self)), .any),
        AlertElement("urgency", .oneOf(names(Alert.Urgency.self)), .one),
        AlertElement("severity", .oneOf(names(Alert.Severity.self)), .one),
        AlertElement("certainty", .oneOf(names(Alert.Certainty.self)), .one),
        AlertElement("audience"),
        AlertElement("eventCode", .group(namedValue), .any),
        AlertElement("effective", .time),
        AlertElement("onset", .time),
        AlertElement("expires", .time),
        AlertElement("senderName"),
        AlertElement("headline"),
        AlertElement("description"),
        AlertElement("instruction"),
        AlertElement("web"),
        AlertElement("contact"),
        AlertElement("parameter", .group(namedValue), .any),
        AlertElement("resource", .group(resource), .any),
        AlertElement("area", .group(area), .any),
    ]

    private static let namedValue: [AlertElement] = [
        AlertElement("valueName", .text, .one),
        AlertElement("value", .text, .one),
    ]

    private static let resource: [AlertElement] = [
        AlertElement("resourceDesc", .text, .one),
        AlertElement("mimeType", .text, .one),
        AlertElement("size"),
        AlertElement("uri"),
        AlertElement("derefUri"),
        AlertElement("digest"),
    ]

    private static let area: [AlertElement] = [
        AlertElement("areaDesc", .text, .one),
        AlertElement("polygon", .text, .any),
        AlertElement("circle", .text, .any),
        AlertElement("geocode", .group(namedValue), .any),
        AlertElement("altitude"),
        AlertElement("ceiling"),
    ]

    private static func names<Value: RawRepresentable & CaseIterable>(_ type: Value.Type) -> [String]
    where Value.RawValue == String {
        type.allCases.map(\.rawValue)
    }
}

/// Why an object or a document is not an alert: which element, and what is wrong with it.
public struct AlertError: Error, Equatable, Sendable {
    public enum Problem: String, Equatable, Sendable, CaseIterable {
        case missing
        /// It is not of its form: a text, one of the words that CAP has for it, a time, a list.
        case malformed
        case tooLong
        case tooMany
        /// It stands more often than CAP lets it.
        case repeated
    }

    /// `info[1].severity`: array indices from 0.
    public let element: String
    public let problem: Problem
}
