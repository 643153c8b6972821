/// The parser writes headings and sentences of its own in English: here they are given in the user's language. Placeholders
/// such as `<dir>` stay as they are: they belong to a command line, which is written from left to right.
enum HelpText {
    static func localized(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { localized(line: $0) }
            .joined(separator: "\n")
    }

    private static func localized(line: Substring) -> String {
        // What follows has words of its own.
        if line.hasPrefix("Error: ") { return localized(line: line.dropFirst("Error: ".count)) }
        guard Speech.language != .english else { return String(line) }
        for (heading, phrase) in headings where line.hasPrefix(heading) {
            return Speech.text(phrase) + ":" + notes(String(line.dropFirst(heading.count)))
        }
        let margin = line.prefix { $0 == " " }
        for phrase in sentences {
            let english = Speech.english(phrase)
            if line.hasSuffix(english) { return line.dropLast(english.count) + Speech.text(phrase) }
            if let values = values(in: line.dropFirst(margin.count), of: english) {
                return margin + Speech.text(phrase, values)
            }
        }
        return notes(String(line))
    }

    /// What the parser adds to an option's help, and how it joins a list.
    private static func notes(_ line: String) -> String {
        [Phrase.parserValues, .parserDefault, .parserDefaultAfterValues, .helpVersion, .helpHelp]
            .reduce(line) { line, phrase in
                line.replacing(Speech.english(phrase), with: Speech.text(phrase))
            }
    }

    /// The values with which a template gives this line; nil when none do.
    private static func values(in line: Substring, of template: String) -> [String: String]? {
        var values: [String: String] = [:]
        var rest = line
        var parts = template.split(separator: "{", omittingEmptySubsequences: false)[...]
        guard let start = parts.popFirst(), !parts.isEmpty, rest.hasPrefix(start) else { return nil }
        rest = rest.dropFirst(start.count)
        while let part = parts.popFirst() {
            let pieces = part.split(separator: "}", maxSplits: 1, omittingEmptySubsequences: false)
            guard pieces.count == 2 else { return nil }
            let after = pieces[1]
            let end: Substring.Index
            if parts.isEmpty {
                guard rest.hasSuffix(after) else { return nil }
                end = rest.index(rest.endIndex, offsetBy: -after.count)
            } else {
                guard let found = rest.firstRange(of: after) else { return nil }
                end = found.lowerBound
            }
            values[String(pieces[0])] = list(String(rest[..<end]))
            rest = rest[rest.index(end, offsetBy: after.count)...]
        }
        return values
    }

    private static func list(_ values: String) -> String {
        [Phrase.parserOr, .parserAnd]
            .reduce(values) { values, phrase in
                values.replacing(Speech.english(phrase), with: Speech.text(phrase))
            }
    }

    private static let headings: [(String, Phrase)] = [
        ("OVERVIEW:", .headingOverview), ("USAGE:", .headingUsage), ("Usage:", .headingUsage),
        ("ARGUMENTS:", .headingArguments), ("OPTIONS:", .headingOptions), ("SUBCOMMANDS:", .headingSubcommands),
        ("Help:", .headingHelp),
    ]

    /// Of two that fit, the longer stands first.
    static let sentences: [Phrase] = [
        .helpMore, .helpMoreInformation, .parserDidYouMean, .parserUnknownOption,
        .parserInvalidOption, .parserMissingValue, .parserUnexpectedArguments, .parserUnexpectedArgument,
        .parserMissingArgument, .parserMissingOneOf, .parserMissingCommand, .parserOneOfThese, .parserOneOf,
        .parserInvalidValue, .parserTakesNoValue, .parserSetTwice,
    ]
}
