import Coalition
import MemberClient
import Testing

@testable import aadr_msg

/// A telephone's terminal, half a screen's, and wider ones.
private let widths = [40, 52, 64, 80, 120]

@Suite("On a terminal of any width")
struct NarrowTerminalTests {
    private static let file = "/home/nadia/المستندات/aadr-msg/to-be-kept-offline/organisation-root.key"
    private static let link = "https://smex.example/ar/2026/11/24/statement-on-the-arrest-of-a-blogger.html"
    private static let name = String(repeating: "long", count: 15)

    /// Each kind once more, with parts as long as they get.
    private static let records: [any Record & Sendable] =
        Sample.records.map(\.record) + [
            FoundRecord(
                coalition: "التحالف العربي للحقوق الرقمية ومن معه من المنظمات",
                organisation: name,
                user: "nadia",
                device: "main",
                suite: "xwing",
                rootKeyFile: file
            ),
            JoinedRecord(organisation: "JOSA", user: "issa", device: name, rootKeyFile: nil),
            MemberRecord(
                organisation: "Masaar",
                user: "mona",
                device: "m",
                state: .revoked,
                isVerified: false,
                isSelf: false,
                column: 33
            ),
            ReachRecord(
                organisation: name,
                isRelayed: true,
                delivered: nil,
                read: nil,
                acknowledgements: [.init(by: "issa@" + name, at: Sample.time, text: "معكم. سننشر البيان: " + link)]
            ),
            Sample.message(text: "تم توقيف مدوّن الليلة في بغداد. البيان هنا: \(link) وسننشر المزيد لاحقًا."),
            Sample.message(text: String(repeating: "ه", count: 130)),
            Sample.message(text: String(repeating: "日本\u{A0}", count: 40)),
            Sample.message(text: nil, kind: "alert", alert: alert),
            StatusRecord(
                organisation: "SMEX",
                user: "nadia",
                device: "main",
                coalition: "Arab Alliance for Digital Rights",
                suite: "xwing",
                isAdmin: true,
                organisations: 5,
                devices: 300,
                groups: [],
                queued: 1,
                unshown: 2,
                failing: [.init(id: Sample.id, attempts: 3, reason: "timeout", next: Sample.time)],
                findings: 3,
                relay: .unreachable("cannot open \(file)"),
                rootKeyFile: file
            ),
        ]

    private static let alert: JSONObject = {
        var info = JSONObject()
        for (name, value) in [
            ("language", "ar"), ("event", "توقيف"), ("urgency", "Immediate"), ("severity", "Extreme"),
            ("certainty", "Observed"), ("headline", "توقيف مدوّن في بغداد بعد نشره وثائق عن مراقبة الصحفيين"),
            ("description", "التفاصيل على \(link)"), ("instruction", "انشروا البيان وأعلموا المحامين"),
            ("contact", "haidar@INSM, +964 000 000 0000"), ("web", link), ("senderName", "INSM"),
        ] {
            info.set(name, to: .string(value))
        }
        info.set("category", to: .array([.string("Security")]))
        var area = JSONObject()
        area.set("areaDesc", to: .string("بغداد والبصرة والموصل وأربيل والنجف"))
        info.set("area", to: .array([.object(area)]))
        var object = JSONObject()
        for (name, value) in [
            ("identifier", Sample.id), ("sender", "haidar@INSM"), ("sent", "2026-11-23T22:55:10-00:00"),
            ("status", "Exercise"), ("msgType", "Alert"), ("scope", "Restricted"), ("restriction", "TLP:AMBER+STRICT"),
        ] {
            object.set(name, to: .string(value))
        }
        object.set("info", to: .array([.object(info)]))
        return object
    }()

    private func plain(_ line: String) -> String { line.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") }

    /// What is too wide and holds more than one word.
    private func tooWide(_ lines: [String], _ width: Int) -> [String] {
        lines.map(plain)
            .filter { line in
                DisplayWidth.width(line) > width
                    && (line.split(separator: " ").count > 1 || !DisplayWidth.isName(String(line.drop { $0 == " " })))
            }
    }

    @Test("no line of a result is wider, but one word that people copy", arguments: widths, Language.allCases)
    func results(width: Int, language: Language) {
        Speech.$language.withValue(language) {
            for record in Self.records {
                #expect(tooWide(record.lines(Layout(width: width, isStyled: true)), width) == [])
            }
        }
    }

    @Test("paths, links and ids are whole", arguments: widths, Language.allCases)
    func whole(width: Int, language: Language) {
        Speech.$language.withValue(language) {
            let lines = Self.records.flatMap { $0.lines(Layout(width: width, isStyled: true)) }
            #expect(lines.count { $0.contains(Self.file) } == 2)
            #expect(lines.count { $0.contains(Self.link) } == 4)
            #expect(lines.count { $0.contains("issa@" + Self.name) } == 1)
        }
    }

    @Test("what is set apart ends with its line", arguments: widths, Language.allCases)
    func isolated(width: Int, language: Language) {
        Speech.$language.withValue(language) {
            for line in Self.records.flatMap({ $0.lines(Layout(width: width, isStyled: true)) }) {
                let opened = line.unicodeScalars.count { (0x2066...0x2068).contains($0.value) }
                #expect(opened == line.unicodeScalars.count { $0.value == 0x2069 })
            }
        }
    }

    @Test("the members' names and states stand in two columns where both have room, else below each other in all rows")
    func members() {
        func record(_ user: String, _ state: MemberRecord.State) -> MemberRecord {
            MemberRecord(
                organisation: "SMEX",
                user: user,
                device: "main",
                state: state,
                isVerified: false,
                isSelf: user == "nadia",
                column: 20
            )
        }
        let records = [record("nadia", .active), record("abdulrahman", .revoked)]
        Speech.$language.withValue(.english) {
            #expect(
                records.flatMap { $0.lines(Layout(width: 64, isStyled: false)) } == [
                    "nadia@SMEX/main       active · this device", "abdulrahman@SMEX/main  revoked · not verified",
                ]
            )
            #expect(
                records.flatMap { $0.lines(Layout(width: 40, isStyled: false)) } == [
                    "nadia@SMEX/main", "    active · this device", "abdulrahman@SMEX/main",
                    "    revoked · not verified",
                ]
            )
        }
    }

    @Test("no note, question or error is wider", arguments: widths, Language.allCases)
    func sentences(width: Int, language: Language) {
        let names = Phrase.allCases.flatMap { Speech.english($0).matches(of: #/\{([a-z]+)\}/#) }.map { String($0.1) }
        let values = Dictionary(names.map { ($0, "some words") }, uniquingKeysWith: { first, _ in first })
        Speech.$language.withValue(language) {
            let layout = Layout(width: width, isStyled: false)
            // Help is laid out by itself.
            for phrase in Phrase.allCases where !"\(phrase)".hasPrefix("example") {
                #expect(tooWide(layout.wrapped(["  " + Speech.text(phrase, values)]), width) == [], "\(phrase)")
            }
        }
    }

    @Test("no line of help is wider, and its commands are the same when copied", arguments: Language.allCases)
    func help(language: Language) throws {
        try Speech.$language.withValue(language) {
            for command in HelpTextTests.commands {
                let page = HelpTextTests.page(command)
                let unbroken = commands(in: try #require(HelpPage.lines(page, width: HelpPage.unbroken)))
                let name = (["aadr-msg"] + command).joined(separator: " ")
                #expect(command.isEmpty || unbroken.contains { $0.hasPrefix(name) }, "\(command)")
                for width in widths {
                    let lines = try #require(HelpPage.lines(page, width: width))
                    // What a shell takes for one word stays one.
                    let several = lines.filter { $0.wholeMatch(of: #/ +'.*'( \\)?/#) == nil }
                    #expect(tooWide(several, width) == [], "\(command)")
                    #expect(commands(in: lines) == unbroken)
                }
            }
        }
    }

    /// The command lines of a page's examples, as a shell reads them.
    private func commands(in page: [String]) -> [String] {
        page.joined(separator: "\n").replacing(#/ \\\n */#, with: " ").split(separator: "\n").map(String.init)
            .prefix { !$0.hasPrefix(Speech.text(.headingUsage)) }
            .filter { $0.hasPrefix("  ") }.map { String($0.drop { $0 == " " }) }
    }
}
