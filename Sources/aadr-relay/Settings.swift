import ArgumentParser
import Foundation

/// What has been set: options come before environment variables, these before the settings file, and that before
/// defaults.
struct Settings {
    private let environment: [String: String]
    private let file: [Setting: String]

    init(environment: [String: String], file: [Setting: String] = [:]) {
        self.environment = environment
        self.file = file
    }

    /// - Parameter option: as given on the command line, if it was.
    func value(_ setting: Setting, option: String? = nil) -> String? {
        if let option { return option }
        if let value = environment[setting.variable], !value.isEmpty { return value }
        return file[setting]
    }

    /// Environment variables that look like settings and are none: misspelt, or somebody else's (an orchestrator's that
    /// names services in this way). Their names alone, sorted.
    var strayVariables: [String] {
        let known = Set(Setting.allCases.map(\.variable))
        return environment.keys.filter { $0.hasPrefix(Setting.variablePrefix) && !known.contains($0) }.sorted()
    }

    func flag(_ setting: Setting, option: Bool) throws -> Bool {
        if option { return true }
        switch value(setting)?.lowercased() {
        case nil, "0", "false", "no": return false
        case "1", "true", "yes": return true
        case let other?: throw ValidationError("\(setting.rawValue) is \(other): give 1 or 0")
        }
    }

    /// A whole number within a range.
    func number<Number: FixedWidthInteger>(
        _ setting: Setting,
        option: String?,
        default number: Number,
        in range: ClosedRange<Number>
    ) throws -> Number {
        guard let text = value(setting, option: option) else { return number }
        guard let number = Number(text), range.contains(number) else {
            throw ValidationError(
                "\(setting.rawValue) is \(text): give a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }
}

/// The options that every command has.
struct CommonOptions: ParsableArguments {
    @Option(name: .customLong("data"), help: ArgumentHelp("The relay's data directory.", valueName: "DIR"))
    var directory: String?

    @Option(help: ArgumentHelp("A file of settings, one NAME = VALUE on each line.", valueName: "FILE"))
    var config: String?

    /// What is set beside the command's own options.
    var settings: Settings {
        get throws {
            let environment = ProcessInfo.processInfo.environment
            guard let path = Settings(environment: environment).value(.config, option: config) else {
                return Settings(environment: environment)
            }
            return Settings(environment: environment, file: try SettingsFile.read(path))
        }
    }

    func path(_ settings: Settings) throws -> String {
        guard let path = settings.value(.data, option: directory) else {
            throw ValidationError("name the data directory: --data DIR, or AADR_RELAY_DATA")
        }
        return path
    }
}
