internal import MemberClient

extension MemberError {
    var status: ExitStatus { ExitStatus(rawValue: kind.exitStatus) ?? .other }

    /// For standard error. The engine speaks English: in another language a sentence of the catalogue says which kind
    /// of error it is, and the engine's own words follow as the detail.
    var lines: [String] {
        switch Speech.language {
        case .english:
            ["aadr-msg: " + SafeText.inline(what)] + [lost, advice].map { "  " + SafeText.inline(Self.sentence($0)) }
        case .arabic: ["aadr-msg: " + Speech.text(kind.phrase), "  " + Speech.text(.engineDetail, values)]
        }
    }

    private static func sentence(_ clause: String) -> String {
        clause.prefix(1).uppercased() + clause.dropFirst() + (clause.hasSuffix(".") ? "" : ".")
    }

    private var values: [String: String] { ["what": what, "lost": lost, "advice": advice] }
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
