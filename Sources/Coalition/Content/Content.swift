internal import RelayAPI

/// What stands inside an application message (Protocol/content.md): one JSON object.
///
/// It keeps the whole object, so that members and kinds that this program does not know are neither lost nor changed.
public struct Content: Sendable {
    public static let version = 1
    /// In Unicode scalars.
    public static let maximumTextLength = 65_536
    public static let maximumReferenceCount = 256

    /// What kind of message it is, with what that kind has.
    public enum Kind: Equatable, Sendable {
        case text(String)
        /// With the element names of the Common Alerting Protocol 1.2.
        case alert(JSONObject)
        case acknowledgement(text: String?)
        case file(JSONObject)
        case receipt(ReceiptState)
        case cancel(text: String?)
        case heartbeat
        /// One that this program does not know.
        case unknown(String)
    }

    public enum ReceiptState: String, Sendable {
        case delivered
        case read
    }

    /// A message that another is about. Its sender is part of its name: anybody can send a message with an id that somebody
    /// else has drawn.
    public struct Reference: Hashable, Sendable {
        public let id: MessageID
        /// Nil where an earlier program wrote only the id.
        public let sender: DeviceHash?

        public init(_ id: MessageID, from sender: DeviceHash?) {
            self.id = id
            self.sender = sender
        }
    }

    public let id: MessageID
    public let kind: Kind
    /// The messages that it is about.
    public let references: [Reference]
    /// Everything, as it was read or is to be written.
    public let object: JSONObject

    /// A message to be sent.
    /// - Throws: when a text or a list of references is outside its bounds, or the whole is too long or nested too deep.
    public init(id: MessageID = .random(), _ kind: Kind, references: [Reference] = []) throws(ContentError) {
        var object = JSONObject()
        object.set("v", to: .number("\(Self.version)"))
        object.set("id", to: .string(id.description))
        object.set("kind", to: .string(kind.name))
        switch kind {
        case .text(let text): object.set("text", to: .string(text))
        case .acknowledgement(let text), .cancel(let text):
            if let text { object.set("text", to: .string(text)) }
        case .alert(let alert): object.set("alert", to: .object(alert))
        case .file(let file): object.set("file", to: .object(file))
        case .receipt(let state): object.set("state", to: .string(state.rawValue))
        case .heartbeat, .unknown: break
        }
        if !references.isEmpty {
            object.set("references", to: .array(references.map { .string($0.id.description) }))
            let senders = references.compactMap(\.sender)
            if senders.count == references.count {
                object.set("senders", to: .array(senders.map { .string(Hexadecimal.encode($0.bytes)) }))
            }
        }
        // One set of rules, the reader's: what is sent can be read.
        try self.init(json: Self.encode(object))
    }

    /// A message as it was received.
    public init(json: [UInt8]) throws(ContentError) {
        let object: JSONObject
        do throws(JSONError) {
            guard let value = try JSONReader.read(json).object else { throw .syntax(at: 0) }
            object = value
        } catch {
            throw .json(error)
        }
        guard case .number(let version) = object["v"] else { throw .member("v") }
        guard version == "\(Self.version)" else { throw .newerVersion }
        guard let id = object["id"]?.string.flatMap(MessageID.init(text:)) else { throw .member("id") }
        self.id = id
        kind = try Self.kind(of: object)
        references = try Self.references(in: object)
        if kind.needsReferences, references.isEmpty { throw .member("references") }
        self.object = object
    }

    /// As it is sent.
    public var json: [UInt8] { Self.encode(object) }

    private static func encode(_ object: JSONObject) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(.object(object))
        return writer.bytes
    }

    private static func kind(of object: JSONObject) throws(ContentError) -> Kind {
        guard let name = object["kind"]?.string else { throw .member("kind") }
        switch name {
        case "text":
            guard let text = try text(in: object) else { throw .member("text") }
            return .text(text)
        case "alert":
            guard let alert = object["alert"]?.object else { throw .member("alert") }
            return .alert(alert)
        case "acknowledgement": return .acknowledgement(text: try text(in: object))
        case "file":
            guard let file = object["file"]?.object else { throw .member("file") }
            return .file(file)
        case "receipt":
            guard let state = object["state"]?.string.flatMap(ReceiptState.init(rawValue:)) else {
                throw .member("state")
            }
            return .receipt(state)
        case "cancel": return .cancel(text: try text(in: object))
        case "heartbeat": return .heartbeat
        default: return .unknown(name)
        }
    }

    private static func text(in object: JSONObject) throws(ContentError) -> String? {
        guard let value = object["text"] else { return nil }
        guard let text = value.string, text.unicodeScalars.count <= maximumTextLength else { throw .member("text") }
        return text
    }

    private static func references(in object: JSONObject) throws(ContentError) -> [Reference] {
        guard let value = object["references"] else { return [] }
        guard let values = value.array, (1...maximumReferenceCount).contains(values.count) else {
            throw .member("references")
        }
        let ids = values.compactMap { $0.string.flatMap(MessageID.init(text:)) }
        guard ids.count == values.count else { throw .member("references") }
        guard let value = object["senders"] else { return ids.map { Reference($0, from: nil) } }
        let senders = (value.array ?? [])
            .compactMap { $0.string.flatMap(Hexadecimal.decode).flatMap { DeviceHash($0) } }
        guard senders.count == ids.count, value.array?.count == ids.count else { throw .member("senders") }
        return zip(ids, senders).map { Reference($0, from: $1) }
    }
}

extension Content.Kind {
    /// As it stands in the member `kind`.
    public var name: String {
        switch self {
        case .text: "text"
        case .alert: "alert"
        case .acknowledgement: "acknowledgement"
        case .file: "file"
        case .receipt: "receipt"
        case .cancel: "cancel"
        case .heartbeat: "heartbeat"
        case .unknown(let name): name
        }
    }

    fileprivate var needsReferences: Bool {
        switch self {
        case .acknowledgement, .receipt, .cancel: true
        case .text, .alert, .file, .heartbeat, .unknown: false
        }
    }
}

/// Why bytes are not a message's content.
public enum ContentError: Error, Equatable, Sendable {
    case json(JSONError)
    /// A newer program wrote it, and is needed to read it.
    case newerVersion
    /// The member of this name is missing, or not what it should be.
    case member(String)
}
