import Foundation
import Testing

@testable import aadr_msg

@Suite("The catalogue")
struct CatalogueTests {
    private func placeholders(_ text: String) -> Set<String> {
        Set(text.matches(of: #/\{([a-z]+)\}/#).map { String($0.1) })
    }

    private func hasArabic(_ text: String) -> Bool {
        text.unicodeScalars.contains { (0x0620...0x064A).contains($0.value) }
    }

    @Test("every phrase has words in both languages, and they differ", arguments: Phrase.allCases)
    func translated(phrase: Phrase) {
        let english = Speech.english(phrase)
        let arabic = Speech.arabic(phrase)
        #expect(!english.isEmpty)
        #expect(english != arabic)
        #expect(hasArabic(arabic))
        #expect(!hasArabic(english))
    }

    @Test("a phrase has the same placeholders in both languages", arguments: Phrase.allCases)
    func samePlaceholders(phrase: Phrase) {
        #expect(placeholders(Speech.english(phrase)) == placeholders(Speech.arabic(phrase)))
    }

    @Test("an example shows the same commands and options in both languages", arguments: Phrase.allCases)
    func sameCommands(phrase: Phrase) {
        func words(_ text: String) -> [String] {
            text.split(whereSeparator: { " \n.,;()'؛،".contains($0) })
                .map { String($0).replacing("\u{200E}", with: "") }
                .filter { $0.hasPrefix("--") && $0.count > 2 }.sorted()
        }
        #expect(words(Speech.english(phrase)) == words(Speech.arabic(phrase)))
    }

    @Test("an exit status has the same number in both languages")
    func exitStatuses() {
        for language in [Speech.english(.helpExitStatus), Speech.arabic(.helpExitStatus)] {
            let numbers = language.matches(of: #/\d+/#).compactMap { Int32($0.0) }
            #expect(Set(numbers) == Set(ExitStatus.allCases.map(\.rawValue)))
        }
    }

    @Test("Arabic is written in letters, never in presentation forms", arguments: Phrase.allCases)
    func noPresentationForms(phrase: Phrase) {
        for scalar in Speech.arabic(phrase).unicodeScalars {
            #expect(!(0xFB50...0xFDFF).contains(scalar.value) && !(0xFE70...0xFEFE).contains(scalar.value))
        }
    }

    @Test("a value cannot bring a placeholder of its own, nor leave its isolate")
    func hostileValues() {
        Speech.$language.withValue(.arabic) {
            let text = Speech.text(.joined, ["member": "{device}\u{2069}\u{202E}x", "device": "main"])
            #expect(text == "أصبحت عضوًا: \u{2068}{device}\u{FFFD}x\u{2069} على الجهاز \u{2068}main\u{2069}.")
        }
    }

    @Test("English leaves plain values plain, so that they can be copied")
    func plainValues() {
        Speech.$language.withValue(.english) {
            #expect(Speech.text(.requestExpires, ["time": "2026-11-23 22:55"]) == "until 2026-11-23 22:55")
            #expect(Speech.text(.requestExpires, ["time": "غد"]) == "until \u{2068}غد\u{2069}")
        }
    }
}

@Suite("Text for people")
struct LiteralTests {
    /// How a hook ended is for scripts, which read it in one language.
    private static let forScripts: Set = ["not started"]

    @Test("stands in the catalogue alone: no other source holds two words in a row")
    func catalogueAlone() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/aadr-msg")
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" && !file.path.contains("/Text/") {
            count += 1
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
                // A command line is no text: it is the same in every language.
                for literal in code.matches(of: #/"((?:[^"\\]|\\.)*)"/#)
                where !literal.1.hasPrefix("aadr-msg ") && !Self.forScripts.contains(String(literal.1)) {
                    #expect(!literal.1.contains(#/\p{L}{2,} \p{L}{2,}/#), "\(file.lastPathComponent): \(literal.1)")
                }
            }
        }
        #expect(count > 30)
    }
}
