/// How many columns text takes on a terminal: never less than it does, so that a wrapped line never runs over.
enum DisplayWidth {
    static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x20...0x7E: return 1
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        // Scripts with narrow letters only. Everything else may be wide (UAX #11) and is taken to be.
        switch scalar.value {
        case 0x00A0...0x10FF, 0x1E00...0x22FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC: return 1
        default: return 2
        }
    }

    static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// Breaks a line after spaces. A word that is longer than a line is broken within, or `staysWhole` and has a line of its
    /// own: it is copied from there.
    static func wrap(_ line: String, to columns: Int, _ staysWhole: (String) -> Bool = { _ in false }) -> [String] {
        guard width(line) > columns else { return [line] }
        var lines: [String] = []
        var current = ""
        var used = 0
        for word in words(line) {
            let letters = trimmed(word)
            if used > 0, used + width(letters) > columns {
                lines.append(trimmed(current))
                current = ""
                used = 0
            }
            guard width(letters) > columns, !staysWhole(letters) else {
                current += word
                used += width(word)
                continue
            }
            for character in word {
                let size = width(String(character))
                if used + size > columns, used > 0 {
                    lines.append(current)
                    current = ""
                    used = 0
                }
                current.append(character)
                used += size
            }
        }
        lines.append(trimmed(current))
        return lines
    }

    /// Whether a word is a path, an id, a link or a name, which break where nobody can put them together again. Nothing in
    /// it can look like a space: where a terminal breaks it, it passes for no line of its own.
    static func isName(_ word: String) -> Bool {
        word.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .spaceSeparator, .otherSymbol, .privateUse, .unassigned, .control: false
            default: width(scalar) < 2
            }
        }
    }

    static func isLink(_ word: String) -> Bool { word.contains("://") && isName(word) }

    /// Each word with the spaces after it.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        for character in line {
            if character != " ", word.last == " " {
                words.append(word)
                word = ""
            }
            word.append(character)
        }
        words.append(word)
        return words
    }

    private static func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
}
