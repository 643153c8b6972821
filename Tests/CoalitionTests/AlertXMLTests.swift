import Testing

@testable import Coalition

@Suite("Alerts as CAP 1.2 documents")
struct AlertXMLTests {
    private static let head = """
        <identifier>X-1</identifier><sender>desk@example.org</sender><sent>2026-11-23T22:55:10-05:00</sent>\
        <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
        """
    private static let info = """
        <info><category>Infra</category><event>Shutdown</event><urgency>Immediate</urgency><severity>Severe</severity>\
        <certainty>Observed</certainty></info>
        """

    private func document(_ contents: String = head + info) -> String {
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\(contents)</alert>"
    }

    private func alert(_ xml: String) throws -> Alert { try Alert(xml: Array(xml.utf8)) }

    private func refusal(of xml: String) -> AlertDocumentError? {
        do throws(AlertDocumentError) {
            _ = try Alert(xml: Array(xml.utf8))
            return nil
        } catch {
            return error
        }
    }

    /// A weather service's shape: a declaration, a style sheet, comments, everything indented.
    static let weatherService = """
        <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <?xml-stylesheet href="/cap.xsl" type="text/xsl"?>
        <!-- generated -->
        <alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
          <identifier>WX-2026-0042</identifier>
          <sender>duty@weather.example</sender>
          <sent>2026-11-23T22:55:10+02:00</sent>
          <status>Actual</status>
          <msgType>Update</msgType>
          <source>Region 4</source>
          <scope>Public</scope>
          <code>IPAWSv1.0</code>
          <code>profile:X</code>
          <note>Second bulletin</note>
          <references>duty@weather.example,WX-2026-0041,2026-11-23T20:00:00+02:00</references>
          <info>
            <language>en-GB</language>
            <category>Met</category>
            <category>Safety</category>
            <event>Flash flood</event>
            <responseType>Avoid</responseType>
            <urgency>Expected</urgency>
            <severity>Extreme</severity>
            <certainty>Likely</certainty>
            <eventCode><valueName>SAME</valueName><value>FFW</value></eventCode>
            <effective>2026-11-23T22:55:10+02:00</effective>
            <onset>2026-11-24T02:00:00+02:00</onset>
            <expires>2026-11-24T12:00:00+02:00</expires>
            <senderName>Weather office</senderName>
            <headline>Wadis will flood &lt;tonight&gt; &amp; tomorrow</headline>
            <description>
              Rain on dry ground.
              Keep away.
            </description>
            <instruction>Stay on high ground.</instruction>
            <web>https://weather.example/42?a=1&amp;b=2</web>
            <contact>+000</contact>
            <parameter><valueName>depth</valueName><value>2 m</value></parameter>
            <resource>
              <resourceDesc>map</resourceDesc><mimeType>image/png</mimeType><size>1024</size>
              <uri>https://weather.example/42.png</uri>
            </resource>
            <area>
              <areaDesc>Wadi X</areaDesc>
              <polygon>31.0,35.0 31.1,35.0 31.1,35.1 31.0,35.0</polygon>
              <circle>31.0,35.0 5</circle>
              <geocode><valueName>iso</valueName><value>JO</value></geocode>
              <altitude>300</altitude>
            </area>
          </info>
        </alert>
        """

    /// A civil-defence aggregator's: a prefix, elements out of order, a signature, times with Z, words in small letters,
    /// two languages, CDATA.
    static let civilDefence = """
        \u{FEFF}<cap:alert xmlns:cap='urn:oasis:names:tc:emergency:cap:1.2' xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
        <ds:Signature Id="s"><ds:Info><cap:status>Test</cap:status></ds:Info></ds:Signature>
        <cap:sent>2026-11-23T22:55:10.250Z</cap:sent><cap:identifier>urn:oid:2.49.0.0.1</cap:identifier>
        <cap:sender>alerts@civil.example</cap:sender><cap:status>exercise</cap:status>
        <cap:scope>Restricted</cap:scope><cap:restriction>Members only</cap:restriction><cap:msgType>Alert</cap:msgType>
        <cap:note/><cap:info><cap:language>ar</cap:language><cap:category>Rescue</cap:category>
        <cap:event><![CDATA[تدريب <على> الإخلاء]]></cap:event><cap:urgency>Future</cap:urgency>
        <cap:severity>Unknown</cap:severity><cap:certainty>Unknown</cap:certainty></cap:info>
        <cap:info><cap:language>en</cap:language><cap:category>Rescue</cap:category><cap:event>Drill</cap:event>
        <cap:urgency>Future</cap:urgency><cap:severity>Unknown</cap:severity><cap:certainty>Unknown</cap:certainty>
        <cap:headline>Drill &#x2014; &#1578;</cap:headline></cap:info>
        </cap:alert>
        """

    @Test(
        "of several publishers are read, and come back from what is written",
        arguments: [weatherService, civilDefence]
    )
    func roundTrip(xml: String) throws {
        let read = try alert(xml)
        let written = read.xml
        #expect(try Alert(xml: written) == read)
        #expect(try Alert(xml: written).xml == written)
        #expect(try Content(.alert(read.object)).json.count < 10_000)
    }

    @Test("lose nothing that CAP has")
    func weather() throws {
        let alert = try alert(Self.weatherService)
        let info = alert.infos[0]
        #expect(alert.messageType == .update)
        #expect(alert.references.map(\.identifier) == ["WX-2026-0041"])
        #expect(alert.object["code"] == .array([.string("IPAWSv1.0"), .string("profile:X")]))
        #expect(info.headline == "Wadis will flood <tonight> & tomorrow")
        #expect(info.description?.hasPrefix("Rain on dry ground.\n") == true)
        #expect(info.object["resource"]?.array?[0].object?["size"]?.string == "1024")
        #expect(info.object["area"]?.array?[0].object?["geocode"]?.array?[0].object?["value"]?.string == "JO")
    }

    @Test("with prefixes, signatures, disorder and lax times are understood")
    func aggregator() throws {
        let alert = try alert(Self.civilDefence)
        #expect(alert.status == .exercise)
        #expect(alert.sent.description == "2026-11-23T22:55:10-00:00")
        #expect(alert.note == nil)
        #expect(alert.infos.map(\.event) == ["تدريب <على> الإخلاء", "Drill"])
        #expect(alert.infos[1].headline == "Drill — ت")
    }

    @Test("are written in the order of the schema, with every mark escaped")
    func written() throws {
        let alert = try AlertFixture.alert {
            $0.set("note", to: .string("a<b>&\u{0}\r\u{FFFE}]]>"))
            $0.set("source", to: .string("desk"))
        }
        let text = String(decoding: alert.xml, as: UTF8.self)
        #expect(text.contains("<note>a&lt;b&gt;&amp;\u{FFFD}&#13;\u{FFFD}]]&gt;</note>"))
        let order = ["identifier", "msgType", "source", "scope", "restriction", "note", "info", "language", "area"]
        let places = order.map { text.firstRange(of: "<\($0)>")?.lowerBound ?? text.endIndex }
        #expect(places == places.sorted() && !places.contains(text.endIndex))
    }

    @Test(
        "that attack their reader are refused before anything is made of them",
        arguments: [
            ("<!DOCTYPE alert [<!ENTITY a \"aaaa\">]>", "", XMLError.documentType),
            ("<?xml version=\"1.0\"?><!DOCTYPE alert SYSTEM \"file:///etc/passwd\">", "", .documentType),
            ("<!-- a --> <!DOCTYPE x>", "", .documentType),
            ("", "<!ENTITY a 'b'>", .documentType),
            ("", "<note>&lol;</note>", .entity),
            ("", "<note>&nbsp;</note>", .entity),
            ("<?xml version=\"1.0\" encoding=\"UTF-16\"?>", "", .notUTF8),
            ("<?xml version='1.0' encoding = 'ISO-8859-6'?>", "", .notUTF8),
        ]
    )
    func hostile(before: String, inside: String, error: XMLError) {
        #expect(refusal(of: before + document(Self.head + inside + Self.info)) == .xml(error))
    }

    @Test("that are nested too deep or too long are refused, however far they go on")
    func boundless() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(refusal(of: document(deep)) == .xml(.tooDeep))
        #expect(refusal(of: document(String(repeating: " ", count: 1_000_000))) == .xml(.tooLong))
    }

    @Test(
        "that are not well-formed are refused",
        arguments: [
            "", "text", "<alert>", "<alert></alerts>", "<alert/><alert/>", "<alert>]]</alert", "<a b=c/>", "<a b='<'/>",
            "<a b='1' b='2'/>", "<a b='1'c='2'/>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>",
            "<a>&#+65;</a>",
            "<a>\u{1}</a>", "<p:a/>", "<a><!-- -- --></a>", "<a><![CDATA[</a>", "</a>", "< a/>", "<a>&amp</a>",
        ]
    )
    func malformed(xml: String) {
        switch refusal(of: xml) {
        case .xml(.syntax), .xml(.entity): break
        case let other: Issue.record("\(xml): \(String(describing: other))")
        }
    }

    @Test("say on which line they break off")
    func line() {
        #expect(refusal(of: "<alert>\n\n<b></c></alert>") == .xml(.syntax(line: 3)))
        #expect(throws: XMLError.notUTF8) { try XMLReader.read([0xff]) }
    }

    @Test("that are no alerts, or of another CAP, are refused as that")
    func other() {
        #expect(refusal(of: "<html/>") == .notAnAlert)
        #expect(refusal(of: "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.1'/>") == .notAnAlert)
    }

    @Test("with an element missing, twice or wrong are refused by its name")
    func elements() {
        let missing = document(Self.head)
        #expect(refusal(of: missing) == .alert(AlertError(element: "info", problem: .missing)))
        let twice = document(Self.head + "<status>Test</status>" + Self.info)
        #expect(refusal(of: twice) == .alert(AlertError(element: "status", problem: .repeated)))
        let wrong = document(Self.head + Self.info.replacing("Severe", with: "Bad"))
        #expect(refusal(of: wrong) == .alert(AlertError(element: "info[0].severity", problem: .malformed)))
    }
}
