public import TLSCodec

/// `user@organisation`: a person, with all their devices.
public struct UserAddress: Hashable, Sendable, CustomStringConvertible {
    public let user: Name
    public let organisation: Name

    public init(user: Name, organisation: Name) {
        self.user = user
        self.organisation = organisation
    }

    /// Nil when the text is no such address.
    public init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let user = Name(String(parts[0])), let organisation = Name(String(parts[1])) else {
            return nil
        }
        self.init(user: user, organisation: organisation)
    }

    public var description: String { "\(user)@\(organisation)" }

    /// In lower case: what is compared and ordered.
    public var folded: String { "\(user.folded)@\(organisation.folded)" }
}

/// `struct { opaque address<V>; } Participant` (Protocol/mls-profile.md).
extension UserAddress: WireCodable {
    public init(from reader: inout Reader) throws(CodecError) {
        let bytes = try reader.readVector(maximum: 2 * Name.maximumLength + 1)
        guard let text = String(validating: bytes, as: UTF8.self), let address = UserAddress(text) else {
            throw .invalid("user address")
        }
        self = address
    }

    public func encode(to writer: inout Writer) {
        writer.writeVector(description.utf8)
    }
}

/// `user@organisation/device`: the identity in a device's basic credential (Protocol/identity.md, "Names").
public struct DeviceAddress: Hashable, Sendable, CustomStringConvertible {
    public let userAddress: UserAddress
    public let device: Name

    public var user: Name { userAddress.user }
    public var organisation: Name { userAddress.organisation }

    public init(_ userAddress: UserAddress, device: Name) {
        self.userAddress = userAddress
        self.device = device
    }

    /// Nil when the text is no such address.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let userAddress = UserAddress(String(parts[0])), let device = Name(String(parts[1]))
        else { return nil }
        self.init(userAddress, device: device)
    }

    /// From a credential's identity. Nil when it is not the UTF-8 of such an address.
    public init?(identity: [UInt8]) {
        guard let text = String(validating: identity, as: UTF8.self) else { return nil }
        self.init(text)
    }

    public var description: String { "\(userAddress)/\(device)" }

    /// As a credential's identity.
    public var identity: [UInt8] { Array(description.utf8) }
}
