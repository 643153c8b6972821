import NIOHTTP1
import RelayAPI
import Testing

@testable import Relay

/// The header fields that the relay reads and writes.
@Suite struct FieldTests {
    private static func fields(_ headers: HTTPHeaders) -> RequestFields { RequestFields(headers) }

    @Test func theLengthIsThatOfTheField() {
        #expect(Self.fields(["Content-Length": "5"]).contentLength == 5)
        #expect(Self.fields(["Host": "5"]).contentLength == nil)
        #expect(Self.fields(["Content-Length": "5 \t"]).contentLength == 5)
        #expect(Self.fields(["Content-Length": "9223372036854775808"]).contentLength == .max)
    }

    @Test func allNamesAndValuesCount() {
        #expect(Self.fields(["Host": "aadr", "X-Ü": "ü"]).byteCount == 8 + 6)
    }

    @Test(arguments: [
        "application/octet-stream", "Application/Octet-Stream", "application/octet-stream; charset=binary",
        " application/octet-stream ;x",
    ])
    func theMediaTypeIsKnownHoweverItIsSpelled(_ mediaType: String) {
        #expect(Self.fields(["content-TYPE": mediaType]).isOctetStream)
    }

    @Test(arguments: ["application/json", "application/octet-streams", "", "text/plain; application/octet-stream"])
    func anotherMediaTypeIsNone(_ mediaType: String) {
        #expect(!Self.fields(["Content-Type": mediaType]).isOctetStream)
    }

    /// The same value twice included: what was meant is not guessed.
    @Test func aMediaTypeThatIsMissingOrStandsTwiceIsNone() {
        let mediaType = ("content-type", RelayAPI.Operation.mediaType)
        #expect(!Self.fields([:]).isOctetStream)
        #expect(Self.fields(HTTPHeaders([mediaType])).isOctetStream)
        #expect(!Self.fields(HTTPHeaders([mediaType, mediaType])).isOctetStream)
    }

    @Test(arguments: ["", "x", "relay.example:8443", "[::1]:80", "127.0.0.1", "a_b", "x%25y", "x \t"])
    func aHostIsSeen(_ host: String) {
        #expect(Self.fields(["HOST": host]).host == .named)
    }

    @Test(arguments: ["a b", "a, b", "x/", "x?", "x#", "user@x", "\\", "<x>", "é"])
    func whatCannotBeAHostIsNone(_ host: String) {
        #expect(Self.fields(["Host": host]).host == .wrong)
    }

    /// The same twice included.
    @Test func aHostIsMissingOrStandsTwice() {
        #expect(Self.fields(["Hosts": "x"]).host == .missing)
        #expect(Self.fields(HTTPHeaders([("host", "x"), ("Host", "x")])).host == .wrong)
        #expect(Self.fields(HTTPHeaders([("host", "a b"), ("host", "x")])).host == .wrong)
    }

    /// The same twice included: a body is not cut into chunks of chunks (RFC 9112, 6.1).
    @Test func aCodingOtherThanChunksIsUnknown() {
        for coding in ["chunked", "Chunked", "chunked "] {
            #expect(!Self.fields(["Transfer-Encoding": coding]).hasUnknownCoding)
        }
        for coding in ["gzip, chunked", "chunked, gzip", "chunked;x", "identity", ""] {
            #expect(Self.fields(["transfer-ENCODING": coding]).hasUnknownCoding)
        }
        let (chunked, gzip) = (("transfer-encoding", "chunked"), ("transfer-encoding", "gzip"))
        #expect(Self.fields(HTTPHeaders([chunked, chunked])).hasUnknownCoding)
        #expect(Self.fields(HTTPHeaders([gzip, chunked])).hasUnknownCoding)
    }

    @Test func whatElseIsAskedForIsSeen() {
        #expect(Self.fields(["Expect": "100-Continue"]).expectsContinue)
        #expect(!Self.fields(["Expect": "something"]).expectsContinue)
        #expect(Self.fields(["Upgrade": "h2c"]).asksForUpgrade)
        #expect(!Self.fields(["Expects": "100-continue", "Upgrades": "h2c"]).asksForUpgrade)
    }

    /// The example of RFC 9110, 5.6.7.
    @Test func aDateIsSpelledAsInHTTP() {
        #expect(HTTPDate.text(of: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
