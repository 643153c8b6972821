/// An alert before it is sent: everything but who says so and when, which the member's device adds.
public struct AlertDraft: Sendable {
    /// With the element names of CAP.
    public private(set) var object: JSONObject

    /// What the device fills in.
    private static let head = ["identifier", "sender", "sent", "msgType", "references", "note"]

    public init() { object = JSONObject() }

    /// What an alert says, to be changed.
    public init(updating alert: Alert) {
        object = alert.object
        for name in Self.head { object.remove(name) }
    }

    /// What is left of an alert when it is cancelled: for whom it was, and whether it was real.
    public init(cancelling alert: Alert) {
        self.init(updating: alert)
        object.remove("info")
    }

    public mutating func set(_ element: String, to text: String) { object.set(element, to: .string(text)) }

    public var infos: [JSONObject] {
        get { (object["info"]?.array ?? []).compactMap(\.object) }
        set { object.set("info", to: .array(newValue.map { .object($0) })) }
    }

    /// The label, and the scope that CAP asks for with it.
    public mutating func restrict(to label: TLPLabel) {
        set("scope", to: (label == .clear ? Alert.Scope.public : .restricted).rawValue)
        set("restriction", to: label.rawValue)
    }

    /// The alert.
    /// - Throws: what is missing in it, or wrong.
    public func alert(
        _ type: Alert.MessageType,
        id: MessageID,
        from sender: UserAddress,
        at time: Time,
        references: [Alert.Reference] = [],
        note: String? = nil
    ) throws(AlertError) -> Alert {
        var head = JSONObject()
        head.set("identifier", to: .string(id.description))
        head.set("sender", to: .string(sender.description))
        head.set("sent", to: .string(AlertTime(time).description))
        head.set("msgType", to: .string(type.rawValue))
        if let note { head.set("note", to: .string(note)) }
        if !references.isEmpty {
            head.set("references", to: .string(references.map(\.description).joined(separator: " ")))
        }
        for member in object.members { head.set(member.name, to: member.value) }
        return try Alert(head.ordered(as: AlertElement.alert))
    }
}

extension JSONObject {
    /// In the order of the schema, at every depth; what the schema does not have stands last.
    func ordered(as elements: [AlertElement]) -> JSONObject {
        var ordered = JSONObject()
        for element in elements {
            guard let value = self[element.name] else { continue }
            ordered.set(element.name, to: value.ordered(as: element.form))
        }
        for member in members where ordered[member.name] == nil { ordered.set(member.name, to: member.value) }
        return ordered
    }
}

extension JSONValue {
    fileprivate func ordered(as form: AlertElement.Form) -> JSONValue {
        guard case .group(let elements) = form else { return self }
        switch self {
        case .object(let object): return .object(object.ordered(as: elements))
        case .array(let values): return .array(values.map { $0.ordered(as: form) })
        default: return self
        }
    }
}
