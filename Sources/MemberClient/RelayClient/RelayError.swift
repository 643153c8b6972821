public import RelayAPI

/// Why a relay did not do what it was asked.
public enum RelayError: Error, Equatable, Sendable {
    /// The relay refuses, and has changed nothing.
    case problem(Problem)
    /// The relay cannot be reached, or broke off. The request may have taken effect or not: asking for the same again
    /// is safe (Protocol/mailbox.md, "Idempotency").
    case unreachable(Sentence)
    /// The proxy cannot be reached or does not put us through. Never a reason to go without it.
    case proxy(Sentence)
    /// Who answers is not the relay of this address. It has been told nothing.
    case untrustedCertificate(Sentence)
    /// The answer is not what the protocol says.
    case violation(Sentence)
    /// The relay speaks none of the versions that this program does.
    case unsupportedVersion(ProtocolVersions)
    /// The task was cancelled. The request may have taken effect or not.
    case cancelled
}

extension RelayError {
    /// Whether somebody else answers than the relay that the address names.
    var isOfAnother: Bool {
        if case .untrustedCertificate = self { true } else { false }
    }

    /// Whether the relay makes no mailbox for the access token that it was given.
    var refusesToken: Bool {
        guard case .problem(let problem) = self else { return false }
        return problem.name == .tokenRefused || problem.name == .mailboxesExhausted
    }
}

extension RelayError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .problem(let problem):
            problem.detail.map { "the relay refuses: \(problem.name.title) (\($0))" }
                ?? "the relay refuses: \(problem.name.title)"
        case .unreachable(let reason): "the relay cannot be reached: \(reason)"
        case .proxy(let reason): "the proxy does not put us through: \(reason)"
        case .untrustedCertificate(let reason):
            "this is not the relay that its address names: \(reason); nothing was sent to it"
        case .violation(let what): "the relay breaks the protocol: \(what)"
        case .unsupportedVersion(let theirs) where theirs.newest < ProtocolVersions.spoken.oldest:
            "the relay speaks versions up to \(theirs.newest), which this program does no longer: the relay must be updated"
        case .unsupportedVersion(let theirs):
            "the relay speaks versions from \(theirs.oldest), which this program does not yet: update it"
        case .cancelled: "cancelled"
        }
    }
}
