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

    /// The suites that there are vectors for.
    static let suites = [suite3, suiteF04D]

    private static func folder(of suite: CipherSuite) -> URL {
        let digits = String(suite.rawValue, radix: 16)
        return folder.appendingPathComponent("suite-" + String(repeating: "0", count: 4 - digits.count) + digits)
    }

    static var arePresent: Bool {
        suites.allSatisfy { FileManager.default.fileExists(atPath: folder(of: $0).path) }
    }

    static let missing: Comment = "no test vectors: set MLS_VECTORS to the folder that holds suite-0003 and suite-f04d"

    /// - Parameter suite: leave it out for what is of no suite.
    static func load<Vector: Decodable>(
        _ name: String,
        _ suite: CipherSuite = suite3,
        as type: Vector.Type = Vector.self
    ) throws -> [Vector] {
        let data = try Data(contentsOf: folder(of: suite).appendingPathComponent(name + ".json"))
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
let suiteF04D = CipherSuite.xwingChaCha20SHA256Ed25519

func crypto3() throws -> Crypto {
    try #require(Crypto(suite3))
}
