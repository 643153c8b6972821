import ArgumentParser
import Foundation

/// A settings file: one `name = value` on each line, where the names are those of the options. Empty lines, and those
/// that begin with #, say nothing. So little that it needs no library, and a name that is misspelt is refused.
enum SettingsFile {
    static func read(_ path: String) throws -> [Setting: String] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("cannot read the settings file \(path)", status: Failure.configuration).reported
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ValidationError("the settings file \(path) is not UTF-8")
        }
        return try parse(text, path: path)
    }

    /// - Parameter path: for what is said of mistakes.
    static func parse(_ text: String, path: String) throws -> [Setting: String] {
        var values: [Setting: String] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            // The line itself is not shown: there may be a password in it.
            let place = "\(path), line \(index + 1)"
            guard let equals = line.firstIndex(of: "=") else { throw ValidationError("\(place) is not NAME = VALUE") }
            let name = line[..<equals].trimmingCharacters(in: .whitespaces)
            let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            guard let setting = Setting(rawValue: name), setting.isForFile else {
                throw ValidationError("\(place): there is no setting of that name")
            }
            guard !value.isEmpty else { throw ValidationError("\(place): \(name) has no value") }
            guard values.updateValue(value, forKey: setting) == nil else {
                throw ValidationError("\(place): \(name) is set twice")
            }
        }
        return values
    }
}
