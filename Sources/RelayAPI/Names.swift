internal import Sodium

/// 16 random bytes that name a mailbox (Protocol/mailbox.md, "Names and secrets").
public struct MailboxID: OpaqueBytes, Hashable {
    public static let length = 16
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public static func random() -> Self { Self(unchecked: Random.bytes(length)) }
}

/// 16 random bytes that name an entry in its mailbox, over all branches, and make appending it idempotent.
public struct EntryID: OpaqueBytes, Hashable {
    public static let length = 16
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public static func random() -> Self { Self(unchecked: Random.bytes(length)) }
}

/// 16 random bytes that a relay draws when its store is made and again when a backup is restored
/// (Protocol/mailbox.md, "Cursor and incarnation").
public struct Incarnation: OpaqueBytes, Hashable {
    public static let length = 16
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public static func random() -> Self { Self(unchecked: Random.bytes(length)) }

    /// All zero: what a reader names that does not know the relay's incarnation yet.
    public static let unknown = Self(unchecked: [UInt8](repeating: 0, count: length))
}
