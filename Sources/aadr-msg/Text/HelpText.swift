/// The parser writes headings and a few sentences of its own in English: here they are given in the user's language.
enum HelpText {
    static func localized(_ text: String) -> String {
        guard Speech.language != .english else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                for (heading, phrase) in headings where line.hasPrefix(heading) {
                    return Speech.text(phrase) + ":" + line.dropFirst(heading.count)
                }
                for phrase in sentences {
                    let english = Speech.english(phrase)
                    if line.hasSuffix(english) { return line.dropLast(english.count) + Speech.text(phrase) }
                }
                return String(line)
            }
            .joined(separator: "\n")
    }

    private static let headings: [(String, Phrase)] = [
        ("OVERVIEW:", .headingOverview), ("USAGE:", .headingUsage), ("Usage:", .headingUsage),
        ("ARGUMENTS:", .headingArguments), ("OPTIONS:", .headingOptions), ("SUBCOMMANDS:", .headingSubcommands),
    ]

    private static let sentences: [Phrase] = [.helpVersion, .helpHelp, .helpMore]
}
