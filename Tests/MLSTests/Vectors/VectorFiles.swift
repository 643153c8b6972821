import Foundation
import Sodium
import TLSCodec
import Testing

@testable import MLS

/// The working group's test vectors, read from `$MLS_VECTORS` or from `shared/mls-vectors` beside the checkout.
enum VectorFiles {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["MLS_VECTORS"] { return URL(fileURLWithPath: path) }
        // Tests/MLSTests/Vectors/VectorFiles.swift
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appendingPathComponent("../shared/mls-vectors").standardizedFileURL
    }()

    static let suite3 = folder.appendingPathComponent("suite-0003")

    static var arePresent: Bool { FileManager.default.fileExists(atPath: suite3.path) }

    static let missing: Comment = "no test vectors: set MLS_VECTORS to the folder that holds suite-0003"

    static func load<Vector: Decodable>(_ name: String, as type: Vector.Type = Vector.self) throws -> [Vector] {
        let data = try Data(contentsOf: suite3.appendingPathComponent(name + ".json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        if let list = try? decoder.decode([Vector].self, from: data) { return list }
        return [try decoder.decode(Vector.self, from: data)]
    }
}

/// Bytes that JSON writes in hexadecimal.
struct Hex: Decodable, Hashable, Sendable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let bytes = Self.bytes(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not hexadecimal")
            )
        }
        self.bytes = bytes
    }

    static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Character(UnicodeScalar(digits[index])).hexDigitValue,
                let low = Character(UnicodeScalar(digits[index + 1])).hexDigitValue
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }

    var secret: Secret { Secret(copying: bytes) }

    var held: HeldSecret { HeldSecret(secret) }
}

let suite3 = CipherSuite.x25519ChaCha20SHA256Ed25519

func crypto3() throws -> Crypto {
    try #require(Crypto(suite3))
}
