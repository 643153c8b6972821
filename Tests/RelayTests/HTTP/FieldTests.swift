import HTTPTypes
import RelayAPI
import Testing

@testable import Relay

/// The header fields that `DirectAnswers` reads and writes.
@Suite struct FieldTests {
    private let usual: HTTPFields = [
        .contentType: RelayAPI.Operation.mediaType, .contentLength: "5", .userAgent: "test",
    ]

    @Test func theLengthIsThatOfTheField() {
        #expect(usual.usualLength == 5)
    }

    @Test(arguments: [HTTPField.Name.contentType, .contentLength])
    func whatIsMissingIsNotUsual(_ name: HTTPField.Name) {
        var fields = usual
        fields[name] = nil
        #expect(fields.usualLength == nil)
    }

    /// The same value twice included: what is to be thought of that is not decided here.
    @Test(arguments: [HTTPField.Name.contentType, .contentLength])
    func whatStandsTwiceIsNotUsual(_ name: HTTPField.Name) throws {
        var fields = usual
        fields.append(HTTPField(name: name, value: try #require(usual[name])))
        #expect(fields.usualLength == nil)
    }

    @Test(arguments: [
        HTTPField(name: .contentType, value: "text/plain"),
        HTTPField(name: .contentLength, value: "five"),
        HTTPField(name: .connection, value: "close"),
        HTTPField(name: .expect, value: "100-continue"),
    ])
    func whatAsksForSomethingElseIsNotUsual(_ field: HTTPField) {
        var fields = usual
        fields[field.name] = field.value
        #expect(fields.usualLength == nil)
    }

    /// The example of RFC 9110, 5.6.7.
    @Test func aDateIsSpelledAsInHTTP() {
        #expect(HTTPDate.text(of: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
