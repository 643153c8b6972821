public import Labels
internal import Sodium

/// 32 secret bytes: whoever presents them to the relay holds their rights (Protocol/mailbox.md, "Names and secrets").
///
/// The form that goes over the wire, and so an ordinary value; what it is derived from is guarded by its owner.
public struct Capability: OpaqueBytes, Equatable, CustomStringConvertible {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public static func random() -> Self { Self(unchecked: Secret.random(count: length).exposed()) }

    /// What a relay stores in its place.
    public var hash: CapabilityHash { CapabilityHash(unchecked: labelledHash(.capability, bytes)) }

    public static func == (left: Self, right: Self) -> Bool { ConstantTime.equal(left.bytes, right.bytes) }

    /// Never the secret.
    public var description: String { "Capability" }
}

/// `LabelledHash("capability", capability)`.
public struct CapabilityHash: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// 32 secret bytes that allow mailboxes to be created, and nothing else.
public struct AccessToken: OpaqueBytes, Equatable, CustomStringConvertible {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    public static func random() -> Self { Self(unchecked: Secret.random(count: length).exposed()) }

    /// What a relay stores in its place.
    public var hash: AccessTokenHash { AccessTokenHash(unchecked: labelledHash(.accessToken, bytes)) }

    /// The form in which people pass it on: base64url.
    public var text: String { Base64URL.encode(bytes) }

    /// Nil when the text is not a token.
    public init?(text: String) {
        guard let bytes = Base64URL.decode(text) else { return nil }
        self.init(bytes)
    }

    public static func == (left: Self, right: Self) -> Bool { ConstantTime.equal(left.bytes, right.bytes) }

    /// Never the secret.
    public var description: String { "AccessToken" }
}

/// `LabelledHash("access token", token)`.
public struct AccessTokenHash: OpaqueBytes, Hashable {
    public static let length = 32
    public let bytes: [UInt8]

    public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

extension Label {
    public static let capability = Label("capability")
    public static let accessToken = Label("access token")
}
