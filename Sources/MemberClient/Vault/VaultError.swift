internal import GRDB

/// Why a vault cannot do what it was asked; nothing has changed then.
public enum VaultError: Error, Equatable, Sendable {
    /// There is no vault in this home.
    case missing
    /// There is one already.
    case alreadyExists
    /// The passphrase or key file does not open it. Says the same whatever the slots hold.
    case wrongKey
    /// It opens with the other method.
    case opensWith(UnlockMethod)
    case keyFile(KeyFileFault)
    /// The home directory, or a file in it, cannot be made, opened or removed; the text says why.
    case files(Sentence)
    /// The vault's format is newer than this program knows.
    case newerFormat(Int)
    /// What stands in the file is not what a vault holds, or has been changed by somebody without its key.
    case damaged(String)
    /// Another process has kept the vault for longer than `Vault.patience`.
    case busy
    /// The file system does not take or give the data: the disk is full, say.
    case storage(String)
    /// The memory that the passphrase's hash takes is not to be had.
    case outOfMemory
}

/// Why a file is no key file.
public enum KeyFileFault: Error, Equatable, Sendable {
    case missing
    case notAFile
    /// Its mode lets others than its owner at it.
    case looseMode(UInt32)
    /// Not 32 to 4,096 bytes.
    case wrongLength
    /// It cannot be read or made; the text says why.
    case unreadable(Sentence)
}

extension VaultError {
    /// What SQLite says, without statement or arguments.
    init(_ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(error.message ?? "not a database")
        default: self = .storage(error.message ?? "SQLite error \(error.extendedResultCode.rawValue)")
        }
    }

    /// Runs what talks to GRDB, whose functions throw anything.
    static func mapping<Result: ~Copyable>(_ body: () throws -> Result) throws(VaultError) -> Result {
        do {
            return try body()
        } catch let error as VaultError {
            throw error
        } catch let error as DatabaseError {
            throw VaultError(error)
        } catch {
            throw .storage("\(error)")
        }
    }
}

extension VaultError: CustomStringConvertible {
    public var description: String { sentence.description }

    /// What happened and what to do.
    public var sentence: Sentence {
        switch self {
        case .missing: "there is no vault here: found a coalition or join one first"
        case .alreadyExists: "there is a vault here already: choose another home"
        case .wrongKey: "the passphrase or key file does not open this vault"
        case .opensWith(.passphrase): "this vault opens with a passphrase, not with a key file"
        case .opensWith(.keyFile): "this vault opens with a key file, not with a passphrase"
        case .keyFile(let fault): fault.sentence
        case .files(let reason): reason
        case .newerFormat(let version):
            "the vault has format \(version), which is newer than this program: install the newer one; nothing was changed"
        case .damaged(let what): "the vault is damaged or was tampered with (\(what)): restore a backup"
        case .busy: "another process keeps the vault to itself: try again when it is done; nothing was changed"
        case .storage(let reason): "the vault cannot be read or written (\(reason)); nothing was changed"
        case .outOfMemory: "there is not enough free memory to check the passphrase: close other programs and try again"
        }
    }
}

extension KeyFileFault: CustomStringConvertible {
    public var description: String { sentence.description }

    public var sentence: Sentence {
        switch self {
        case .missing: "the key file does not exist"
        case .notAFile: "the key file is not a regular file"
        case .looseMode(let mode):
            "others can get at the key file (mode \(String(mode, radix: 8))): make it private with chmod 600"
        case .wrongLength: "a key file holds 32 to 4096 random bytes, and this one does not"
        case .unreadable(let reason): "the key file cannot be used: \(reason)"
        }
    }
}
