public import Coalition

/// Whether an alert still holds.
public enum AlertState: Equatable, Sendable {
    case active
    /// Another one holds in its place: the id of its message.
    case updated(by: String)
    case cancelled(by: String)
    case expired(at: Time)
}

/// An alert on this device.
public struct AlertEntry: Sendable {
    /// Of the message that carries it.
    public let id: String
    public let alert: Alert
    public let from: DeviceAddress
    public let to: [Target]
    public let state: AlertState
    /// Messages that it refers to, the oldest first.
    public let references: [String]
    /// Whether one's own organisation sent it, which alone may change it.
    public let isOwnOrganisation: Bool
}

/// How far a message has come with an organisation: the greatest that is certain. Each state implies those before it, except
/// that reading is confirmed only where people have switched that on.
public enum ReachState: String, Sendable, CaseIterable {
    /// On the relay's disk, for it to fetch.
    case relayed
    /// On a device of the organisation.
    case delivered
    /// Somebody there has answered.
    case acknowledged
}

/// Who has a message, and who has answered.
public struct MessageReach: Sendable {
    public let id: String
    /// Every organisation that it is for but the sender's; the sender's as well if anybody there has answered, or it is for no
    /// other.
    public let organisations: [OrganisationReach]
    /// Of those whom it was sent to, in its several copies, the ones whose copy is still only on this device.
    public let queued: [Target]

    /// Those that an answer is expected of.
    public var expected: [OrganisationReach] { organisations.filter(\.isExpected) }

    /// Organisations that an answer is expected of and with which it has not come so far.
    public func missing(_ state: ReachState) -> [OrganisationReach] { expected.filter { !$0.hasReached(state) } }

    /// Whether it has come so far with so many organisations.
    /// - Parameter quorum: nil for all; then no copy may be left here: an organisation may have one of several.
    public func hasReached(_ state: ReachState, quorum: Int?) -> Bool {
        if quorum == nil, !queued.isEmpty { return false }
        let missing = missing(state).count
        return quorum.map { expected.count - missing >= $0 } ?? (missing == 0)
    }
}

/// What an organisation has of a message.
public struct OrganisationReach: Sendable {
    public let organisation: Name
    public let isRelayed: Bool
    /// When a device of it said that it has the message.
    public let delivered: Time?
    public let read: Time?
    /// The last of each person, the newest last.
    public let acknowledgements: [Acknowledgement]
    /// Whether an answer is expected of it: it is another than the sender's, or the message is for no other.
    public let isExpected: Bool

    public struct Acknowledgement: Sendable {
        public let by: UserAddress
        public let at: Time
        public let text: String?
    }

    func hasReached(_ state: ReachState) -> Bool {
        switch state {
        case .relayed: isRelayed
        case .delivered: delivered != nil
        case .acknowledged: !acknowledgements.isEmpty
        }
    }
}
