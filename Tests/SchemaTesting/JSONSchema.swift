package import Foundation

/// As much of JSON Schema 2020-12 as Protocol/cli.schema.json uses; what it does not know, it refuses.
package struct JSONSchema {
    private let root: [String: Any]

    package init(contentsOf url: URL) throws {
        guard let root = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] else {
            throw CocoaError(.coderReadCorrupt)
        }
        self.root = root
    }

    package var definitions: [String: Any] { root["$defs"] as? [String: Any] ?? [:] }

    /// The names under which `anyOf` at the top lists what the program prints.
    package var listed: [String] {
        (root["anyOf"] as? [[String: String]] ?? [])
            .compactMap { $0["$ref"].map { String($0.dropFirst("#/$defs/".count)) } }
    }

    /// What is wrong with a line of JSON as the definition `name` has it; empty when nothing is.
    /// - Parameter isClosed: whether a member that the schema does not describe is wrong, too.
    package func faults(in line: String, as name: String, isClosed: Bool = true) -> [String] {
        guard let value = try? JSONSerialization.jsonObject(with: Data(line.utf8)) else { return ["not JSON: \(line)"] }
        guard let schema = definitions[name] as? [String: Any] else { return ["no definition \(name)"] }
        return faults(value, schema, "$", isClosed)
    }

    private func faults(_ value: Any, _ schema: [String: Any], _ path: String, _ isClosed: Bool) -> [String] {
        schema.flatMap { keyword, rule -> [String] in
            switch (keyword, rule) {
            case ("description", _): return []
            case ("$ref", let reference as String):
                guard let target = definitions[String(reference.dropFirst("#/$defs/".count))] as? [String: Any] else {
                    return ["\(path): \(reference) leads nowhere"]
                }
                return faults(value, target, path, isClosed)
            case ("type", let type as String): return Self.isOf(type, value) ? [] : ["\(path): not of type \(type)"]
            case ("enum", let allowed as [String]):
                return allowed.contains(value as? String ?? "") ? [] : ["\(path): none of \(allowed)"]
            case ("const", let constant as String):
                return value as? String == constant ? [] : ["\(path): not \(constant)"]
            case ("pattern", let pattern as String):
                let text = value as? String ?? ""
                let matches = text.range(of: pattern, options: .regularExpression) != nil
                return matches ? [] : ["\(path): \(text) does not match \(pattern)"]
            case ("minLength", let least as Int):
                return (value as? String ?? "").count >= least ? [] : ["\(path): too short"]
            case ("minimum", let least as Int): return (value as? Int ?? .min) >= least ? [] : ["\(path): too small"]
            case ("minItems", let least as Int):
                return (value as? [Any] ?? []).count >= least ? [] : ["\(path): too few"]
            case ("items", let items as [String: Any]):
                return (value as? [Any] ?? []).enumerated().flatMap { faults($1, items, "\(path)[\($0)]", isClosed) }
            case ("required", let names as [String]):
                let object = value as? [String: Any] ?? [:]
                return names.filter { object[$0] == nil }.map { "\(path): \($0) is missing" }
            case ("properties", let properties as [String: Any]):
                return (value as? [String: Any] ?? [:])
                    .flatMap { name, member -> [String] in
                        guard let schema = properties[name] as? [String: Any] else {
                            return isClosed ? ["\(path): \(name) is not described"] : []
                        }
                        return faults(member, schema, "\(path).\(name)", isClosed)
                    }
            default: return ["\(path): the schema's \(keyword) is not known here"]
            }
        }
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        // Foundation reads booleans and numbers as NSNumber alike.
        let isBool = (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
        switch type {
        case "string": return value is String
        case "boolean": return isBool
        case "integer": return !isBool && value is Int
        case "array": return value is [Any]
        case "object": return value is [String: Any]
        default: return false
        }
    }
}
