import Testing

@testable import Coalition

@Suite("Content")
struct ContentTests {
    static let id = "000102030405060708090a0b0c0d0e0f"

    static func reference() -> Content.Reference {
        Content.Reference(.random(), from: DeviceHash(unchecked: MessageID.random().bytes + MessageID.random().bytes))
    }

    func content(_ json: String) throws -> Content { try Content(json: Array(json.utf8)) }

    func content(members: String) throws -> Content {
        try content(#"{"v":1,"id":"\#(Self.id)",\#(members)}"#)
    }

    @Test(
        "what is sent is read back as the same",
        arguments: [
            Content.Kind.text("مرحبا \u{1F54A} \"quoted\"\n\\"), .text(""), .acknowledgement(text: nil),
            .acknowledgement(text: "seen"), .receipt(.read), .receipt(.delivered), .cancel(text: nil), .heartbeat,
        ]
    )
    func roundTrip(kind: Content.Kind) throws {
        let reference = Self.reference()
        let sent = try Content(kind, references: [reference])
        let read = try Content(json: sent.json)
        #expect(read.kind == kind)
        #expect(read.id == sent.id)
        #expect(read.references == [reference])
        #expect(read.json == sent.json)
    }

    @Test("a reference without its sender is what an earlier program writes")
    func sender() throws {
        let id = Self.reference().id
        let read = try content(members: #""kind":"acknowledgement","references":["\#(id)"]"#)
        #expect(read.references == [Content.Reference(id, from: nil)])
        let sent = try Content(.receipt(.read), references: [Self.reference(), Content.Reference(id, from: nil)])
        #expect(sent.object["senders"] == nil)
    }

    @Test("members and kinds that are not known are kept")
    func unknown() throws {
        let json = #"{"v":1,"id":"\#(Self.id)","kind":"poll","future":{"a":[1.50e3,null,true,"x"]}}"#
        let read = try content(json)
        #expect(read.kind == .unknown("poll"))
        #expect(String(decoding: read.json, as: UTF8.self) == json)
    }

    @Test("an alert is kept whole")
    func alert() throws {
        let read = try content(members: #""kind":"alert","alert":{"status":"Actual","info":[{"language":"ar"}]}"#)
        guard case .alert(let alert) = read.kind else { return #expect(Bool(false)) }
        #expect(alert["status"]?.string == "Actual")
    }

    @Test(
        "a missing or wrong member is named",
        arguments: [
            (#""kind":"text""#, "text"), (#""kind":"text","text":5"#, "text"), (#""text":"x""#, "kind"),
            (#""kind":"receipt","references":["000102030405060708090a0b0c0d0e0f"]"#, "state"),
            (#""kind":"receipt","state":"seen","references":["000102030405060708090a0b0c0d0e0f"]"#, "state"),
            (#""kind":"acknowledgement""#, "references"), (#""kind":"cancel","references":[]"#, "references"),
            (#""kind":"cancel","references":["000102030405060708090A0B0C0D0E0F"]"#, "references"),
            (#""kind":"alert","alert":"x""#, "alert"), (#""kind":"file""#, "file"),
            (#""kind":"cancel","references":["000102030405060708090a0b0c0d0e0f"],"senders":[]"#, "senders"),
            (#""kind":"cancel","references":["000102030405060708090a0b0c0d0e0f"],"senders":["00"]"#, "senders"),
            (#""kind":"cancel","references":["000102030405060708090a0b0c0d0e0f"],"senders":[null]"#, "senders"),
            (#""kind":"cancel","references":["000102030405060708090a0b0c0d0e0f"],"senders":"x""#, "senders"),
        ]
    )
    func wrongMember(members: String, name: String) {
        #expect(throws: ContentError.member(name)) { try content(members: members) }
    }

    @Test("the version and the id must be right")
    func head() {
        #expect(throws: ContentError.newerVersion) { try content(#"{"v":2}"#) }
        #expect(throws: ContentError.member("v")) { try content(#"{"id":"x"}"#) }
        #expect(throws: ContentError.member("id")) { try content(#"{"v":1,"id":"xyz","kind":"text","text":"a"}"#) }
        #expect(throws: ContentError.json(.syntax(at: 0))) { try content("[1]") }
    }

    @Test("text has at most 65,536 scalars, and references are at most 256")
    func bounds() throws {
        let longest = String(repeating: "\u{1F54A}", count: 65_536)
        _ = try Content(.text(longest))
        #expect(throws: ContentError.member("text")) { try Content(.text(longest + "a")) }
        _ = try Content(.receipt(.read), references: (0..<256).map { _ in Self.reference() })
        #expect(throws: ContentError.member("references")) {
            try Content(.receipt(.read), references: (0..<257).map { _ in Self.reference() })
        }
    }

    @Test("the whole is at most 1,000,000 bytes, nested at most 32 deep")
    func limits() throws {
        let start = #"{"v":1,"id":"\#(Self.id)","kind":"heartbeat""#
        let room = 1_000_000 - start.utf8.count - 1
        _ = try content(start + String(repeating: " ", count: room) + "}")
        #expect(throws: ContentError.json(.tooLong)) {
            try content(start + String(repeating: " ", count: room + 1) + "}")
        }
        func nested(_ depth: Int) -> String {
            start + #","x":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        _ = try content(nested(31))
        #expect(throws: ContentError.json(.tooDeep)) { try content(nested(32)) }
        #expect(throws: ContentError.json(.tooDeep)) {
            try content(start + #","x":"# + String(repeating: "[", count: 900_000))
        }
    }

    @Test("duplicate names are refused, however they are escaped")
    func duplicates() {
        #expect(throws: ContentError.json(.duplicateName("kind"))) {
            try content(members: #""kind":"text","text":"a","\u006bind":"alert""#)
        }
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"a":-}"#, #"{"a":+1}"#,
            #"{"a":1e}"#, #"{"a":tru}"#, #"{'a':1}"#, #"{"a":"\x"}"#, #"{"a":"\ud800"}"#, #"{"a":"\udc00"}"#,
            #"{"a":"\ud800\u0041"}"#, #"{"a":"\u12"}"#, "{\"a\":\"\n\"}", #"{"a":1}{}"#, #"{"a":[1 2]}"#,
            #"{"a":[1,]}"#,
            "\u{FEFF}{}",
        ]
    )
    func syntax(json: String) {
        #expect(throws: ContentError.self) {
            do { _ = try content(json) } catch ContentError.json(.syntax) { throw ContentError.newerVersion }
        }
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        #expect(throws: ContentError.json(.notUTF8)) {
            try Content(json: Array(#"{"a":""#.utf8) + [0xff] + Array(#""}"#.utf8))
        }
    }

    @Test("escapes are read as RFC 8259 has them")
    func escapes() throws {
        let read = try content(members: #""kind":"text","text":"\u0041\ud83d\udd4a\/\b\f\n\r\t""#)
        #expect(read.kind == .text("A\u{1F54A}/\u{8}\u{c}\n\r\t"))
    }
}
