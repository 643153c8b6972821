internal import Foundation
internal import GRDB
public import Sodium
internal import TLSCodec

/// The vault's contents, for as long as one `read` or `write` lasts.
public struct VaultTransaction: ~Copyable {
    let database: Database
    let keys: VaultKeys
    private let effects = Effects()

    /// Whether a history key went, so that the write-ahead log must go too.
    var hasDeletedHistory: Bool { effects.hasDeletedHistory }

    private final class Effects {
        var hasDeletedHistory = false
    }

    init(database: Database, keys: VaultKeys) {
        self.database = database
        self.keys = keys
    }

    func noteDeletedHistory() {
        effects.hasDeletedHistory = true
    }
}

/// State: values under names.
extension VaultTransaction {
    /// The value under a name, or nil.
    public func get(_ name: VaultName) throws(VaultError) -> [UInt8]? {
        let key = keys.key(for: name.text)
        guard let sealed = try sealedValue(key) else { return nil }
        return try keys.open(sealed, at: .state(key: key))
    }

    /// The same, opened into locked memory.
    public func getSecret(_ name: VaultName) throws(VaultError) -> Secret? {
        let key = keys.key(for: name.text)
        guard let sealed = try sealedValue(key) else { return nil }
        return try keys.openSecret(sealed, at: .state(key: key))
    }

    /// Stores a value, in place of the one that there may be.
    public func set(_ name: VaultName, to value: [UInt8]) throws(VaultError) {
        let key = keys.key(for: name.text)
        try setSealed(keys.seal(value, at: .state(key: key)), key: key)
    }

    /// The same for a value that must not stand in ordinary memory.
    public func setSecret(_ name: VaultName, to value: borrowing Secret) throws(VaultError) {
        let key = keys.key(for: name.text)
        try setSealed(keys.seal(value, at: .state(key: key)), key: key)
    }

    /// Deletes a value; one that is not there is deleted already.
    public func delete(_ name: VaultName) throws(VaultError) {
        let key = keys.key(for: name.text)
        try VaultError.mapping {
            try database.cachedStatement(sql: "DELETE FROM state WHERE key = ?").execute(arguments: [Data(key)])
        }
    }

    private func sealedValue(_ key: [UInt8]) throws(VaultError) -> [UInt8]? {
        try VaultError.mapping {
            let statement = try database.cachedStatement(sql: "SELECT value FROM state WHERE key = ?")
            return try Row.fetchOne(statement, arguments: [Data(key)])?.bytes("value")
        }
    }

    private func setSealed(_ sealed: [UInt8], key: [UInt8]) throws(VaultError) {
        try VaultError.mapping {
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO state (key, value) VALUES (?, ?)
                    ON CONFLICT (key) DO UPDATE SET value = excluded.value
                    """
            )
            try statement.execute(arguments: [Data(key), Data(sealed)])
        }
    }
}
