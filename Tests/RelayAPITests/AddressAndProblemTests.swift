import RelayAPI
import Testing

@Suite struct Base64URLTests {
    @Test(arguments: [
        ("", []), ("Zg", [0x66]), ("Zm8", [0x66, 0x6f]), ("Zm9v", [0x66, 0x6f, 0x6f]), ("-_8", [0xfb, 0xff]),
    ])
    func textsOfRFC4648AreWrittenAndReadWithoutPadding(_ text: String, _ bytes: [UInt8]) {
        #expect(Base64URL.encode(bytes) == text)
        #expect(Base64URL.decode(text) == bytes)
    }

    @Test(arguments: ["Z", "Zh", "Zm9", "Zg==", "Z+8", "Zm 8", "Zm8é"])
    func anyOtherFormIsRefused(_ text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}

@Suite struct RelayAddressTests {
    private let pin = KeyPin(subjectPublicKeyInfo: [1, 2, 3])

    @Test func anAddressIsReadAsItIsWritten() throws {
        let text = "https://relay.example.org:8443/#\(pin)"
        let address = try RelayAddress(text)
        #expect(address.scheme == .https)
        #expect(address.host == "relay.example.org")
        #expect(address.port == 8443)
        #expect(address.pins == [pin])
        #expect(address.description == text)
    }

    @Test func aSparePinStandsBehindTheFirst() throws {
        let spare = KeyPin(subjectPublicKeyInfo: [4])
        let text = "https://relay.example.org:8443/#\(pin),\(spare)"
        #expect(try RelayAddress(text).pins == [pin, spare])
        #expect(try RelayAddress(text).description == text)
    }

    @Test func threePinsOrTwiceTheSameAreRefused() {
        let others = (0..<2).map { KeyPin(subjectPublicKeyInfo: [$0]) }
        for pins in [[pin, pin], [pin] + others] {
            let text = pins.map(\.description).joined(separator: ",")
            #expect(throws: RelayAddressError.pin) { try RelayAddress("https://relay.example.org:1/#\(text)") }
        }
    }

    @Test(arguments: [
        ("https://Relay.Example.org", "https://relay.example.org:443/"),
        ("https://[::1]:9/", "https://[::1]:9/"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80/"),
        ("http://localhost/", "http://localhost:80/"),
        ("http://abcdefghij.onion:8080/", "http://abcdefghij.onion:8080/"),
    ])
    func portAndSlashMayBeMissing(_ text: String, _ canonical: String) throws {
        #expect(try RelayAddress(text).description == canonical)
    }

    @Test(
        arguments: [
            ("relay.example.org", .scheme), ("ftp://relay.example.org", .scheme), ("", .scheme),
            ("https://", .host), ("https://a b", .host), ("https://user@host/", .host), ("https://a:1:2/", .host),
            ("https://[::1", .host), ("https://[relay]/", .host),
            ("https://host:0/", .port), ("https://host:65536/", .port), ("https://host:x/", .port),
            ("https://host:1/path", .path), ("https://host:1/?q", .path),
            ("https://host:1/#", .pin), ("https://host:1/#AAAA", .pin), ("https://host:1/#!", .pin),
            ("https://host:1/#\(KeyPin(subjectPublicKeyInfo: [])),", .pin),
            ("http://relay.example.org:80/", .plainHTTP), ("http://127.0.0.1.example.org/", .plainHTTP),
            ("http://1270.0.0.1/", .plainHTTP),
        ] as [(String, RelayAddressError)]
    )
    func otherFormsAreRefusedForWhatIsWrong(_ text: String, _ error: RelayAddressError) {
        #expect(throws: error) { try RelayAddress(text) }
    }

    @Test func aPinOverPlainHTTPIsRefused() {
        #expect(throws: RelayAddressError.pin) { try RelayAddress("http://localhost:1/#\(pin)") }
    }
}

@Suite struct ProblemTests {
    @Test(arguments: Problem.Name.allCases)
    func aDocumentIsReadAsItIsWritten(_ name: Problem.Name) {
        let problem = Problem(name, detail: "“why”", incarnation: name == .incarnationChanged ? .random() : nil)
        #expect(Problem(json: problem.json) == problem)
    }

    @Test func aDocumentHasTheMembersOfRFC9457() {
        let text = String(decoding: Problem(.epochEnded).json, as: UTF8.self)
        #expect(
            text == """
                {"status":409,"title":"An advance has ended the epoch","type":"urn:aadr:problem:epoch-ended"}
                """
        )
    }

    @Test(arguments: ["", "[]", "{}", #"{"type":"about:blank","title":"x","status":500}"#])
    func anythingElseIsNoProblem(_ text: String) {
        #expect(Problem(json: Array(text.utf8)) == nil)
    }
}

@Suite struct RelayInformationTests {
    @Test func theDocumentSaysWhatTheRelayAllows() throws {
        let information = RelayInformation(
            version: "1.2.3",
            retentionDays: .init(application: 14, advance: 90, maximum: 180)
        )
        #expect(RelayInformation(json: information.json) == information)
        #expect(information.bodyLengths == [1024, 4096, 16384, 65536, 262_144, 1_048_576])
        #expect(information.protocol.contains(1))
        #expect(!information.protocol.contains(2))
    }
}
