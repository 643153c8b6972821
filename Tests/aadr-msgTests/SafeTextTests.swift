import Testing

@testable import aadr_msg

@Suite("Text from elsewhere")
struct SafeTextTests {
    /// What hostile texts have done to terminals, and what must be left of them.
    /// Tests take them by index: their text is not for the log either.
    static let corpus: [(text: String, lines: [String])] = [
        // Escape sequences: colour, cursor, title, clipboard, a device's answer typed into the shell.
        ("\u{1B}[31mred", ["␛[31mred"]),
        ("a\u{1B}[2J\u{1B}[Hb", ["a␛[2J␛[Hb"]),
        ("\u{1B}]0;title\u{7}", ["␛]0;title␇"]),
        ("\u{1B}]52;c;ZXZpbA==\u{1B}\\", ["␛]52;c;ZXZpbA==␛\\"]),
        ("\u{1B}P$q\"p\u{1B}\\", ["␛P$q\"p␛\\"]),
        ("\u{9B}31mred", ["\u{FFFD}31mred"]),
        ("\u{9D}0;title\u{9C}", ["\u{FFFD}0;title\u{FFFD}"]),
        // Over the line that is already there.
        ("genuine\rforged", ["genuine", "forged"]),
        ("secret\u{8}\u{8}\u{8}", ["secret␈␈␈"]),
        ("a\u{B}b\u{C}c", ["a␋b␌c"]),
        ("null\0byte", ["null␀byte"]),
        ("\u{7F}delete", ["␡delete"]),
        // Another person's line.
        (
            "ok\n2026-11-23 22:55  nadia@SMEX to coalition, verified",
            ["ok", "2026-11-23 22:55  nadia@SMEX to coalition, verified"]
        ),
        ("a\r\nb\u{85}c\u{2028}d\u{2029}e", ["a", "b", "c", "d", "e"]),
        ("\n\n", ["", "", ""]),
        // Turned around.
        ("user\u{202E}gnp.exe", ["user\u{FFFD}gnp.exe"]),
        ("\u{202D}\u{202A}\u{202B}\u{202C}x", ["\u{FFFD}x"]),
        ("\u{2066}a\u{2067}b\u{2068}c\u{2069}d\u{2069}", ["abcd"]),
        // Invisible.
        ("a\u{FEFF}b\u{206A}c\u{FFF9}d\u{E0041}e\u{200B}f", ["abcdef"]),
        ("tab\tbed", ["tab bed"]),
        // Ordinary text stays as it was written, in logical order.
        ("تم توقيف مدوّن في بغداد الليلة.", ["تم توقيف مدوّن في بغداد الليلة."]),
        ("مرحبا Issa ٣ 3!", ["مرحبا Issa ٣ 3!"]),
        ("می\u{200C}خواهم \u{200F}(x)\u{200E}", ["می\u{200C}خواهم \u{200F}(x)\u{200E}"]),
        ("👩\u{200D}⚖️ é שלום", ["👩\u{200D}⚖️ é שלום"]),
        ("", [""]),
    ]

    @Test("is shown without what could move, colour, forge or turn around", arguments: corpus.indices)
    func harmless(index: Int) {
        let (text, lines) = Self.corpus[index]
        #expect(SafeText.lines(text) == lines)
    }

    @Test("holds no control and no scope of direction after it was made safe, whatever scalar it had")
    func everyScalar() {
        for value in UInt32(0)...0x2FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            for safe in SafeText.lines("x" + String(Character(scalar))).flatMap(\.unicodeScalars) {
                #expect(safe.value >= 0x20 && !(0x7F...0x9F).contains(safe.value), "U+\(String(value, radix: 16))")
                #expect(!(0x202A...0x202E).contains(safe.value) && !(0x2066...0x2069).contains(safe.value))
                #expect(safe.value != 0x2028 && safe.value != 0x2029)
            }
        }
    }

    @Test("within a sentence stays on one line", arguments: corpus.indices)
    func inline(index: Int) {
        let text = Self.corpus[index].text
        for language in Language.allCases {
            Speech.$language.withValue(language) {
                #expect(!SafeText.inline(text).contains("\n"))
            }
        }
    }

    @Test("quoted is set in on every line, so that none can pass for the program's", arguments: corpus.indices)
    func quoted(index: Int) {
        let text = Self.corpus[index].text
        for layout in [Layout.plain, Layout(width: 20, isStyled: true)] {
            for line in layout.quoted(text) {
                #expect(line.isEmpty || (line.hasPrefix("    \u{2068}") && line.hasSuffix("\u{2069}")))
            }
        }
    }

    @Test("wrapped is set apart in each line, a value within a command too, and closed at its end")
    func wrapped() {
        let layout = Layout(width: 24, isStyled: false)
        let lines = layout.wrapped([
            "  أجب عنه: \u{2066}aadr-msg alert status \u{2068}first second third\u{2069}\u{2069}."
        ])
        #expect(
            lines == [
                "  أجب عنه: \u{2066}aadr-msg\u{2069}", "  \u{2066}alert status \u{2068}first\u{2069}\u{2069}",
                "  \u{2066}\u{2068}second third\u{2069}\u{2069}.",
            ]
        )
    }

    @Test("a line of an Arabic sentence that begins with a Latin word is marked, on a terminal; a path alone is not")
    func directed() {
        Speech.$language.withValue(.arabic) {
            for line in ["read, none؛ ما لم يُحدَّد", "\u{200E}--exec بعد"] {
                #expect(SafeText.directed(line) == "\u{200F}" + line)
                #expect(Layout(width: 40, isStyled: false).own(line, Layout.plain.plain) == ["\u{200F}" + line])
                #expect(Layout.plain.own(line, Layout.plain.plain) == [line])
            }
            for line in ["/a/path", "نص read", "\u{2068}/a/path\u{2069} ثم نص", "12 نص", "read \u{2068}نص\u{2069}", ""]
            {
                #expect(SafeText.directed(line) == line)
            }
        }
        Speech.$language.withValue(.english) {
            #expect(SafeText.directed("read نص") == "read نص")
        }
    }

    @Test("copied from a messenger loses what the messenger added")
    func pastedText() {
        #expect(pasted(" \u{2068}aadr-\n  invitation-1.\u{200B}x\u{2069}\u{FEFF} ") == "aadr-invitation-1.x")
    }
}

@Suite("Display width")
struct DisplayWidthTests {
    @Test(
        "counts columns, marks and joiners as none",
        arguments: [
            ("abc", 3), ("مدوّن", 4), ("日本", 4), ("e\u{301}", 1), ("a\u{200D}b", 2), ("", 0),
        ]
    )
    func width(text: String, columns: Int) {
        #expect(DisplayWidth.width(text) == columns)
    }

    @Test("wraps between words, and within a word that is longer than a line unless that is copied as a whole")
    func wrap() {
        #expect(DisplayWidth.wrap("one two", to: 3) == ["one", "two"])
        #expect(
            DisplayWidth.wrap("see /a/long/path now", to: 6, DisplayWidth.isName) == ["see", "/a/long/path", "now"]
        )
        #expect(DisplayWidth.wrap("see https://a.b/c", to: 8, DisplayWidth.isLink) == ["see", "https://a.b/c"])
        #expect(DisplayWidth.wrap("aaaaaaaa\u{A0}a", to: 8, DisplayWidth.isName) == ["aaaaaaaa", "\u{A0}a"])
        #expect(DisplayWidth.wrap("abcdefghij", to: 4, DisplayWidth.isLink) == ["abcd", "efgh", "ij"])
        #expect(DisplayWidth.wrap("one two three", to: 8) == ["one two", "three"])
        #expect(DisplayWidth.wrap("abcdefghij", to: 4) == ["abcd", "efgh", "ij"])
        #expect(DisplayWidth.wrap("to abcdefghij", to: 4) == ["to", "abcd", "efgh", "ij"])
        #expect(DisplayWidth.wrap("short", to: 16) == ["short"])
        #expect(DisplayWidth.wrap("", to: 16) == [""])
    }

    @Test("no wrapped line is wider than the terminal, and no word is lost", arguments: [16, 20, 33])
    func never(columns: Int) {
        let text =
            "تم توقيف مدوّن في بغداد الليلة. نحتاج إلى تضامنكم الآن 日本語日本語日本語日本語 end-of-the-line-without-any-space"
        let lines = DisplayWidth.wrap(text, to: columns)
        for line in lines { #expect(DisplayWidth.width(line) <= columns) }
        #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
    }
}
