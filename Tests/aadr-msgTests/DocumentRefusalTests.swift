import Coalition
import Foundation
import SchemaTesting
import Testing

@testable import aadr_msg

@Suite("A document that alert import does not take")
struct DocumentRefusalTests {
    private static func document(
        type: String = "Alert",
        _ more: String = "",
        severity: String = "Severe",
        hasInfo: Bool = true
    ) -> String {
        let info = """
            <info><category>Infra</category><event>Shutdown</event><urgency>Immediate</urgency>\
            <severity>\(severity)</severity><certainty>Observed</certainty></info>
            """
        return """
            <alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>X-1</identifier><sender>desk</sender>\
            <sent>2026-11-23T22:55:10-05:00</sent><status>Actual</status><msgType>\(type)</msgType>\
            <scope>Public</scope>\(more)\(hasInfo ? info : "")</alert>
            """
    }

    /// A document for each reason, and what scripts are told.
    static let refused: [(document: String, json: String)] = [
        (document() + String(repeating: " ", count: 1_000_000), #"{"refused":"too-long"}"#),
        (String(repeating: "<a>", count: 17), #"{"refused":"too-deep"}"#),
        ("<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + document(), #"{"refused":"not-utf-8"}"#),
        ("<!DOCTYPE alert [<!ENTITY a 'b'>]>" + document(), #"{"refused":"document-type"}"#),
        (document("<note>&nbsp;</note>"), #"{"refused":"entity"}"#),
        ("<alert>\n\n</alerts>", #"{"refused":"syntax","line":3}"#),
        ("<html/>", #"{"refused":"not-an-alert"}"#),
        (document(hasInfo: false), #"{"refused":"element-missing","element":"info"}"#),
        (document(severity: "Bad"), #"{"refused":"element-malformed","element":"info[0].severity"}"#),
        (
            document("<note>" + String(repeating: "x", count: 65_537) + "</note>"),
            #"{"refused":"element-too-long","element":"note"}"#
        ),
        (
            document(String(repeating: "<code>x</code>", count: 257)),
            #"{"refused":"element-too-many","element":"code"}"#
        ),
        (document("<status>Test</status>"), #"{"refused":"element-repeated","element":"status"}"#),
        (
            document(type: "Ack", "<references>desk,X-0,2026-11-23T22:55:10-05:00</references>"),
            #"{"refused":"message-type"}"#
        ),
    ]

    private func refusal(of document: String) throws -> DocumentRefusal {
        let file = FileManager.default.temporaryDirectory.appending(path: "document-\(UUID().uuidString).xml")
        try Data(document.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try #require(throws: DocumentRefusal.self) { try AlertInput.document(file.path) }
    }

    @Test("is refused by a code for scripts, and by a sentence of its own in each language", arguments: refused.indices)
    func reasons(index: Int) throws {
        let refusal = try refusal(of: Self.refused[index].document)
        #expect(JSONLine.text(refusal.json) == Self.refused[index].json)
        #expect(refusal.failure.status == .badInput)
        let sentences = Language.allCases.map { language in
            Speech.$language.withValue(language) { refusal.failure.lines[0] }
        }
        #expect(Set(sentences).count == Language.allCases.count)
        #expect(sentences[1].unicodeScalars.contains { (0x0620...0x064A).contains($0.value) })
        for value in refusal.failure.values.values { #expect(sentences.allSatisfy { $0.contains(value) }) }
    }

    @Test("is refused by every code that the schema has, and no two by the same sentence")
    func complete() throws {
        let refusals = try Self.refused.map { try refusal(of: $0.document) }
        #expect(Set(refusals.map(\.failure.what)).count == Self.refused.count)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let schema = try JSONSchema(contentsOf: root.appending(path: "Protocol/cli.schema.json"))
        for refused in Self.refused { #expect(schema.faults(in: refused.json, as: "alert-refused") == []) }
        let definition = try #require(schema.definitions["alert-refused"] as? [String: Any])
        let properties = try #require(definition["properties"] as? [String: [String: Any]])
        let codes = try #require(properties["refused"]?["enum"] as? [String])
        #expect(codes == refusals.compactMap { $0.json["refused"]?.string })
    }
}
