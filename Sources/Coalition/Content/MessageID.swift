public import RelayAPI
internal import Sodium

/// 16 random bytes that name a message in every later reference to it (Protocol/content.md).
public struct MessageID: OpaqueBytes, Hashable, CustomStringConvertible {
    public static let length = 16
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public static func random() -> Self { Self(unchecked: Random.bytes(length)) }

    /// Nil unless the text is 32 hexadecimal digits in lower case.
    public init?(text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(bytes)
    }

    /// 32 hexadecimal digits.
    public var description: String { Hexadecimal.encode(bytes) }
}
