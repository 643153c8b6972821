/// Text from elsewhere, made harmless for a terminal: it cannot move the cursor, change colours, forge lines or turn
/// around what stands beside it. Its characters stay in logical order and are never shaped here: that is the terminal's.
enum SafeText {
    private static let firstStrongIsolate = "\u{2068}"
    private static let popDirectionalIsolate = "\u{2069}"

    /// One value inside a sentence. Line breaks become visible; it is isolated unless both are plainly left to right.
    static func inline(_ text: String) -> String {
        let safe = lines(text).joined(separator: "⏎")
        return Speech.language == .english && safe.utf8.allSatisfy { $0 < 0x80 } ? safe : isolated(safe)
    }

    /// The lines of a text, each safe by itself.
    static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previousIsReturn = false
        for scalar in text.unicodeScalars {
            defer { previousIsReturn = scalar == "\r" }
            switch treatment(of: scalar) {
            case .keep: line.append(scalar)
            case .drop: break
            case .replace(let visible): line.append(visible)
            case .breakLine where scalar == "\n" && previousIsReturn: break
            case .breakLine:
                lines.append(String(line))
                line.removeAll()
            }
        }
        lines.append(String(line))
        return lines
    }

    /// A line that keeps its own direction, wherever it is put (UAX #9, section 2.4). `lines` has removed whatever
    /// could end the isolate early.
    static func isolated(_ line: String) -> String {
        firstStrongIsolate + line + popDirectionalIsolate
    }

    /// Lines that one was wrapped to. What went on in the next line is set apart in both, a value within a command too: an
    /// isolate ends with its line (UAX #9, section 3.3.2).
    static func isolatingEach(_ lines: [String]) -> [String] {
        var open: [Unicode.Scalar] = []
        return lines.map { line in
            var text = String(String.UnicodeScalarView(open)) + line
            for scalar in line.unicodeScalars {
                switch scalar.value {
                case 0x2066...0x2068: open.append(scalar)
                case 0x2069: _ = open.popLast()
                default: break
                }
            }
            text += String(repeating: popDirectionalIsolate, count: open.count)
            return text
        }
    }

    /// A line of the program's own for a terminal that takes a line's direction from its first letter (UAX #9, rules P2 and P3):
    /// one that goes on in Arabic is marked when it begins with a Latin word.
    static func directed(_ line: String) -> String {
        guard Speech.language == .arabic else { return line }
        var depth = 0
        var beginsLatin = false
        for scalar in line.unicodeScalars {
            switch scalar.value {
            case 0x2066...0x2068: depth += 1
            case 0x2069: depth -= 1
            case _ where depth > 0: break
            case 0x0600...0x06FF where scalar.properties.isAlphabetic, 0x200F:
                return beginsLatin ? rightToLeftMark + line : line
            case 0x200E: beginsLatin = true
            case _ where scalar.properties.isAlphabetic: beginsLatin = true
            default: break
            }
        }
        return line
    }

    private static let rightToLeftMark = "\u{200F}"

    private enum Treatment {
        case keep
        case drop
        case replace(Unicode.Scalar)
        case breakLine
    }

    private static func treatment(of scalar: Unicode.Scalar) -> Treatment {
        switch scalar.value {
        case 0x20...0x7E: return .keep
        case 0x09: return .replace(" ")
        case 0x0A, 0x0D, 0x85: return .breakLine
        // The other C0 controls have pictures of themselves, so that an attack is seen for what it is.
        case 0x00...0x1F: return .replace(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
        case 0x7F: return .replace("\u{2421}")
        case 0x80...0x9F: return .replace("\u{FFFD}")
        // The overrides show letters in an order in which nobody wrote them.
        case 0x202D, 0x202E: return .replace("\u{FFFD}")
        default: break
        }
        switch scalar.properties.generalCategory {
        case .lineSeparator, .paragraphSeparator: return .breakLine
        case .control: return .replace("\u{FFFD}")
        case .format: return isHarmlessFormat(scalar.value) ? .keep : .drop
        default: return .keep
        }
    }

    /// Format characters that scripts need: joiners, marks of direction without scope, signs that stand over digits in
    /// Arabic and Syriac. All others are dropped, above all the embeddings and isolates, whose scope could leave the text.
    private static func isHarmlessFormat(_ value: UInt32) -> Bool {
        switch value {
        case 0x00AD, 0x200C...0x200F, 0x2060, 0x061C: true
        case 0x0600...0x0605, 0x06DD, 0x070F, 0x0890...0x0891, 0x08E2: true
        default: false
        }
    }
}

/// Something that a person copied from somewhere: without the spaces, line breaks and invisible characters that
/// messengers and terminals add to what has none itself.
func pasted(_ text: String) -> String {
    var kept = String.UnicodeScalarView()
    for scalar in text.unicodeScalars
    where !scalar.properties.isWhitespace && scalar.properties.generalCategory != .format {
        kept.append(scalar)
    }
    return String(kept)
}
