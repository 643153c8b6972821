/// Help as the parser wrote it, laid out for a terminal in the user's language: by display width, an option's help below its
/// name where two columns have no room, and a long command over several lines that can still be copied.
enum HelpPage {
    /// Columns to ask the parser for, so many that it breaks no line.
    static let unbroken = 1 << 20
    /// Columns where no terminal says how many there are.
    static let usual = 80

    /// Where the parser begins what it says of an option.
    private static let helpColumn = 26
    /// From how many columns on that stands beside the option.
    private static let roomForTwo = 64

    /// - Returns: nil for what is no page of help: a version, or what `--generate-completion-script` prints.
    static func lines(_ text: String, width: Int) -> [String]? {
        guard text.hasPrefix("OVERVIEW:") else { return nil }
        let layout = Layout(width: width, isStyled: false)
        var lines: [String] = []
        var isTable = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("USAGE:") {
                isTable = true
                lines += command(HelpText.localized(line), width, continuation: "")
            } else if isTable, let (name, help) = row(line) {
                lines += option(name, HelpText.localized(help), layout)
            } else if !isTable, line.hasPrefix("  ") {
                lines += command(line, width, continuation: " \\")
            } else {
                lines += layout.wrapped([HelpText.localized(line)])
            }
        }
        return lines
    }

    /// What the parser names, and what it says of it. Of one with a long name each has a line; both are rows of their own here.
    private static func row(_ line: String) -> (name: String, help: String)? {
        let name = line.prefix(helpColumn)
        guard line.hasPrefix("  "), name.count == helpColumn, name.last == " ", !line.hasPrefix("  See ") else {
            return nil
        }
        return (
            name.drop { $0 == " " }.split(separator: "  ").first.map(String.init) ?? "",
            String(line.dropFirst(helpColumn))
        )
    }

    private static func option(_ name: String, _ help: String, _ layout: Layout) -> [String] {
        guard let width = layout.width, width >= roomForTwo else {
            return (name.isEmpty ? [] : ["  " + name]) + layout.own(help, indent: 6, layout.plain)
        }
        let lines = layout.own(help, indent: helpColumn, layout.plain)
        guard let first = lines.first, !name.isEmpty else { return lines }
        let margin = "  " + name
        return [margin + first.dropFirst(margin.count)] + lines.dropFirst()
    }

    /// A command line, broken between its words where it is too long.
    ///
    /// - Parameter continuation: what ends a line that another follows.
    private static func command(_ line: String, _ width: Int, continuation: String) -> [String] {
        let margin = String(line.prefix { $0 == " " })
        var lines: [String] = []
        var current = ""
        var words = words(line.dropFirst(margin.count))
        let goesOn = words.last == "\\"
        if goesOn { words.removeLast() }
        for (index, word) in words.enumerated() {
            let longer = current.isEmpty ? margin + word : current + " " + word
            let room = width - (index == words.count - 1 && !goesOn ? 0 : continuation.count)
            if current.isEmpty || DisplayWidth.width(longer) <= room {
                current = longer
            } else {
                lines.append(current + continuation)
                current = margin + "    " + word
            }
        }
        return lines + [goesOn ? current + continuation : current]
    }

    /// What is quoted, or optional as a whole, is one word.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var depth = 0
        for character in line {
            switch character {
            case "'", "\"": isQuoted.toggle()
            case "[": depth += 1
            case "]": depth -= 1
            default: break
            }
            if character == " ", !isQuoted, depth == 0 {
                words.append(word)
                word = ""
            } else {
                word.append(character)
            }
        }
        return words + [word]
    }
}
