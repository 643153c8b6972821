internal import GRDB
internal import Sodium

/// What a member's device keeps, sealed, in one file that several processes may use at a time (Docs/vault.md).
///
/// Everything goes through `read` and `write`, each one transaction. They block their thread: for milliseconds as a
/// rule, for `patience` when another process keeps the vault. Several threads may call them; one waits for another.
/// Calling either inside the other's closure is a programmer's error, and stops the program.
public final class Vault: Sendable {
    /// How long a transaction waits for those of other processes, in seconds.
    public static let patience = 30.0

    private let queue: DatabaseQueue
    private let keys: VaultKeys
    /// Number of the slot that opened.
    private let slot: Int

    private init(queue: DatabaseQueue, keys: VaultKeys, slot: Int) {
        self.queue = queue
        self.keys = keys
        self.slot = slot
    }

    /// Whether the directory holds a vault, or a file in the place of one.
    public static func exists(at home: String) -> Bool {
        let path = VaultDatabase.path(in: home)
        guard PrivateFiles.exists(path) else { return false }
        // What a creation that was interrupted leaves is no vault yet.
        return (try? isEmpty(VaultDatabase.open(path))) != true
    }

    /// Makes a vault, and with it what is missing of its home directory (mode 0700) and its key file.
    /// - Throws: `alreadyExists` when the home has one.
    public static func create(at home: String, unlock: borrowing Unlock) throws(VaultError) -> Vault {
        try create(at: home, unlock: unlock, parameters: .standard(for: unlock.method))
    }

    static func create(
        at home: String,
        unlock: borrowing Unlock,
        parameters: SlotParameters
    ) throws(VaultError) -> Vault {
        try PrivateFiles.makeDirectory(home)
        let path = VaultDatabase.path(in: home)
        try PrivateFiles.makeEmpty(path)
        let queue = try VaultDatabase.open(path)
        guard try isEmpty(queue) else { throw .alreadyExists }
        try KeyFile.makeIfMissing(for: unlock)
        let keys = VaultKeys(dataKey: .random(count: VaultKeys.length))
        // The place of the slot in use says nothing either.
        let number = Int.random(in: 0..<Slot.count)
        let used = try Slot(wrapping: keys.dataKey, with: unlock, parameters: parameters)
        try VaultError.mapping {
            try queue.inTransaction(.immediate) { database in
                guard try VaultDatabase.state(database) == .empty else { throw VaultError.alreadyExists }
                try VaultDatabase.makeTables(database)
                for each in 0..<Slot.count {
                    try Slots.write(each == number ? used : Slot(noiseLike: parameters), number: each, to: database)
                }
                return .commit
            }
        }
        return Vault(queue: queue, keys: keys, slot: number)
    }

    /// Opens a vault.
    /// - Throws: `missing`; `wrongKey` or `opensWith` when this is not what opens it; `keyFile` when the file cannot
    ///   be one; `newerFormat`; `damaged`.
    public static func open(at home: String, unlock: borrowing Unlock) throws(VaultError) -> Vault {
        let path = VaultDatabase.path(in: home)
        guard PrivateFiles.exists(path) else { throw .missing }
        let queue = try VaultDatabase.open(path)
        let slots = try VaultError.mapping {
            try queue.read { database in
                guard try VaultDatabase.state(database) == .vault else { throw VaultError.missing }
                return try Slots.read(database)
            }
        }
        let method = unlock.method
        guard slots.contains(where: { $0.parameters.method == method }) else {
            throw .opensWith(method == .keyFile ? .passphrase : .keyFile)
        }
        // Every slot is tried, whatever came of the one before: time must not tell which of them opened.
        var dataKey: Secret? = nil
        var opened = 0
        for (number, slot) in slots.enumerated() where slot.parameters.method == method {
            if let key = try slot.open(with: unlock) {
                dataKey = consume key
                opened = number
            }
        }
        guard let dataKey else { throw .wrongKey }
        return Vault(queue: queue, keys: VaultKeys(dataKey: dataKey), slot: opened)
    }

    private static func isEmpty(_ queue: DatabaseQueue) throws(VaultError) -> Bool {
        try VaultError.mapping { try queue.read { try VaultDatabase.state($0) == .empty } }
    }

    /// Runs `body` on a snapshot of the vault. What would change it throws.
    public func read<Result: ~Copyable>(
        _ body: (borrowing VaultTransaction) throws -> Result
    ) throws -> Result {
        var result: Result? = nil
        do {
            try queue.read { database in
                result = try body(VaultTransaction(database: database, keys: keys))
            }
        } catch let error as DatabaseError {
            throw VaultError(error)
        }
        return try Self.unwrap(&result)
    }

    /// Runs `body` as one step: when it returns, all that it changed is on disk, and when it throws, or the process
    /// is killed, nothing is. Of several processes' steps one follows the other, each seeing all of those before.
    public func write<Result: ~Copyable>(
        _ body: (borrowing VaultTransaction) throws -> Result
    ) throws -> Result {
        var result: Result? = nil
        var hasDeletedHistory = false
        do {
            try queue.inTransaction(.immediate) { database in
                let transaction = VaultTransaction(database: database, keys: keys)
                result = try body(transaction)
                hasDeletedHistory = transaction.hasDeletedHistory
                return .commit
            }
        } catch let error as DatabaseError {
            throw VaultError(error)
        }
        if hasDeletedHistory { queue.truncateLog() }
        return try Self.unwrap(&result)
    }

    /// What a transaction that did not throw has given.
    private static func unwrap<Result: ~Copyable>(_ result: inout Result?) throws -> Result {
        guard let value = result.take() else { throw VaultError.storage("a transaction ended early") }
        return value
    }

    /// From now on the vault opens with something else, and no longer with what this one was opened with.
    ///
    /// When the method changes, the other slot is filled anew, with noise, so that the two stay alike.
    public func changeUnlock(to unlock: borrowing Unlock) throws(VaultError) {
        try changeUnlock(to: unlock, parameters: .standard(for: unlock.method))
    }

    func changeUnlock(to unlock: borrowing Unlock, parameters: SlotParameters) throws(VaultError) {
        try KeyFile.makeIfMissing(for: unlock)
        let present = try VaultError.mapping { try queue.read { try Slots.read($0)[slot].parameters } }
        let hasSameMethod = present.method == parameters.method
        // Another cost than the other slot's would tell the two apart.
        let kept = hasSameMethod ? present : parameters
        let changed = try Slot(wrapping: keys.dataKey, with: unlock, parameters: kept)
        try VaultError.mapping {
            try queue.inTransaction(.immediate) { database in
                try Slots.write(changed, number: slot, to: database)
                if !hasSameMethod {
                    try Slots.write(Slot(noiseLike: kept), number: 1 - slot, to: database)
                }
                return .commit
            }
        }
        queue.truncateLog()
    }

    /// Makes the vault of this home unreadable for good, without needing what opens it: destroys the wrapped keys
    /// first, then the files. Processes that have it open can go on reading from memory until they end.
    /// - Throws: `missing`; anything else when a file could not be destroyed, after trying all of them.
    public static func wipe(at home: String) throws(VaultError) {
        let path = VaultDatabase.path(in: home)
        guard PrivateFiles.exists(path) else { throw .missing }
        var failure: VaultError? = nil
        do throws(VaultError) {
            try destroySlots(path)
        } catch {
            failure = error
        }
        for suffix in ["", "-wal", "-shm"] {
            do throws(VaultError) {
                try PrivateFiles.remove(path + suffix)
            } catch {
                failure = error
            }
        }
        PrivateFiles.synchronizeDirectory(of: path)
        if let failure { throw failure }
    }

    static func destroySlots(_ path: String) throws(VaultError) {
        let queue = try VaultDatabase.open(path)
        try VaultError.mapping {
            try queue.inTransaction(.immediate) { database in
                for number in 0..<Slot.count {
                    try Slots.write(Slot(noiseLike: .standard(for: .keyFile)), number: number, to: database)
                }
                return .commit
            }
            queue.truncateLog()
            try queue.close()
        }
    }

    /// Empties the write-ahead log, unless another process is in the way. For a process that keeps the vault open: what
    /// was replaced or deleted, ratchet states among it, otherwise stays there until the last process closes.
    public func settle() {
        queue.truncateLog()
    }

    /// Closes the vault, which cannot be used after that. Letting go of it does the same; here failures show. The
    /// last process that closes a vault empties its write-ahead log.
    public func close() throws(VaultError) {
        try VaultError.mapping { try queue.close() }
    }
}
