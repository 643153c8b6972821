public import Coalition

/// A device of the coalition.
public struct MemberEntry: Sendable {
    public let address: DeviceAddress
    public let state: State
    /// Whether this device's user has compared codes with this very device's.
    public let isVerified: Bool
    public let isSelf: Bool

    public enum State: String, Sendable {
        case active
        /// It has not committed for longer than a device should.
        case idle
        /// It has been removed.
        case revoked
    }
}

/// How this device stands.
public struct Status: Sendable {
    public let device: DeviceAddress
    /// The coalition's name.
    public let coalition: String
    /// In hexadecimal.
    public let coalitionID: String
    public let suite: SuiteName
    public let isAdmin: Bool
    public let organisationCount: Int
    public let deviceCount: Int
    public let groups: [GroupStatus]
    /// Messages that the relay does not have yet.
    public let queuedCount: Int
    /// Changes of membership that have not won yet.
    public let pendingCommitCount: Int
    public let unshownCount: Int
    /// Messages whose handling has failed and not yet succeeded, oldest first.
    public let failedHandlings: [FailedHandling]
    /// Breaks of the protocol that were ever noticed.
    public let violationCount: Int
    public let relay: RelayState
    /// Where the organisation's root key lies as long as nobody has taken it offline.
    public let rootKeyFile: String?

    public enum RelayState: Sendable {
        case reachable(version: String)
        /// It answers, and does not keep what it is given now.
        case unavailable(reason: Sentence)
        case unreachable(MemberError)
    }
}

/// How a group stands on this device.
public struct GroupStatus: Sendable {
    public let target: Target
    public let epoch: UInt64
    public let memberCount: Int
    /// Why it cannot be followed any further.
    public let stopped: String?
}

/// The cipher suites that a coalition chooses from.
public enum SuiteName: String, Sendable, CaseIterable {
    /// Post-quantum hybrid: ML-KEM-768 and X25519.
    case xwing
    /// Suite 0x0003 of RFC 9420.
    case x25519
}
