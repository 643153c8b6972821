import Testing

@testable import Coalition

/// An alert with everything that one must have, and changes to it.
enum AlertFixture {
    static let json = """
        {"identifier":"00112233445566778899aabbccddeeff","sender":"haidar@INSM","sent":"2026-11-23T22:55:10+03:00",\
        "status":"Actual","msgType":"Alert","scope":"Restricted","restriction":"TLP:AMBER","info":[{"language":"ar",\
        "category":["Security"],"event":"توقيف","urgency":"Immediate","severity":"Severe","certainty":"Observed",\
        "expires":"2026-11-24T22:55:10-00:00","headline":"توقيف مدوّن"},{"language":"en","category":["Security","Safety"],\
        "event":"Arrest","responseType":["Monitor"],"urgency":"Immediate","severity":"Severe","certainty":"Observed",\
        "expires":"2026-11-25T00:00:00+03:00","headline":"Blogger arrested","area":[{"areaDesc":"Baghdad"}]}]}
        """

    static func object(_ change: (inout JSONObject) -> Void = { _ in }) throws -> JSONObject {
        var object = try #require(try JSONReader.read(Array(json.utf8)).object)
        change(&object)
        return object
    }

    static func alert(_ change: (inout JSONObject) -> Void = { _ in }) throws -> Alert { try Alert(object(change)) }

    /// Changes the second `info` block.
    static func info(_ name: String, _ value: JSONValue?) throws -> JSONObject {
        try object { object in
            var infos = object["info"]?.array ?? []
            var info = infos[1].object ?? JSONObject()
            if let value { info.set(name, to: value) } else { info.remove(name) }
            infos[1] = .object(info)
            object.set("info", to: .array(infos))
        }
    }
}

@Suite("Alerts")
struct AlertTests {
    @Test("are read in the terms of CAP")
    func read() throws {
        let alert = try AlertFixture.alert()
        #expect(alert.status == .actual)
        #expect(alert.messageType == .alert)
        #expect(alert.label == .amber)
        #expect(alert.infos.map(\.severity) == [.severe, .severe])
        #expect(alert.info(for: "en")?.headline == "Blogger arrested")
        #expect(alert.info(for: "ar")?.headline == "توقيف مدوّن")
        #expect(alert.info(for: "fr")?.language == "ar")
        #expect(alert.infos[1].areas == ["Baghdad"])
        #expect(alert.expires == alert.infos[0].expires?.time)
        #expect(alert.reference.description == "haidar@INSM,00112233445566778899aabbccddeeff,2026-11-23T22:55:10+03:00")
    }

    @Test("never expire when one of their parts does not")
    func expiry() throws {
        #expect(try Alert(AlertFixture.info("expires", nil)).expires == nil)
    }

    @Test(
        "must have what CAP requires",
        arguments: ["identifier", "sender", "sent", "status", "msgType", "scope", "restriction", "info"]
    )
    func required(element: String) throws {
        #expect(throws: AlertError(element: element, problem: .missing)) {
            try AlertFixture.alert { $0.remove(element) }
        }
    }

    @Test(
        "must have in each part what CAP requires there",
        arguments: ["category", "event", "urgency", "severity", "certainty"]
    )
    func requiredInInfo(element: String) throws {
        let object = try AlertFixture.info(element, nil)
        #expect(throws: AlertError(element: "info[1].\(element)", problem: .missing)) { try Alert(object) }
    }

    @Test(
        "have only CAP's own words, times and forms",
        arguments: [
            ("status", "actual"), ("msgType", "Warning"), ("scope", "Secret"), ("sent", "2026-11-23T22:55:10Z"),
            ("sent", "2026-02-29T00:00:00-00:00"), ("identifier", "a b"), ("identifier", "a,b"), ("identifier", ""),
            ("sender", "<x>"), ("references", "a,b"), ("references", "a,b,yesterday"),
        ]
    )
    func malformed(element: String, value: String) throws {
        #expect(throws: AlertError(element: element, problem: .malformed)) {
            try AlertFixture.alert { $0.set(element, to: .string(value)) }
        }
    }

    @Test(
        "have only CAP's own words, times and forms in their parts",
        arguments: [
            ("severity", JSONValue.string("Catastrophic")), ("urgency", .string("Now")), ("certainty", .number("1")),
            ("category", .string("Security")), ("category", .array([.string("Politics")])),
            ("language", .string("a_b")),
            ("language", .string("")), ("expires", .string("tomorrow")), ("event", .null), ("area", .array([.null])),
        ]
    )
    func malformedInInfo(element: String, value: JSONValue) throws {
        let object = try AlertFixture.info(element, value)
        let error = try #require(throws: AlertError.self) { try Alert(object) }
        #expect(error.problem == .malformed)
        #expect(error.element.hasPrefix("info[1].\(element)"))
    }

    @Test("that supersede or answer another one name it", arguments: ["Update", "Cancel", "Ack", "Error"])
    func references(type: String) throws {
        #expect(throws: AlertError(element: "references", problem: .missing)) {
            try AlertFixture.alert { $0.set("msgType", to: .string(type)) }
        }
        let alert = try AlertFixture.alert {
            $0.set("msgType", to: .string(type))
            $0.set("references", to: .string("a@b,1,2026-11-23T22:55:10-00:00\n c@d,2,2026-11-23T22:55:10-00:00"))
        }
        #expect(alert.references.map(\.identifier) == ["1", "2"])
    }

    @Test("to be cancelled need no words, private ones need addresses")
    func together() throws {
        _ = try AlertFixture.alert {
            $0.set("msgType", to: .string("Cancel"))
            $0.set("references", to: .string("a@b,1,2026-11-23T22:55:10-00:00"))
            $0.remove("info")
        }
        #expect(throws: AlertError(element: "addresses", problem: .missing)) {
            try AlertFixture.alert { $0.set("scope", to: .string("Private")) }
        }
    }

    @Test("are bounded")
    func bounds() throws {
        let long = String(repeating: "ا", count: 65_537)
        #expect(throws: AlertError(element: "note", problem: .tooLong)) {
            try AlertFixture.alert { $0.set("note", to: .string(long)) }
        }
        let many = [JSONValue](repeating: .string("x"), count: 257)
        #expect(throws: AlertError(element: "code", problem: .tooMany)) {
            try AlertFixture.alert { $0.set("code", to: .array(many)) }
        }
    }

    @Test("keep members that are not known")
    func unknown() throws {
        let alert = try AlertFixture.alert { $0.set("mood", to: .number("1")) }
        #expect(alert.object["mood"] == .number("1"))
    }

    @Test("are made from drafts, in the order of the schema, and updated without losing anything")
    func draft() throws {
        let sender = try #require(UserAddress("haidar@INSM"))
        let old = try AlertFixture.alert { $0.set("mood", to: .number("1")) }
        var draft = AlertDraft(updating: old)
        draft.restrict(to: .clear)
        let alert = try draft.alert(
            .update,
            id: .random(),
            from: sender,
            at: Time(seconds: 1_795_474_510),
            references: [old.reference]
        )
        #expect(alert.infos == old.infos)
        #expect(alert.scope == .public)
        #expect(alert.references == [old.reference])
        #expect(alert.sent.description == "2026-11-23T22:55:10-00:00")
        #expect(
            alert.object.members.map(\.name) == [
                "identifier", "sender", "sent", "status", "msgType", "scope", "restriction", "references", "info",
                "mood",
            ]
        )
    }
}

@Suite("Times of alerts")
struct AlertTimeTests {
    @Test(
        "are read with their zones",
        arguments: [
            ("1970-01-01T00:00:00-00:00", 0), ("2026-11-23T22:55:10-00:00", 1_795_474_510),
            ("2026-11-24T00:55:10+02:00", 1_795_474_510), ("2026-11-23T17:25:10-05:30", 1_795_474_510),
            ("9999-12-31T23:59:59-00:00", 253_402_300_799),
        ] as [(String, UInt64)]
    )
    func zones(text: String, seconds: UInt64) {
        #expect(AlertTime(text)?.time == Time(seconds: seconds))
        #expect(AlertTime(text)?.description == text)
    }

    @Test(
        "of any other form are refused",
        arguments: [
            "", "2026-11-23T22:55:10", "2026-11-23T22:55:10Z", "2026-11-23T22:55:10+00:00", "2026-11-23 22:55:10-00:00",
            "2026-13-01T00:00:00-00:00", "2026-04-31T00:00:00-00:00", "2026-01-01T24:00:00-00:00",
            "2026-01-01T00:60:00-00:00", "2026-01-01T00:00:00-0000", "2026-01-01T00:00:00+15:00",
            "1969-12-31T23:59:59-00:00",
            "٢٠٢٦-11-23T22:55:10-00:00", "2026-01-01T00:00:00-+1:00",
        ]
    )
    func refused(text: String) {
        #expect(AlertTime(text) == nil)
    }

    @Test(
        "of publishers who write otherwise become CAP's",
        arguments: [
            ("2026-11-23T22:55:10Z", "2026-11-23T22:55:10-00:00"),
            ("2026-11-23T22:55:10.123+00:00", "2026-11-23T22:55:10-00:00"),
            ("2026-11-23T22:55:10.5+02:00", "2026-11-23T22:55:10+02:00"),
            ("2026-11-23T22:55:10-05:00", "2026-11-23T22:55:10-05:00"),
        ]
    )
    func lenient(text: String, expected: String) {
        #expect(AlertTime(lenient: text)?.description == expected)
        #expect(AlertTime(lenient: "2026-11-23") == nil)
    }

    @Test("are written in UTC")
    func written() {
        #expect(AlertTime(Time(seconds: 951_782_400)).description == "2000-02-29T00:00:00-00:00")
        #expect(AlertTime(Time(seconds: .max)).description == "9999-12-31T23:59:59-00:00")
    }

    @Test("know every day of four centuries, and no other")
    func calendar() {
        var previous = CivilDate(daysSince1970: -1)
        for day in 0...146_097 {
            let date = CivilDate(daysSince1970: day)
            #expect(date.daysSince1970 == day)
            #expect(CivilDate(year: date.year, month: date.month, day: date.day) == date)
            let follows = date.day == previous.day + 1 && date.month == previous.month && date.year == previous.year
            #expect(follows || date.day == 1)
            previous = date
        }
        #expect(CivilDate(year: 2100, month: 2, day: 29) == nil)
        #expect(CivilDate(year: 2026, month: 0, day: 1) == nil)
    }
}
