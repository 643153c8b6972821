import Foundation
import RelayAPI
import TLSCodec
import Testing

/// A file of Protocol/vectors: made anew in every run from fixed keys and nonces, and compared with what is there. With
/// the variable AADR_WRITE_VECTORS set it is written instead.
struct VectorFile {
    let name: String

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Protocol/vectors")

    func check(_ contents: [String: Any]) throws {
        let url = Self.folder.appending(path: name + ".json")
        let made = try JSONSerialization.data(
            withJSONObject: contents,
            options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        )
        if ProcessInfo.processInfo.environment["AADR_WRITE_VECTORS"] != nil {
            try (made + Data("\n".utf8)).write(to: url)
        }
        let stored = try Data(contentsOf: url)
        #expect(stored == made + Data("\n".utf8), "\(name).json is not what this program makes")
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func hex(_ value: some OpaqueBytes) -> String { hex(value.bytes) }

func hex(encoding value: some WireEncodable) -> String { hex(value.encoded) }

/// `count` bytes that tell where they come from.
func pattern(_ first: UInt8, count: Int) -> [UInt8] {
    (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0) }
}
