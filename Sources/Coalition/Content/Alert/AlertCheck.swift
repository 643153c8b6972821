/// Checks a JSON object against the table of elements. Members that the table does not have are let be.
struct AlertCheck {
    func check(_ object: JSONObject, _ elements: [AlertElement], at path: String = "") throws(AlertError) {
        for element in elements {
            let name = path + element.name
            guard let value = object[element.name] else {
                guard !element.count.isRequired else { throw AlertError(element: name, problem: .missing) }
                continue
            }
            guard element.count.isRepeated else {
                try check(value, element.form, at: name)
                continue
            }
            guard let values = value.array else { throw AlertError(element: name, problem: .malformed) }
            guard !values.isEmpty || !element.count.isRequired else {
                throw AlertError(element: name, problem: .missing)
            }
            guard values.count <= AlertElement.maximumCount else { throw AlertError(element: name, problem: .tooMany) }
            for (index, value) in values.enumerated() { try check(value, element.form, at: "\(name)[\(index)]") }
        }
    }

    private func check(_ value: JSONValue, _ form: AlertElement.Form, at name: String) throws(AlertError) {
        if case .group(let elements) = form {
            guard let object = value.object else { throw AlertError(element: name, problem: .malformed) }
            return try check(object, elements, at: name + ".")
        }
        guard let text = value.string else { throw AlertError(element: name, problem: .malformed) }
        guard text.unicodeScalars.count <= Content.maximumTextLength else {
            throw AlertError(element: name, problem: .tooLong)
        }
        guard isOf(form, text) else { throw AlertError(element: name, problem: .malformed) }
    }

    private func isOf(_ form: AlertElement.Form, _ text: String) -> Bool {
        switch form {
        case .text: true
        case .reference: Alert.Reference.isPart(text)
        case .time: AlertTime(text) != nil
        case .language:
            text.split(separator: "-", omittingEmptySubsequences: false)
                .allSatisfy { part in
                    (1...8).contains(part.utf8.count) && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
                }
        case .oneOf(let words): words.contains(text)
        case .group: false
        }
    }
}
