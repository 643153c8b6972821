internal import Coalition

/// What a command prints: results on standard output, everything that only people read on standard error.
struct Printer: Sendable {
    let isJSON: Bool
    var output = Stream.output
    var errors = Stream.errors

    /// A result: one JSON object on one line, or lines for people.
    func show(_ record: some Record) throws(Failure) {
        Patience.clearLine()
        if isJSON {
            try output.writeLine(JSONLine.text(record.json))
        } else {
            try output.write(record.lines(Layout(output)).map { $0 + "\n" }.joined())
        }
    }

    /// Something that people should know and programs learn otherwise. That it cannot be written is no reason to stop.
    func note(_ phrase: Phrase, _ values: [String: String] = [:]) {
        say([Speech.text(phrase, values)])
    }

    /// Lines for people, on standard error.
    func say(_ lines: [String]) {
        Patience.clearLine()
        try? errors.writeLine(Layout(errors).wrapped(lines).joined(separator: "\n"))
    }

    /// What a person may want to do next: only where one is looking.
    func advise(_ phrase: Phrase, _ values: [String: String] = [:]) {
        if !isJSON, errors.isTerminal { note(phrase, values) }
    }
}

/// A result of a command. Protocol/cli.schema.json describes its JSON, which is the same in every language.
protocol Record {
    var json: JSONObject { get }
    func lines(_ layout: Layout) -> [String]
}

/// How much room lines have, and whether they may stand out.
struct Layout: Equatable, Sendable {
    /// Columns of the terminal; nil where nothing is to be wrapped.
    let width: Int?
    let isStyled: Bool

    /// For a file or a pipe: nothing is wrapped, nothing stands out.
    static let plain = Layout(width: nil, isStyled: false)

    init(width: Int?, isStyled: Bool) {
        self.width = width
        self.isStyled = isStyled
    }

    /// Of a stream. `NO_COLOR` is honoured (no-color.org).
    init(_ stream: Stream, environment: Environment = .process) {
        let isTerminal = stream.isTerminal
        width = isTerminal ? stream.width : nil
        isStyled = isTerminal && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
    }

    func bold(_ line: String) -> String { isStyled ? "\u{1B}[1m" + line + "\u{1B}[0m" : line }
    /// What must not be overlooked.
    func alarming(_ line: String) -> String { isStyled ? "\u{1B}[1;31m" + line + "\u{1B}[0m" : line }
    func warning(_ line: String) -> String { isStyled ? "\u{1B}[1;33m" + line + "\u{1B}[0m" : line }
    func reversed(_ line: String) -> String { isStyled ? "\u{1B}[1;7m" + line + "\u{1B}[0m" : line }
    func dim(_ line: String) -> String { isStyled ? "\u{1B}[2m" + line + "\u{1B}[0m" : line }
    func plain(_ line: String) -> String { line }

    /// Sentences of the program's own as lines of the terminal, each set in by as many columns and styled by itself.
    ///
    /// - Parameter room: columns that the style adds.
    func own(_ sentences: String, indent: Int = 0, room: Int = 0, _ style: (String) -> String) -> [String] {
        let margin = String(repeating: " ", count: indent)
        return sentences.split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { SafeText.isolatingEach(broken(String($0), indent + room, DisplayWidth.isName)) }
            .map { margin + style(width == nil ? $0 : SafeText.directed($0)) }
    }

    /// Lines of the program's own, each with the margin that it begins with, as lines of the terminal.
    func wrapped(_ lines: [String]) -> [String] {
        lines.flatMap { line in
            let margin = line.prefix { $0 == " " }.count
            return own(String(line.dropFirst(margin)), indent: margin, plain)
        }
    }

    /// Text from elsewhere as lines of its own, each set in by four columns: none of them can pass for a line of this
    /// program's, which begin in the first column. A link longer than a line is left whole to the terminal, so that it can be
    /// copied: what of it comes to stand in the first column has no space in it.
    func quoted(_ text: String) -> [String] {
        SafeText.lines(text)
            .flatMap { broken($0, 4, DisplayWidth.isLink) }
            .map { $0.isEmpty ? "" : "    " + SafeText.isolated($0) }
    }

    /// A name, and beside it what there is to say of it; below it where that has no room.
    ///
    /// - Parameters:
    ///   - column: columns that the names of all rows take.
    ///   - widest: columns that what is said takes in the row where it takes the most.
    func row(
        _ name: String,
        _ words: String,
        column: Int = 0,
        widest: Int = 0,
        _ style: (String) -> String
    ) -> [String] {
        let used = DisplayWidth.width(name)
        let column = max(column, used)
        if let width, column + 2 + max(widest, DisplayWidth.width(words)) > width {
            return [style(SafeText.inline(name))] + own(words, indent: 4, plain)
        }
        return [style(SafeText.inline(name)) + String(repeating: " ", count: column - used + 2) + words]
    }

    private func broken(_ line: String, _ margin: Int, _ staysWhole: (String) -> Bool) -> [String] {
        width.map { DisplayWidth.wrap(line, to: max(Self.narrowest, $0 - margin), staysWhole) } ?? [line]
    }

    /// Columns that lines are given at least.
    private static let narrowest = 16
}
