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

    static var arePresent: Bool { suite3.has("crypto-basics") && suiteF04D.has("crypto-basics") }

    static let missing: Comment = "no test vectors: set MLS_VECTORS to the folder that holds suite-0003 and suite-f04d"

    static let suite3 = VectorSuite(.x25519ChaCha20SHA256Ed25519)
    static let suiteF04D = VectorSuite(.xwingChaCha20SHA256Ed25519)

    /// Those whose folder holds a file of this name, of the suites that the library has.
    static func suites(with name: String) -> [VectorSuite] {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return folders.sorted()
            .compactMap { $0.hasPrefix("suite-") ? UInt16($0.dropFirst(6), radix: 16) : nil }
            .map { VectorSuite(CipherSuite(rawValue: $0)) }
            .filter { $0.suite.isSupported && $0.has(name) }
    }
}

/// The vectors of one cipher suite, and those that depend on none, which stand with suite 3's.
struct VectorSuite: Sendable, CustomTestStringConvertible {
    let suite: CipherSuite

    init(_ suite: CipherSuite) { self.suite = suite }

    var testDescription: String {
        "suite-" + String(UInt32(suite.rawValue) + 0x10000, radix: 16).dropFirst()
    }

    private func file(_ name: String) -> URL {
        VectorFiles.folder.appendingPathComponent(testDescription).appendingPathComponent(name + ".json")
    }

    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name).path) }

    func crypto() throws -> Crypto { try #require(Crypto(suite)) }

    func load<Vector: Decodable>(_ name: String, as type: Vector.Type = Vector.self) throws -> [Vector] {
        let data = try Data(contentsOf: file(name))
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
