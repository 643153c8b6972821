public import Coalition

/// Whom a message is for.
public enum Target: Hashable, Sendable, CustomStringConvertible {
    /// Every device of the coalition.
    case coalition
    /// A person, with all their devices.
    case user(UserAddress)

    /// `coalition` or `user@org`; nil for anything else.
    public init?(_ text: String) {
        if text == "coalition" {
            self = .coalition
        } else if let address = UserAddress(text) {
            self = .user(address)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .coalition: "coalition"
        case .user(let address): address.description
        }
    }
}
