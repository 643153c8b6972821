import Foundation
import Sodium
import Testing

@testable import HPKE

/// HPKE with X-Wing, and X-Wing itself, read from `$MLS_VECTORS` or from `shared/mls-vectors` beside the checkout.
enum VectorFiles {
    private static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["MLS_VECTORS"] {
            return URL(fileURLWithPath: path).appendingPathComponent("hpke")
        }
        // Tests/HPKETests/XWingVectors.swift
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.appendingPathComponent("../shared/mls-vectors/hpke").standardizedFileURL
    }()

    static var arePresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static let missing: Comment = "no test vectors: set MLS_VECTORS to the folder that holds hpke"

    static func load<Vector: Decodable>(_ name: String, as type: Vector.Type) throws -> [Vector] {
        let data = try Data(contentsOf: folder.appendingPathComponent(name))
        return try JSONDecoder().decode([Vector].self, from: data)
    }
}

@Suite("Vectors: X-Wing", .enabled(if: VectorFiles.arePresent, VectorFiles.missing))
struct XWingVectors {
    struct KEMVector: Decodable {
        let seed, ss, pk, ct: String
    }

    @Test("draft-connolly: key generation and decapsulation")
    func kem() throws {
        let vectors = try VectorFiles.load("xwing-draft-connolly.json", as: KEMVector.self)
        #expect(vectors.count == 3)
        for vector in vectors {
            let key = try HPKE.PrivateKey(kem: .xwing, raw: Secret(copying: [UInt8](hex: vector.seed)))
            #expect(key.publicKey == .init(hex: vector.pk))
            let shared = try HPKE.KEM.xwing.decapsulate(.init(hex: vector.ct), privateKey: key).exposed()
            #expect(shared == .init(hex: vector.ss))
        }
    }

    struct HPKEVector: Decodable {
        struct Encryption: Decodable {
            let aad, ct, pt: String
        }
        struct Export: Decodable {
            let L: Int
            let exporter_context, exported_value: String
        }
        let kdf_id: UInt16
        let info, ikmR, skRm, pkRm, enc, shared_secret: String
        let encryptions: [Encryption]
        let exports: [Export]
    }

    /// Case 1 has another KDF, SHAKE128, from the key schedule on: what comes before it is X-Wing's all the same.
    @Test("draft-ietf-hpke-pq: DeriveKeyPair, decapsulation, encryptions and exports")
    func hpke() throws {
        let vectors = try VectorFiles.load("hpke-0x647a.json", as: HPKEVector.self)
        #expect(vectors.filter { $0.kdf_id == 1 }.count == 1)
        for vector in vectors {
            let kemOutput = [UInt8](hex: vector.enc)
            let key = try HPKE.KEM.xwing.deriveKeyPair(inputKeyMaterial: Secret(copying: [UInt8](hex: vector.ikmR)))
            #expect(key.raw.exposed() == .init(hex: vector.skRm))
            #expect(key.publicKey == .init(hex: vector.pkRm))
            let shared = try HPKE.KEM.xwing.decapsulate(kemOutput, privateKey: key).exposed()
            #expect(shared == .init(hex: vector.shared_secret))
            guard vector.kdf_id == 1 else { continue }

            var sender = HPKE.SenderContext(
                HPKE.Encapsulation(kemOutput: kemOutput, sharedSecret: Secret(copying: shared)),
                info: HPKE.Info(.init(hex: vector.info), for: .xwing)
            )
            var recipient = try HPKE.RecipientContext(
                kemOutput: kemOutput,
                privateKey: key,
                info: .init(hex: vector.info)
            )
            for encryption in vector.encryptions {
                let (data, plaintext) = ([UInt8](hex: encryption.aad), [UInt8](hex: encryption.pt))
                let sealed = sender.seal(plaintext, authenticatedData: data)
                #expect(sealed == .init(hex: encryption.ct))
                let opened = try recipient.open(sealed, authenticatedData: data)
                #expect(opened == plaintext)
            }
            for export in vector.exports {
                let context = [UInt8](hex: export.exporter_context)
                let expected = [UInt8](hex: export.exported_value)
                #expect(sender.export(context: context, count: export.L).exposed() == expected)
                #expect(recipient.export(context: context, count: export.L).exposed() == expected)
            }
        }
    }
}
