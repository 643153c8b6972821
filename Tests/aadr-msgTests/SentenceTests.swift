import Foundation
import MemberClient
import RelayAPI
import Testing

@testable import aadr_msg

/// What the engine says, as its sources have it: each string literal in the places that make sentences, `{}` for each value.
private struct EngineSources {
    private(set) var sentences: Set<String> = []

    /// Where the literals of a call are sentences.
    private static let calls = [
        "MemberError(", ".unreachable(\"", ".violation(\"", ".proxy(\"", ".untrustedCertificate(\"", ".files(\"",
        ".files(reason(", ".unreadable(reason(", ".unreadable(\"", "ImpossibleCommit(",
    ]
    /// The same at the relay, whose reasons members are told.
    private static let refusals = [".unavailable, detail: "]
    /// Where all literals of a file from a mark on are.
    private static let marks = [
        "VaultError.swift": "extension VaultError: Custom", "MemberErrorCatalogue.swift": "extension MemberError",
        "MemberErrorMapping.swift": "init(_ error: RelayError)", "ConnectionFailure.swift": "static func reason",
        "InvitationText.swift": "public var description: String {",
        // Why a relay refuses for now.
        "CommitQueue.swift": "static let noRoom", "PostgreSQLError.swift": "fileprivate var cause: String",
    ]

    init() throws {
        for folder in ["MemberClient", "Coalition/Joining", "Relay"] {
            let root = Self.repository.appending(path: "Sources/\(folder)")
            let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
            for case let file as URL in try #require(files) where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for call in folder == "Relay" ? Self.refusals : Self.calls {
                    for range in text.ranges(of: call) {
                        let start = text[..<range.upperBound].lastIndex(of: "(") ?? range.upperBound
                        sentences.formUnion(Self.literals(in: text[start...], isCall: true))
                    }
                }
                guard let mark = Self.marks[file.lastPathComponent] else { continue }
                let start = try #require(text.firstRange(of: mark)?.lowerBound, "\(file.lastPathComponent)")
                sentences.formUnion(Self.literals(in: text[start...], isCall: false))
            }
        }
    }

    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// - Parameter isCall: whether the text begins with a call's parenthesis, and ends for us where that closes.
    private static func literals(in text: Substring, isCall: Bool) -> [String] {
        var literals: [String] = []
        var depth = 0
        var rest = text
        while let character = rest.popFirst() {
            switch character {
            case "/" where rest.first == "/": rest = rest.drop { $0 != "\n" }
            case "(": depth += 1
            case ")":
                depth -= 1
                if isCall, depth == 0 { return literals }
            case "\"": literals.append(literal(from: &rest))
            default: break
            }
        }
        return literals
    }

    /// The rest of a literal after its opening quote.
    private static func literal(from rest: inout Substring) -> String {
        var text = ""
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\" else {
                text.append(character)
                continue
            }
            guard rest.popFirst() == "(" else { continue }
            text += "{}"
            var depth = 1
            while depth > 0, let inner = rest.popFirst() {
                if inner == "(" { depth += 1 }
                if inner == ")" { depth -= 1 }
                if inner == "\"" { _ = literal(from: &rest) }
            }
        }
        return text
    }
}

@Suite("The engine's sentences")
struct SentenceTests {
    /// What has no words of its own, or is none of a sentence's.
    private static let silent: Set = [
        "", "{}", "rule", "sequence", "CERTIFICATE_VERIFY_FAILED", "53100", "25006", "53", "55", "57", "58",
    ]

    @Test("have all their words in Arabic")
    func translated() throws {
        let said = try EngineSources().sentences.subtracting(Self.silent)
        #expect(said.count > 120)
        #expect(said.filter { Speech.arabicSentences[$0] == nil }.sorted() == [])
        for name in Problem.Name.allCases { #expect(Speech.arabicSentences[name.title] != nil, "\(name)") }
    }

    @Test("have as many values in Arabic as in English", arguments: Speech.arabicSentences.keys.sorted())
    func sameValues(words: String) throws {
        let arabic = try #require(Speech.arabicSentences[words])
        #expect(words.ranges(of: "{}").count == arabic.ranges(of: "{}").count)
        #expect(words == "{}: {}" || arabic.unicodeScalars.contains { (0x0620...0x064A).contains($0.value) })
    }

    @Test("say the same in both languages, with hostile values made harmless")
    func said() {
        let inner: Sentence = "cannot make \("/tmp/\u{1B}[2J")"
        let sentence: Sentence = "the key file cannot be used: \(inner)"
        #expect(sentence.description == "the key file cannot be used: cannot make /tmp/\u{1B}[2J")
        Speech.$language.withValue(.english) {
            #expect(Speech.text(sentence) == "\u{2068}the key file cannot be used: cannot make /tmp/␛[2J\u{2069}")
        }
        Speech.$language.withValue(.arabic) {
            let path = "\u{2068}/tmp/␛[2J\u{2069}"
            #expect(Speech.text(sentence) == "لا يمكن استعمال ملف المفتاح: لا يمكن إنشاء \(path)")
        }
    }

    @Test("that the catalogue does not know are said in English, after a sentence that says what kind they are")
    func unknown() {
        Speech.$language.withValue(.arabic) {
            let lines = MemberError(.temporary, "nobody wrote this \(7)", advice: "none").lines
            #expect(lines.count == 2)
            #expect(lines[0] == "aadr-msg: ليس بعد")
            #expect(lines[1].contains("nobody wrote this 7"))
        }
    }
}

@Suite("Plural forms")
struct PluralTests {
    /// CLDR's rules for Arabic: the numbers around every boundary.
    @Test(
        "of Arabic",
        arguments: [
            (0, PluralForm.zero), (1, .one), (2, .two), (3, .few), (10, .few), (11, .many), (99, .many), (100, .other),
            (101, .other), (102, .other), (103, .few), (110, .few), (111, .many), (200, .other), (1003, .few),
        ]
    )
    func arabic(count: Int, form: PluralForm) {
        #expect(PluralForm(arabic: count) == form)
    }

    @Test("say each number in its own words, in both languages", arguments: Counted.allCases)
    func words(noun: Counted) {
        Speech.$language.withValue(.arabic) {
            let numbers = [0, 1, 2, 3, 11, 100]
            #expect(Set(numbers.map { Speech.count($0, noun).filter { !$0.isNumber } }).count == numbers.count)
            // One and two are said by the noun itself.
            #expect(!Speech.count(2, noun).contains { $0.isNumber })
        }
        Speech.$language.withValue(.english) {
            #expect(Speech.count(1, noun) + "s" == Speech.count(2, noun).replacing("2", with: "1"))
            #expect(Speech.count(0, noun).hasPrefix("0 "))
        }
    }
}
