internal import Coalition
internal import MLS
internal import RelayAPI

extension MemberError {
    /// What a caller is told of an error from below.
    init(_ error: any Error) {
        switch error {
        case let error as MemberError: self = error
        case let error as VaultError: self.init(error)
        case let error as RelayError: self.init(error)
        case is CancellationError:
            self.init(.temporary, "it was stopped before it was done", advice: "run it again")
        default:
            self.init(
                .internal,
                "something went wrong that should not: \(error)",
                lost: "what was on this device still is",
                advice: "report it with this text, which holds no secrets"
            )
        }
    }

    init(_ error: VaultError) {
        let kind: Kind =
            switch error {
            case .missing, .wrongKey, .opensWith, .keyFile, .newerFormat: .configuration
            case .alreadyExists, .files, .storage: .cannotWrite
            case .busy, .outOfMemory: .temporary
            case .damaged: .internal
            }
        switch error {
        case .wrongKey, .opensWith:
            self.init(kind, error.sentence, advice: "check what belongs to this home, and run it again")
        case .files, .keyFile(.missing), .keyFile(.notAFile), .keyFile(.unreadable):
            self.init(kind, error.sentence, advice: "check the path and who may use it, and run it again")
        default:
            // The vault says in one sentence what happened and what to do.
            self.init(kind, error.sentence, advice: "then run it again")
        }
    }

    init(_ error: RelayError) {
        switch error {
        case .unreachable(let reason):
            self.init(
                .unreachable,
                "the relay cannot be reached: \(reason)",
                lost: "nothing was lost: what was queued will be sent",
                advice: "check the connection and run it again"
            )
        case .proxy(let reason):
            self.init(
                .unreachable,
                "the proxy cannot be used: \(reason)",
                lost: "nothing was lost, and nothing was sent around the proxy",
                advice: "check that the proxy runs, and its address"
            )
        case .untrustedCertificate(let reason):
            self.init(
                .violation,
                "the relay did not show the key that it is known by: \(reason)",
                lost: "nothing was sent to it",
                advice: "ask the relay's operator whether its key has changed; somebody may be in between"
            )
        case .violation(let reason):
            self.init(
                .violation,
                "the relay answered against the protocol: \(reason)",
                lost: "nothing was lost on this device",
                advice: "tell the relay's operator"
            )
        case .unsupportedVersion(let versions):
            self.init(
                .configuration,
                "the relay speaks versions \(versions.oldest) to \(versions.newest) of the protocol, this program others",
                advice: "install the newer program"
            )
        case .cancelled:
            self.init(.temporary, "it was stopped before it was done", advice: "run it again")
        case .problem(let problem):
            self.init(problem)
        }
    }

    /// The same of a relay that is not the device's own, whatever that one says: it is one that does not serve.
    var ofAnotherRelay: MemberError { MemberError(.unreachable, what, lost: lost, advice: advice) }

    init(_ problem: Problem) {
        let title = Sentence(verbatim: problem.name.title)
        let detail = problem.detail.map { "\(title): \($0)" } ?? title
        switch problem.name {
        case .tokenRefused:
            self.init(
                .notPermitted,
                detail,
                advice:
                    "ask the relay's operator for a token; who has joined takes it with aadr-msg settings --relay-token"
            )
        case .mailboxesExhausted:
            self.init(
                .notPermitted,
                detail,
                advice:
                    "ask the relay's operator for a new token; who has joined takes it with aadr-msg settings --relay-token"
            )
        case .quotaExhausted, .mailboxFull, .unavailable, .grantsExhausted, .advancesExhausted, .rateLimited,
            .connectionsExhausted, .subscriptionsExhausted:
            self.init(
                .temporary,
                detail,
                lost: "nothing was lost: what is queued stays queued",
                advice: "try again later"
            )
        case .internal:
            self.init(.temporary, detail, lost: "nothing was lost", advice: "tell the relay's operator and try again")
        case .notPermitted:
            self.init(.notPermitted, detail, advice: "it may have expired or been taken back")
        case .tooLarge, .headersTooLarge, .wrongLength, .wrongRetention, .wrongMediaType, .malformed, .unknownOperation,
            .wrongMethod,
            .epochMismatch, .epochEnded, .unseenAdvance, .entryIDInUse, .capabilityInUse, .mailboxExists,
            .partExists, .incarnationChanged:
            self.init(
                .violation,
                "the relay refused a request that should be right: \(detail)",
                lost: "nothing was lost: what is queued stays queued",
                advice: "run it again; if it stays so, tell the relay's operator"
            )
        }
    }
}

/// Whether what was done was to end, instead of failing.
func isCancellation(_ error: any Error) -> Bool {
    error is CancellationError || (error as? RelayError) == .cancelled || Task.isCancelled
}

/// Runs what throws anything, so that a caller sees `MemberError` alone.
func describingErrors<Result: Sendable>(_ body: () async throws -> Result) async throws(MemberError) -> Result {
    do {
        return try await body()
    } catch {
        throw MemberError(error)
    }
}

/// The same for what does not wait.
func describingErrors<Result: Sendable>(_ body: () throws -> Result) throws(MemberError) -> Result {
    do {
        return try body()
    } catch {
        throw MemberError(error)
    }
}
