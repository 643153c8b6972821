/// An alert in the terms of the Common Alerting Protocol 1.2 (OASIS), checked: every value of this type has what CAP and
/// Protocol/content.md ask for.
public struct Alert: Equatable, Sendable {
    public enum Status: String, Sendable, CaseIterable {
        case actual = "Actual"
        case exercise = "Exercise"
        case system = "System"
        case test = "Test"
        case draft = "Draft"
    }

    public enum MessageType: String, Sendable, CaseIterable {
        case alert = "Alert"
        case update = "Update"
        case cancel = "Cancel"
        case acknowledgement = "Ack"
        case error = "Error"
    }

    public enum Scope: String, Sendable, CaseIterable {
        case `public` = "Public"
        case restricted = "Restricted"
        case `private` = "Private"
    }

    /// `sender,identifier,sent`: how an alert names another one to the world outside the coalition.
    public struct Reference: Hashable, Sendable, CustomStringConvertible {
        public let sender: String
        public let identifier: String
        public let sent: AlertTime

        /// - Parameter text: three parts between two commas.
        init?(_ text: String) {
            let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
            guard parts.count == 3, Self.isPart(parts[0]), Self.isPart(parts[1]), let sent = AlertTime(parts[2]) else {
                return nil
            }
            self.init(sender: parts[0], identifier: parts[1], sent: sent)
        }

        init(sender: String, identifier: String, sent: AlertTime) {
            self.sender = sender
            self.identifier = identifier
            self.sent = sent
        }

        public var description: String { "\(sender),\(identifier),\(sent)" }

        static func isPart(_ text: String) -> Bool {
            !text.isEmpty
                && text.unicodeScalars.allSatisfy { scalar in
                    !scalar.properties.isWhitespace && !["<", "&", ","].contains(scalar)
                }
        }
    }

    /// Everything, as it is sent (Protocol/content.md, "Alerts").
    public let object: JSONObject
    public let identifier: String
    /// As the document has it: who says so is the sender of the message that carries it.
    public let sender: String
    public let sent: AlertTime
    public let status: Status
    public let messageType: MessageType
    public let scope: Scope
    public let restriction: String?
    public let note: String?
    public let references: [Reference]
    /// One for each language, or part of the event.
    public let infos: [Info]

    /// - Throws: which element is not what it must be.
    public init(_ object: JSONObject) throws(AlertError) {
        try AlertCheck().check(object, AlertElement.alert)
        self.object = object
        identifier = object["identifier"]?.string ?? ""
        sender = object["sender"]?.string ?? ""
        sent = try Self.required("sent", object["sent"]?.string.flatMap { AlertTime($0) })
        status = try Self.required("status", object["status"]?.string.flatMap(Status.init(rawValue:)))
        messageType = try Self.required("msgType", object["msgType"]?.string.flatMap(MessageType.init(rawValue:)))
        scope = try Self.required("scope", object["scope"]?.string.flatMap(Scope.init(rawValue:)))
        restriction = object["restriction"]?.string
        note = object["note"]?.string
        references = try Self.references(in: object)
        var infos: [Info] = []
        for (index, info) in (object["info"]?.array ?? []).enumerated() {
            infos.append(try Info(info.object ?? JSONObject(), at: "info[\(index)]."))
        }
        self.infos = infos
        try checkTogether()
    }

    /// What an element must be in view of another one.
    private func checkTogether() throws(AlertError) {
        switch messageType {
        case .alert, .update: if infos.isEmpty { throw AlertError(element: "info", problem: .missing) }
        case .cancel, .acknowledgement, .error: break
        }
        if messageType != .alert, references.isEmpty { throw AlertError(element: "references", problem: .missing) }
        if scope == .restricted, restriction == nil { throw AlertError(element: "restriction", problem: .missing) }
        if scope == .private, object["addresses"] == nil { throw AlertError(element: "addresses", problem: .missing) }
    }

    private static func references(in object: JSONObject) throws(AlertError) -> [Reference] {
        let texts = (object["references"]?.string ?? "").split { $0.isWhitespace }
        let references = texts.compactMap { Reference(String($0)) }
        guard references.count == texts.count else { throw AlertError(element: "references", problem: .malformed) }
        guard references.count <= AlertElement.maximumCount else {
            throw AlertError(element: "references", problem: .tooMany)
        }
        return references
    }

    /// What the table has let through exists.
    static func required<Value>(_ element: String, _ value: Value?) throws(AlertError) -> Value {
        guard let value else { throw AlertError(element: element, problem: .malformed) }
        return value
    }

    /// How others name it.
    public var reference: Reference { Reference(sender: sender, identifier: identifier, sent: sent) }

    public var label: TLPLabel? { restriction.flatMap(TLPLabel.init(rawValue:)) }

    /// When the last of its parts expires; nil when one of them never does.
    public var expires: Time? {
        let times = infos.compactMap(\.expires)
        return times.count == infos.count ? times.max()?.time : nil
    }

    /// The part to show to somebody who reads this language: theirs if there is one, else the first.
    /// - Parameter language: `ar`, `en`.
    public func info(for language: String) -> Info? {
        infos.first { $0.language.lowercased().split(separator: "-").first ?? "" == language } ?? infos.first
    }
}

/// How far an alert may be passed on: the Traffic Light Protocol 2.0 (FIRST), as `restriction` carries it.
public enum TLPLabel: String, Sendable, CaseIterable {
    case clear = "TLP:CLEAR"
    case green = "TLP:GREEN"
    case amber = "TLP:AMBER"
    case amberStrict = "TLP:AMBER+STRICT"
    case red = "TLP:RED"
}
