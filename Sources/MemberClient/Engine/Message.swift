public import Coalition
public import RelayAPI

/// A message of another device, as this one keeps it.
public struct Message: Sendable {
    /// Names it on this device, in the order in which messages came.
    public let number: UInt64
    /// 32 hexadecimal digits: what later messages refer to it by.
    public let id: String
    /// As in Protocol/content.md; one that this program does not know is kept as it is.
    public let kind: String
    public let from: DeviceAddress
    /// The conversation: the coalition, or for a direct one the other person (oneself, when there is none).
    public let to: Target
    /// As the sender says.
    public let sent: Time
    /// By this device's clock.
    public let received: Time
    public let text: String?
    public let references: [String]
    /// The JSON object, as received.
    public let content: [UInt8]
    /// Whether this device's user has compared codes with the sender.
    public let isVerified: Bool
    /// For an alert by CAP's rules: whether it still holds.
    public let alertState: AlertState?
}

/// What becomes of messages that have been handed over.
public enum Marking: Sendable {
    /// They are handed over again next time.
    case nothing
    case shown
    /// Shown to a person: where that is switched on, the senders of alerts are told that they were read.
    case read
}

/// Which messages are wanted.
public struct MessageFilter: Sendable {
    /// The conversation with this target alone, or everything that this user sent.
    public let from: Target?
    /// Messages of this kind alone.
    public let kind: String?

    public init(from: Target? = nil, kind: String? = nil) {
        self.from = from
        self.kind = kind
    }

    func matches(_ message: Message) -> Bool {
        if let kind, kind != message.kind { return false }
        switch from {
        case nil: return true
        case .coalition: return message.to == .coalition
        case .user(let address): return message.from.userAddress == address
        }
    }
}

/// How far a message has come: the greatest that is certain.
public enum DeliveryState: String, Sendable {
    /// On this device, to be sent by the next command that reaches the relay.
    case queued
    /// On the relay's disk.
    case relayed
}

/// What became of a message for one target.
public struct SendResult: Sendable {
    /// Of the message; the same for every target.
    public let id: String
    public let target: Target
    public let state: DeliveryState
    /// Why it is only queued.
    public let reason: MemberError?
}

/// What `follow` tells.
public enum Event: Sendable {
    case message(Message)
    case finding(Finding)
    /// A relay cannot be reached; it is tried again without end.
    /// - Parameter relay: nil for the device's own.
    case unreachable(MemberError, relay: RelayAddress?)
    /// It answers again.
    case reachable(relay: RelayAddress?)
    /// Something else cannot be done, and is tried again as well.
    case failing(MemberError)
}

/// What became of an event that was handed over.
public enum Handling: Sendable {
    /// It has been shown: never again.
    case done
    /// It has not: another run will hand it over again, this one will not.
    case keep
    /// It could not be: it is handed over again after a pause, longer each time, and `status` tells of it until it is done.
    /// - Parameter reason: in words that do not depend on a language.
    case failed(reason: String)
}

/// A message whose handling has failed and not yet succeeded.
public struct FailedHandling: Sendable {
    /// As `Message.id`.
    public let id: String
    public let attempts: Int
    /// Of the last attempt.
    public let reason: String
    /// When the next one is due.
    public let next: Time
}
