public import Coalition

/// What can be noticed (Protocol/detection.md).
public enum FindingKind: String, Sendable, CaseIterable {
    // The relay.
    case openingChanged
    case chainBroken
    case notAscending
    case bodyChanged
    case headBehind
    case headContradicts
    case withheld
    case acknowledgedEntryMissing
    case acknowledgedElsewhere
    case answerContradicts
    case incarnationChanged
    case replayed
    case entryIDTaken
    case mailboxLost
    // Members.
    case garbageEntry
    case garbageAdvance
    case commitSkipped
    case splitView
    case coalitionSplitView
    case badMessage
    case secondWelcome
    case welcomeRefused
    case invitationVoided
    case badRequest
    case badKeyPackage
    case garbageInInbox
    case unknownInboxMessage
    // What the user should know.
    case expiredUnread
    case groupStopped
    case welcomeUndeliverable
    case changeImpossible

    /// Whether somebody broke the protocol, rather than something having merely happened.
    public var isViolation: Bool {
        switch self {
        case .expiredUnread, .groupStopped, .welcomeUndeliverable, .unknownInboxMessage, .changeImpossible: false
        // That a relay was restored explains what would be a breach without it (Protocol/detection.md, "Rolling back").
        case .incarnationChanged: false
        default: true
        }
    }

    /// One sentence in English.
    var text: String {
        switch self {
        case .openingChanged: "the relay shows another beginning of this epoch's log than before"
        case .chainBroken: "the relay dropped, changed or moved entries of the log: a running hash does not follow"
        case .notAscending: "the relay showed an entry again, or out of order"
        case .bodyChanged: "the relay changed the body of an entry"
        case .headBehind: "the relay rolled the log back without saying so"
        case .headContradicts: "the relay shows another log under a number that was read before"
        case .withheld: "the relay says that there are entries, and does not hand them out"
        case .acknowledgedEntryMissing: "the relay acknowledged a message and then did not show it in the log"
        case .acknowledgedElsewhere: "a message stands at another place of the log than the relay had said"
        case .answerContradicts:
            "the relay answered that it held a message already, which cannot be the one that was sent"
        case .incarnationChanged: "the relay was restored from a backup: entries may be missing"
        case .replayed: "the relay repeated an entry of the log"
        case .entryIDTaken: "the relay used a message's entry id for something else"
        case .mailboxLost: "the relay no longer knows a mailbox that this device uses"
        case .garbageEntry: "an entry of the log could not be opened: a member or the relay put garbage there"
        case .garbageAdvance: "an advance could not be opened: a member put garbage there"
        case .commitSkipped: "a member made a Commit that breaks the policy; everybody skips it"
        case .splitView: "a member has read another log than this device: the relay shows two"
        case .coalitionSplitView: "a member sees another coalition group than this device: the relay shows two"
        case .badMessage: "a member sent a message that breaks the protocol; it is not shown"
        case .secondWelcome: "a second Welcome came for one KeyPackage; it was refused"
        case .welcomeRefused: "a Welcome was refused, because it breaks a rule"
        case .invitationVoided:
            "two different requests came on one invitation, which is void now: somebody else read it"
        case .badRequest: "a join request breaks a rule"
        case .badKeyPackage: "a KeyPackage is not one of the device whose mailbox it was taken from"
        case .garbageInInbox: "something in this device's inbox could not be opened"
        case .unknownInboxMessage: "a newer program wrote to this device's inbox"
        case .welcomeUndeliverable: "a Welcome could not be handed over: this device cannot write to the inbox"
        case .changeImpossible: "a change that was wanted breaks the coalition's rules, and was given up"
        case .expiredUnread: "entries expired before this device read them"
        case .groupStopped: "this device cannot follow the group any further and must be admitted again"
        }
    }
}

/// Something that was noticed; shown once by `recv`, counted by `status`.
public struct Finding: Sendable {
    /// Names it on this device, in the order in which they were noticed.
    public let number: UInt64
    public let kind: FindingKind
    public let at: Time
    /// What `Target` would print for the group concerned.
    public let group: String?
    /// The member that did it, where that is known.
    public let who: DeviceAddress?
    /// Details by name, for people and scripts.
    public let parameters: [String: String]

    /// One sentence in English.
    public var text: String { kind.text }
    public var isViolation: Bool { kind.isViolation }
}
