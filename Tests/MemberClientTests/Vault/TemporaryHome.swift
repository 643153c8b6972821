import Foundation
import GRDB
import Sodium

@testable import MemberClient

/// A home of a test's own, removed when the test lets go of it.
final class TemporaryHome: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "vault-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var keyFile: String { path + "/key" }
    var database: String { VaultDatabase.path(in: path) }

    func create() throws -> Vault {
        try Vault.create(at: path, unlock: .keyFile(keyFile))
    }

    func open() throws -> Vault {
        try Vault.open(at: path, unlock: .keyFile(keyFile))
    }

    func writeKeyFile(_ bytes: [UInt8], mode: Int = 0o600) throws {
        try Data(bytes).write(to: URL(filePath: keyFile))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: keyFile)
    }

    /// All that stands in the vault's files.
    func bytesOnDisk() throws -> Data {
        var bytes = Data()
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where name.hasPrefix("vault.sqlite") {
            bytes += try Data(contentsOf: URL(filePath: path + "/" + name))
        }
        return bytes
    }

    /// Works on the file as somebody does who has the disk and not the key.
    func tamper<Result>(_ body: (Database) throws -> Result) throws -> Result {
        let queue = try DatabaseQueue(path: database)
        defer { try? queue.close() }
        return try queue.write(body)
    }
}

/// A passphrase as the vault takes it.
func passphrase(_ text: String) -> Unlock {
    .passphrase(Secret(copying: text.utf8))
}

extension SlotParameters {
    /// The cheapest that there are: the tests are not about Argon2id's strength.
    static let cheap = SlotParameters(method: .passphrase, cost: Argon2id.Cost(operations: 1, memory: 8))
}
