import Coalition
import Foundation
import SchemaTesting
import Testing

@testable import aadr_msg

@Suite("Results")
struct RecordTests {
    let schema: JSONSchema

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        schema = try JSONSchema(contentsOf: root.appending(path: "Protocol/cli.schema.json"))
    }

    @Test(
        "print the JSON that Protocol/cli.schema.json describes, and nothing beside it",
        arguments: Sample.records.indices
    )
    func describedBySchema(index: Int) {
        let sample = Sample.records[index]
        #expect(schema.faults(in: JSONLine.text(sample.record.json), as: sample.definition) == [])
    }

    @Test("are all in the schema, and the schema has no other")
    func complete() {
        #expect(Set(schema.listed) == Set(Sample.records.map(\.definition)))
        let helpers: Set = ["name", "member", "target", "id", "time", "alert-state"]
        #expect(Set(schema.definitions.keys).subtracting(helpers) == Set(schema.listed))
    }

    @Test("that break the schema are noticed")
    func validatorNotices() {
        #expect(schema.faults(in: #"{"code":"7KQ2-M4XD-91TU"}"#, as: "join-code") != [])
        #expect(schema.faults(in: #"{"code":7}"#, as: "join-code") != [])
        #expect(schema.faults(in: #"{}"#, as: "join-code") != [])
        #expect(schema.faults(in: #"{"code":"7KQ2-M4XD-91TA","more":1}"#, as: "join-code") != [])
        #expect(schema.faults(in: #"{"code":"7KQ2-M4XD-91TA","more":1}"#, as: "join-code", isClosed: false) == [])
        #expect(schema.faults(in: #"{"request":"x","state":"approved"}"#, as: "deny") != [])
        #expect(schema.faults(in: #"{"org":"a","user":"b","device":"c","verified":1}"#, as: "approve") != [])
    }

    @Test("print the same JSON in every language", arguments: Sample.records.indices)
    func sameInEveryLanguage(index: Int) {
        let texts = Language.allCases.map { language in
            Speech.$language.withValue(language) { JSONLine.text(Sample.records[index].record.json) }
        }
        #expect(Set(texts).count == 1)
    }

    @Test("fill every placeholder, in every language", arguments: Sample.records.indices)
    func filled(index: Int) {
        for language in Language.allCases {
            Speech.$language.withValue(language) {
                let lines = Sample.records[index].record.lines(.plain)
                #expect(!lines.isEmpty)
                #expect(!lines.contains { $0.contains("{") })
                // A line of JSON or of text is one line, whatever the text had in it.
                #expect(!JSONLine.text(Sample.records[index].record.json).contains("\n"))
            }
        }
    }

    @Test("an invitation and a code stand alone, in every language the same")
    func alone() {
        for language in Language.allCases {
            Speech.$language.withValue(language) {
                #expect(CodeRecord(code: "7KQ2-M4XD-91TA").lines(.plain) == ["code: 7KQ2-M4XD-91TA"])
                let invitation = InvitationRecord(
                    invitation: "aadr-invitation-1.x",
                    organisation: "J",
                    user: "i",
                    expires: 0
                )
                #expect(invitation.lines(.plain) == ["aadr-invitation-1.x"])
                #expect(SentRecord(id: Sample.id, to: "coalition", state: .relayed).lines(.plain) == [Sample.id])
            }
        }
    }

    @Test("requests --json and requests never print the code")
    func noCode() {
        let record = Sample.records.first { $0.definition == "requests" }?.record
        #expect(record.map { JSONLine.text($0.json).contains("code") } == false)
        #expect(record?.lines(.plain).joined().contains("code") == false)
    }

    @Test("a message reads like a conversation: when, who, to whom, verified or not, then the text set in")
    func conversation() {
        Speech.$language.withValue(.english) {
            let time = Timestamp.local(Sample.time)
            #expect(
                Sample.message(text: "تم توقيف مدوّن\nالليلة").lines(.plain) == [
                    "\(time)  haidar@INSM to the coalition, verified",
                    "    \u{2068}تم توقيف مدوّن\u{2069}",
                    "    \u{2068}الليلة\u{2069}",
                    "",
                ]
            )
            #expect(Sample.message(text: "x", verified: false).lines(.plain)[0].hasSuffix(", not verified"))
            #expect(Sample.message(text: "x", delay: 7200).lines(.plain)[1].contains("came here"))
            #expect(Sample.message(text: nil, kind: "\u{1B}[2J").lines(.plain)[1].contains("␛[2J"))
        }
    }

    @Test("nothing stands out where no terminal is")
    func unstyled() {
        #expect(!Sample.message(text: "x").lines(.plain).joined().contains("\u{1B}"))
        #expect(Sample.message(text: "x").lines(Layout(width: 80, isStyled: true))[0].hasPrefix("\u{1B}[1m"))
    }
}

@Suite("JSON")
struct JSONObjectTests {
    @Test(
        "is read back as it was written, whatever the text",
        arguments: SafeTextTests.corpus.indices
    )
    func roundTrip(index: Int) throws {
        let text = SafeTextTests.corpus[index].text + "\"\\/😀"
        var object = JSONObject()
        object.add("text", text)
        let read = try JSONSerialization.jsonObject(with: Data(JSONLine.text(object).utf8)) as? [String: String]
        #expect(read?["text"].map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }

    @Test(
        "shows a terminal nothing that could move it or turn text around",
        arguments: SafeTextTests.corpus.indices
    )
    func harmless(index: Int) {
        let text = SafeTextTests.corpus[index].text
        var object = JSONObject()
        object.add("text", text)
        let line = JSONLine.text(object).filter { $0 != "\t" }
        for scalar in line.unicodeScalars {
            #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value))
            #expect(!(0x2028...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
        }
    }

    @Test("keeps the order, leaves out what is nil, and nests")
    func shape() {
        var inner = JSONObject()
        inner.add("flag", true)
        var object = JSONObject()
        object.add("b", 2)
        object.add("none", String?.none)
        object.set("a", to: .array([.string("x"), .object(inner), .number("-1"), .array([]), .null]))
        #expect(JSONLine.text(object) == #"{"b":2,"a":["x",{"flag":true},-1,[],null]}"#)
        #expect(JSONLine.text(JSONObject()) == "{}")
    }
}

@Suite("Times")
struct TimestampTests {
    @Test(
        "are RFC 3339 in UTC, leap days and centuries included",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"), (1_795_474_510, "2026-11-23T22:55:10Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (UInt64.max, "9999-12-31T23:59:59Z"),
        ]
    )
    func rfc3339(seconds: UInt64, expected: String) {
        #expect(Timestamp.rfc3339(seconds) == expected)
    }

    @Test("agree with Foundation on every day of four centuries")
    func everyDay() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: 0, to: 146_097, by: 17) {
            let date = calendar.dateComponents(
                [.year, .month, .day],
                from: Date(timeIntervalSince1970: Double(day) * 86_400)
            )
            let text = Timestamp.rfc3339(UInt64(day) * 86_400)
            #expect(text.hasPrefix(String(format: "%04d-%02d-%02dT", date.year ?? 0, date.month ?? 0, date.day ?? 0)))
        }
    }

    @Test("of people are local, to the minute, and never fail")
    func local() {
        #expect(Timestamp.local(1_795_474_510).wholeMatch(of: #/2026-11-2\d \d\d:\d\d/#) != nil)
        #expect(!Timestamp.local(.max).isEmpty)
    }
}
