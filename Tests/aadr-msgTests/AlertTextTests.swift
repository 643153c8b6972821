import Coalition
import Testing

@testable import aadr_msg

@Suite("An alert, as people see it")
struct AlertTextTests {
    private static let id = "00112233445566778899aabbccddeeff"
    private static let red = "\u{1B}[1;31m"

    private func alert(
        status: String = "Actual",
        type: String = "Alert",
        severity: String = "Extreme",
        headline: String = "توقيف مدوّن"
    ) -> JSONObject {
        var info = JSONObject()
        info.set("category", to: .array([.string("Security")]))
        for (name, value) in [
            ("language", "ar"), ("event", "x"), ("urgency", "Immediate"), ("severity", severity),
            ("certainty", "Observed"),
            ("headline", headline), ("instruction", "انشروا البيان"), ("contact", "a\nb"),
        ] {
            info.set(name, to: .string(value))
        }
        var object = JSONObject()
        for (name, value) in [
            ("identifier", Self.id), ("sender", "a@B"), ("sent", "2026-11-23T22:55:10-00:00"), ("status", status),
            ("msgType", type), ("scope", "Restricted"), ("restriction", "TLP:AMBER"),
        ] {
            object.set(name, to: .string(value))
        }
        if type != "Alert" { object.set("references", to: .string("a@B,x,2026-11-23T22:55:10-00:00")) }
        object.set("info", to: .array([.object(info)]))
        return object
    }

    private func lines(
        _ alert: JSONObject,
        _ state: AlertStateName?,
        references: [String] = [],
        width: Int? = 80
    ) -> [String] {
        AlertText(alert, state: state, references: references).lines(Layout(width: width, isStyled: true))
    }

    @Test("that is real and holds is red when it is grave, and asks for an answer", arguments: Language.allCases)
    func alarming(language: Language) {
        Speech.$language.withValue(language) {
            #expect(lines(alert(), .active)[0].contains(Self.red))
            #expect(!lines(alert(severity: "Minor"), .active).joined().contains(Self.red))
            #expect(AlertText(alert(), state: .active).isToBeAnswered)
            #expect(lines(alert(), .active).joined().contains(Speech.text(.alertInstruction)))
        }
    }

    @Test(
        "that is over says so before anything else, alarms nobody and asks for nothing",
        arguments: Language.allCases,
        [AlertStateName.updated, .cancelled, .expired]
    )
    func over(language: Language, state: AlertStateName) throws {
        try Speech.$language.withValue(language) {
            let shown = lines(alert(), state)
            let phrase = try #require(state.phrase)
            #expect(shown[0].contains(Speech.text(phrase)))
            #expect(!shown.joined().contains(Self.red))
            #expect(!AlertText(alert(), state: state).isToBeAnswered)
        }
    }

    @Test(
        "that is not real says so before anything else and alarms nobody",
        arguments: Language.allCases,
        [("Exercise", Phrase.alertExercise), ("Test", .alertTest), ("System", .alertSystem), ("Draft", .alertDraft)]
    )
    func unreal(language: Language, status: (word: String, phrase: Phrase)) {
        Speech.$language.withValue(language) {
            let shown = lines(alert(status: status.word), .active)
            #expect(shown[0].contains(Speech.text(status.phrase)))
            #expect(!shown.joined().contains(Self.red))
            // Both are said of an exercise that is over.
            #expect(lines(alert(status: status.word), .cancelled)[1].contains(Speech.text(.alertCancelled)))
        }
    }

    @Test(
        "that updates or cancels names the alert, and a cancellation asks for no answer",
        arguments: Language.allCases
    )
    func changes(language: Language) {
        Speech.$language.withValue(language) {
            for (type, phrase) in [("Update", Phrase.alertIsUpdate), ("Cancel", .alertIsCancel)] {
                let shown = lines(alert(type: type), .active, references: ["old", "newer"])
                #expect(shown[0].contains(Speech.text(phrase, ["id": "newer"])))
            }
            #expect(!lines(alert(type: "Cancel"), .active, references: ["x"]).joined().contains(Self.red))
            #expect(!AlertText(alert(type: "Cancel"), state: .active).isToBeAnswered)
        }
    }

    @Test("keeps hostile words in their place, at every width", arguments: SafeTextTests.corpus.indices, [16, 40, 80])
    func hostile(index: Int, width: Int) {
        let text = SafeTextTests.corpus[index].text
        for language in Language.allCases {
            Speech.$language.withValue(language) {
                for object in [alert(headline: text), alert(status: "Nonsense", headline: text)] {
                    for line in lines(object, .active, width: width) {
                        let plain = line.replacing(#/\u{1B}\[[0-9;]*m/#, with: "")
                        #expect(plain.isEmpty || plain.hasPrefix("  "))
                        #expect(
                            !plain.unicodeScalars.contains { $0.value < 0x20 || (0x202A...0x202E).contains($0.value) }
                        )
                        let opened = plain.unicodeScalars.count { $0 == "\u{2068}" }
                        #expect(
                            opened == plain.unicodeScalars.count { $0 == "\u{2069}" },
                            "isolates end with their line"
                        )
                    }
                }
            }
        }
    }
}
