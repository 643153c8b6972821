internal import Coalition

/// Why `alert import` does not take a document: for scripts a code, for people a sentence.
enum DocumentRefusal: Error, Equatable, Record {
    case document(AlertDocumentError)
    /// An acknowledgement or an error of CAP's is nothing to send on.
    case messageType(Alert.MessageType)

    var json: JSONObject {
        var object = JSONObject()
        object.add("refused", code)
        switch self {
        case .document(.xml(.syntax(let line))): object.add("line", line)
        case .document(.alert(let error)): object.add("element", error.element)
        case .document, .messageType: break
        }
        return object
    }

    /// The same in every language, for good.
    private var code: String {
        switch self {
        case .document(.xml(.tooLong)): "too-long"
        case .document(.xml(.tooDeep)): "too-deep"
        case .document(.xml(.notUTF8)): "not-utf-8"
        case .document(.xml(.documentType)): "document-type"
        case .document(.xml(.entity)): "entity"
        case .document(.xml(.syntax)): "syntax"
        case .document(.notAnAlert): "not-an-alert"
        case .document(.alert(let error)):
            switch error.problem {
            case .missing: "element-missing"
            case .malformed: "element-malformed"
            case .tooLong: "element-too-long"
            case .tooMany: "element-too-many"
            case .repeated: "element-repeated"
            }
        case .messageType: "message-type"
        }
    }

    func lines(_ layout: Layout) -> [String] { layout.wrapped(failure.lines) }

    var failure: Failure {
        var values: [String: String] = [:]
        switch self {
        case .document(.xml(.syntax(let line))): values["line"] = "\(line)"
        case .document(.alert(let error)): values["element"] = error.element
        case .messageType(let type): values["type"] = type.rawValue
        case .document: break
        }
        return Failure(.badInput, phrase, values, advice: .badDocumentAdvice)
    }

    private var phrase: Phrase {
        switch self {
        case .document(.xml(.tooLong)): .refusedTooLong
        case .document(.xml(.tooDeep)): .refusedTooDeep
        case .document(.xml(.notUTF8)): .refusedNotUTF8
        case .document(.xml(.documentType)): .refusedDocumentType
        case .document(.xml(.entity)): .refusedEntity
        case .document(.xml(.syntax)): .refusedSyntax
        case .document(.notAnAlert): .refusedNotAnAlert
        case .document(.alert(let error)):
            switch error.problem {
            case .missing: .refusedElementMissing
            case .malformed: .refusedElementMalformed
            case .tooLong: .refusedElementTooLong
            case .tooMany: .refusedElementTooMany
            case .repeated: .refusedElementRepeated
            }
        case .messageType: .refusedMessageType
        }
    }
}
