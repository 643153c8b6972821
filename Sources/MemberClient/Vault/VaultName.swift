/// The name under which the program knows an item of the vault's state. On disk stands only a keyed hash of it.
///
/// Names are declared as static members, or made by static functions, in extensions beside what they name. Those that
/// begin with `vault/` belong to the vault.
public struct VaultName: Hashable, Sendable {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The number that the next entry of a log gets.
    static func next(in space: VaultSpace) -> Self { Self("vault/next/\(space.text)") }

    /// The days for which a log has a history key.
    static func historyDays(in space: VaultSpace) -> Self { Self("vault/days/\(space.text)") }

    /// The key under which one day's entries of a log are sealed.
    static func historyKey(of day: UInt32, in space: VaultSpace) -> Self {
        Self("vault/history/\(day)/\(space.text)")
    }
}

/// The name of one of the vault's logs: numbered entries in the order in which they were appended.
public struct VaultSpace: Hashable, Sendable {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }
}
