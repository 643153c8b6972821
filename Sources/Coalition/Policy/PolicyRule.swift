/// The numbered rules of Protocol/policy.md.
public enum PolicyRule: String, CaseIterable, Hashable, Sendable {
    // Commits
    case c1 = "C1"
    case c2 = "C2"
    case c3 = "C3"
    case c4 = "C4"
    case c5 = "C5"
    case c6 = "C6"
    case c7 = "C7"
    case c8 = "C8"
    case c9 = "C9"
    case c10 = "C10"
    case c11 = "C11"
    case c12 = "C12"
    // Joining
    case j1 = "J1"
    case j2 = "J2"
    case j3 = "J3"
    case j4 = "J4"
    case j5 = "J5"
    case j6 = "J6"
    case j7 = "J7"
    case j8 = "J8"
    // Sending
    case s1 = "S1"
    case s2 = "S2"
    // Application messages
    case a1 = "A1"
    case a2 = "A2"

    /// As the page has it.
    public var number: String { rawValue }

    /// Whether a Commit that breaks it was signed as it is by its sender, who is named for it and whose device anybody may
    /// remove (C8).
    public var blamesSender: Bool {
        switch self {
        case .c3, .c4, .c5, .c6, .c7, .c8, .c9, .c10, .c11: true
        default: false
        }
    }
}

/// That something breaks a rule.
public struct PolicyViolation: Error, Equatable, Sendable, CustomStringConvertible {
    public let rule: PolicyRule
    /// What is wrong, in English.
    public let detail: String

    public init(_ rule: PolicyRule, _ detail: String) {
        self.rule = rule
        self.detail = detail
    }

    public var description: String { "\(rule.number): \(detail)" }
}

/// Stops with the rule unless it is kept.
func require(_ kept: Bool, _ rule: PolicyRule, _ detail: @autoclosure () -> String) throws(PolicyViolation) {
    guard kept else { throw PolicyViolation(rule, detail()) }
}
