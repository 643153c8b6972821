internal import Foundation
internal import GRDB
internal import Labels
internal import Sodium

/// What a slot's salt is put through.
struct SlotParameters: Equatable {
    let method: UnlockMethod
    /// Of Argon2id; zeros with a key file.
    let cost: Argon2id.Cost

    static func standard(for method: UnlockMethod) -> Self {
        switch method {
        // Three passes over 256 MiB, for each of the two slots: about a second on a laptop, and as dear as a
        // phone's memory allows for whoever has taken the device and tries passphrases.
        case .passphrase: SlotParameters(method: .passphrase, cost: .moderate)
        case .keyFile: SlotParameters(method: .keyFile, cost: Argon2id.Cost(operations: 0, memory: 0))
        }
    }

    /// What a file may ask for. More could only come from somebody who wants opening it to exhaust the machine.
    var isReasonable: Bool {
        switch method {
        case .passphrase: (1...16).contains(cost.operations) && (8...1024 * 1024).contains(cost.memory)
        case .keyFile: cost == Self.standard(for: .keyFile).cost
        }
    }
}

/// One wrapping of the data key, or noise that looks like one (Docs/vault.md, "Keys").
struct Slot {
    let parameters: SlotParameters
    let salt: [UInt8]
    /// Nonce, sealed data key, tag.
    let wrapped: [UInt8]

    static let count = 2
    private static let saltLength = Argon2id.saltLength
    private static let wrappedLength =
        XChaCha20Poly1305.nonceLength + VaultKeys.length + XChaCha20Poly1305.tagLength

    init(
        wrapping dataKey: borrowing Secret,
        with unlock: borrowing Unlock,
        parameters: SlotParameters
    ) throws(VaultError) {
        salt = Random.bytes(Self.saltLength)
        self.parameters = parameters
        let key = try Self.wrappingKey(unlock, salt: salt, cost: parameters.cost)
        wrapped = Place.slot.seal(dataKey, key: key)
    }

    /// A slot that nothing opens, and that nobody without the key can tell from one that something does.
    init(noiseLike parameters: SlotParameters) {
        self.parameters = parameters
        salt = Random.bytes(Self.saltLength)
        wrapped = Random.bytes(Self.wrappedLength)
    }

    init(_ row: Row) throws(VaultError) {
        let operations = Int(try row.integer("operations"))
        let memory = Int(try row.integer("memory_kib"))
        salt = try row.bytes("salt")
        wrapped = try row.bytes("wrapped")
        guard let number = UInt8(exactly: try row.integer("method")), let method = UnlockMethod(rawValue: number),
            salt.count == Self.saltLength, wrapped.count == Self.wrappedLength
        else { throw .damaged("a slot") }
        parameters = SlotParameters(method: method, cost: Argon2id.Cost(operations: operations, memory: memory))
        guard parameters.isReasonable else { throw .damaged("a slot") }
    }

    /// The data key, or nil when the slot is not one for this.
    func open(with unlock: borrowing Unlock) throws(VaultError) -> Secret? {
        let key = try Self.wrappingKey(unlock, salt: salt, cost: parameters.cost)
        return try? Place.slot.openSecret(wrapped, key: key)
    }

    private static func wrappingKey(
        _ unlock: borrowing Unlock,
        salt: [UInt8],
        cost: Argon2id.Cost
    ) throws(VaultError) -> Secret {
        switch unlock {
        case .passphrase(let passphrase):
            do {
                return try Argon2id.derive(
                    password: passphrase,
                    salt: salt,
                    cost: cost,
                    count: XChaCha20Poly1305.keyLength
                )
            } catch {
                throw error == .outOfMemory ? .outOfMemory : .damaged("a slot")
            }
        case .keyFile(let path):
            do {
                let contents = try PrivateFiles.read(path, lengths: KeyFile.lengths)
                return labelledDerive(
                    secret: contents,
                    .vaultKeyFile,
                    context: salt,
                    count: XChaCha20Poly1305.keyLength
                )
            } catch {
                throw .keyFile(error)
            }
        }
    }
}

/// The slots as they stand in the file.
enum Slots {
    /// The two slots, in order.
    static func read(_ database: Database) throws -> [Slot] {
        let slots =
            try Row.fetchAll(
                database,
                sql: "SELECT method, salt, operations, memory_kib, wrapped FROM slots ORDER BY number"
            )
            .map { try Slot($0) }
        guard slots.count == Slot.count else { throw VaultError.damaged("\(slots.count) slots") }
        return slots
    }

    static func write(_ slot: Slot, number: Int, to database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO slots (number, method, salt, operations, memory_kib, wrapped)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                number, Int(slot.parameters.method.rawValue), Data(slot.salt), slot.parameters.cost.operations,
                slot.parameters.cost.memory, Data(slot.wrapped),
            ]
        )
    }
}

enum KeyFile {
    /// In bytes.
    static let lengths = 32...4096

    /// Makes the key file where there is nothing yet.
    static func makeIfMissing(for unlock: borrowing Unlock) throws(VaultError) {
        switch unlock {
        case .passphrase: return
        case .keyFile(let path):
            guard !PrivateFiles.exists(path) else { return }
            do {
                // Not made: somebody else was faster, which is as good.
                _ = try PrivateFiles.make(path, holding: Secret.random(count: lengths.lowerBound))
            } catch {
                throw .keyFile(error)
            }
        }
    }
}
