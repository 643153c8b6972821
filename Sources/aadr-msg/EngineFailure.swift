internal import MemberClient

extension MemberError {
    var status: ExitStatus { ExitStatus(rawValue: kind.exitStatus) ?? .other }

    /// For standard error: what happened, whether anything was lost, what to do.
    var lines: [String] {
        guard Speech.knows(what) else {
            // The catalogue has no words for it: what kind of error it is, and the engine's English as the detail.
            let values = ["what": what, "lost": lost, "advice": advice].mapValues(\.description)
            return ["aadr-msg: " + Speech.text(kind.phrase), "  " + Speech.text(.engineDetail, values)]
        }
        return ["aadr-msg: " + Speech.text(what), Self.line(lost), adviceLine]
    }

    /// Whether waiting is all that it takes.
    var passesByItself: Bool { kind == .unreachable || kind == .temporary }

    /// What to do, as a line below what happened.
    var adviceLine: String { Self.line(advice) }

    private static func line(_ sentence: Sentence) -> String {
        let clause = Speech.text(sentence)
        return "  " + clause.prefix(1).uppercased() + clause.dropFirst() + (clause.hasSuffix(".") ? "" : ".")
    }
}

extension MemberError.Kind {
    var phrase: Phrase {
        switch self {
        case .badInput: .engineBadInput
        case .unreachable: .engineUnreachable
        case .internal: .engineInternal
        case .cannotWrite: .engineCannotWrite
        case .temporary: .engineTemporary
        case .violation: .engineViolation
        case .notPermitted: .engineNotPermitted
        case .configuration: .engineConfiguration
        }
    }
}
