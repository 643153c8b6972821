public import Sodium

/// What opens a vault.
public enum Unlock: ~Copyable, Sendable {
    /// The UTF-8 of a passphrase, in whatever normal form the caller always uses.
    case passphrase(Secret)
    /// Path of a file of random bytes, for unattended use (Docs/vault.md, "Keys").
    case keyFile(String)

    /// The kind of thing this is: what a vault says in the clear about how it opens.
    public var method: UnlockMethod {
        switch self {
        case .passphrase: .passphrase
        case .keyFile: .keyFile
        }
    }
}

/// `method` of a slot.
public enum UnlockMethod: UInt8, Sendable, CaseIterable {
    case passphrase = 1
    case keyFile = 2
}
