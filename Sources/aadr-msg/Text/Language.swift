internal import MemberClient

/// The languages that the program speaks to people in. What programs read never changes with it.
enum Language: String, CaseIterable, Sendable {
    case english = "en"
    case arabic = "ar"

    /// `--lang` wherever it stands, else the locale's messages: Arabic if it begins with `ar`, English otherwise.
    ///
    /// It is looked up before the command line is parsed, because parsing already has something to say: help, and
    /// what is wrong with the command line.
    init(arguments: some Sequence<String>, environment: Environment) {
        if let asked = Self.option(in: arguments) {
            self = asked
            return
        }
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first ?? ""
        self = locale.hasPrefix("ar") ? .arabic : .english
    }

    private static func option(in arguments: some Sequence<String>) -> Language? {
        var isValue = false
        var chosen: Language?
        var previous = ""
        for argument in arguments {
            // From here on it is the language of what is sent.
            if previous == "alert", argument == "send" || argument == "update" { break }
            defer { previous = argument }
            if isValue {
                chosen = Language(rawValue: argument) ?? chosen
                isValue = false
            } else if argument == "--" {
                break
            } else if argument == "--lang" {
                isValue = true
            } else if argument.hasPrefix("--lang=") {
                chosen = Language(rawValue: String(argument.dropFirst("--lang=".count))) ?? chosen
            }
        }
        return chosen
    }
}

/// What the program says to people, in their language.
enum Speech {
    /// Of this process; tests choose their own.
    @TaskLocal static var language = Language(arguments: CommandLine.arguments.dropFirst(), environment: .process)

    /// A phrase of the catalogue with its `{placeholders}` filled in.
    ///
    /// Values come from elsewhere: names, paths, what a relay said. Each is made harmless and set apart from the
    /// sentence's own direction here, so that no caller can forget to.
    static func text(_ phrase: Phrase, _ values: [String: String] = [:]) -> String {
        let template =
            switch language {
            case .english: english(phrase)
            case .arabic: arabic(phrase)
            }
        return values.isEmpty ? template : fill(template, with: values)
    }

    /// Whom a message is for: `coalition`, as commands and scripts write it, has a word of its own.
    static func target(_ target: String) -> String {
        target == "coalition" ? text(.targetCoalition) : target
    }

    /// What the engine says, in English or as the table of its sentences has it.
    static func text(_ sentence: Sentence) -> String {
        guard language == .arabic, let words = arabicSentences[sentence.words] else {
            return SafeText.inline(sentence.description)
        }
        return sentence.filled(words, with: sentence.values.map { text($0) })
    }

    /// Whether the engine's sentence has words in the user's language.
    static func knows(_ sentence: Sentence) -> Bool {
        language == .english || arabicSentences[sentence.words] != nil
    }

    private static func fill(_ template: String, with values: [String: String]) -> String {
        var result = ""
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let name = String(rest[rest.index(after: open)..<close])
            // A placeholder without a value stays visible: tests look for it.
            result += values[name].map { SafeText.inline($0) } ?? String(rest[open...close])
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
