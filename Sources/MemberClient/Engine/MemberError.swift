/// Why something could not be done: what happened, whether anything was lost, and what to do, in English.
public struct MemberError: Error, Sendable, CustomStringConvertible {
    /// What a program decides by.
    public enum Kind: String, Sendable, CaseIterable {
        /// What was given is not what it should be: an invitation, a token, a name.
        case badInput
        case unreachable
        /// A defect of this program, or a vault that does not hold together.
        case `internal`
        case cannotWrite
        /// It will work later without anything being changed: queued, not yet approved, out of quota.
        case temporary
        /// The relay or a member broke the protocol.
        case violation
        case notPermitted
        case configuration

        /// The exit status that a command ends with (sysexits.h).
        public var exitStatus: Int32 {
            switch self {
            case .badInput: 65
            case .unreachable: 69
            case .internal: 70
            case .cannotWrite: 73
            case .temporary: 75
            case .violation: 76
            case .notPermitted: 77
            case .configuration: 78
            }
        }
    }

    public let kind: Kind
    public let what: Sentence
    public let lost: Sentence
    public let advice: Sentence
    /// Whether trying again is in vain: what was queued will not be sent.
    public let isFinal: Bool

    public init(
        _ kind: Kind,
        _ what: Sentence,
        lost: Sentence = "nothing was lost",
        advice: Sentence,
        isFinal: Bool = false
    ) {
        self.kind = kind
        self.what = what
        self.lost = lost
        self.advice = advice
        self.isFinal = isFinal
    }

    /// Whether it is the relay's or the rules' no to one thing, or no answer, and nothing is amiss on this device.
    var isRefusal: Bool { [.notPermitted, .temporary, .violation, .unreachable].contains(kind) }

    public var description: String { "\(what); \(lost); \(advice)" }
}
