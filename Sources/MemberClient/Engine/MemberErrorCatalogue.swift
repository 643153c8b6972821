internal import Coalition

/// Errors that several capabilities meet.
extension MemberError {
    static var notAMember: MemberError {
        MemberError(.configuration, "this device has not been admitted yet", advice: "run join again, and wait")
    }

    static var notAnAdmin: MemberError {
        MemberError(
            .notPermitted,
            "only an admin of the organisation may do this, on the admin's own device",
            advice: "ask an admin of the organisation concerned"
        )
    }

    static var noToken: MemberError {
        MemberError(
            .notPermitted,
            "the organisation has no access token of the relay on this device",
            advice:
                "ask the organisation's admin or the relay's operator for one: aadr-msg settings --relay-token takes it"
        )
    }

    static var admittedAlready: MemberError {
        MemberError(
            .notPermitted,
            "that device has been admitted already",
            advice: "have it removed by an admin of its organisation"
        )
    }

    static var admissionUnderWay: MemberError {
        MemberError(
            .temporary,
            "the admission is on its way to the relay, and may have taken effect",
            advice: "run aadr-msg recv, and deny the request again"
        )
    }

    static var invitationUsed: MemberError {
        MemberError(
            .notPermitted,
            "the relay makes no more mailboxes for this invitation: it has been used, or it is over",
            advice:
                "ask for another, and join from a new home; say if it was not you who used this one: somebody has read it"
        )
    }

    static var badRequest: MemberError {
        MemberError(
            .notPermitted,
            "the request breaks a rule, or has expired: nobody was admitted",
            advice: "for a request to join: deny it and invite anew"
        )
    }

    static func unknownRequest(_ id: String) -> MemberError {
        MemberError(.badInput, "no request \(id) is waiting", advice: "list those that are: aadr-msg requests")
    }

    static func notInDirectory(_ who: String) -> MemberError {
        MemberError(.badInput, "\(who) is not in the coalition", advice: "list who is: aadr-msg members")
    }

    static func noKeyPackages(_ who: String) -> MemberError {
        MemberError(
            .temporary,
            "\(who) cannot be reached yet: no device of theirs has left a KeyPackage",
            lost: "nothing was lost: the message stays queued",
            advice: "it will be sent when they have been online"
        )
    }

    static func strangerInGroup(_ detail: String) -> MemberError {
        MemberError(
            .notPermitted,
            "nothing is encrypted to this conversation: \(detail)",
            lost: "nothing was lost: the message stays queued",
            advice: "run aadr-msg recv: the device may have just come, or left"
        )
    }

    static func impossible(_ error: ImpossibleCommit) -> MemberError {
        MemberError(
            .notPermitted,
            "the coalition's rules do not allow this change: \(error.reason)",
            lost: "nothing was changed",
            advice: "for a request to join: deny it and invite anew"
        )
    }

    static var textTooLong: MemberError {
        MemberError(
            .badInput,
            "the text is longer than \(Content.maximumTextLength) characters",
            advice: "shorten it, or send it as a file"
        )
    }

    static var alertTooLarge: MemberError {
        MemberError(.badInput, "the alert is larger than a message can be", advice: "shorten it")
    }

    static func badAlert(_ error: AlertError) -> MemberError {
        MemberError(
            .badInput,
            "the alert's element \(error.element) is \(error.problem.words)",
            lost: "nothing was sent",
            advice: "give it with the option of its name, as the Common Alerting Protocol 1.2 has it"
        )
    }

    static func unknownAlert(_ id: String) -> MemberError {
        MemberError(
            .badInput,
            "there is no alert \(id) on this device",
            advice: "list those that are: aadr-msg alert list"
        )
    }

    static func unknownMessage(_ id: String) -> MemberError {
        MemberError(
            .badInput,
            "there is no message \(id) on this device",
            advice: "take the id from recv, or alert list"
        )
    }

    static func ambiguousMessage(_ id: String) -> MemberError {
        MemberError(
            .badInput,
            "several messages have the id \(id), of different senders",
            advice: "say whose is meant: --from USER@ORG, as recv shows it"
        )
    }

    static func ownMessage(_ id: String) -> MemberError {
        MemberError(
            .badInput,
            "the message \(id) was sent from this device",
            advice: "others acknowledge it; see who has: aadr-msg alert status \(id)"
        )
    }

    static func notOwnAlert(_ id: String) -> MemberError {
        MemberError(
            .notPermitted,
            "the alert \(id) is another organisation's, which alone may update or cancel it",
            advice: "answer it: aadr-msg ack \(id)"
        )
    }

    static func alertBroughtInForOthers(_ targets: [String]) -> MemberError {
        MemberError(
            .badInput,
            "this alert was brought in before, for \(targets.joined(separator: ", ")) alone",
            advice: "send the others what it says: aadr-msg alert send"
        )
    }

    static func alreadyCancelled(_ id: String) -> MemberError {
        MemberError(.notPermitted, "the alert \(id) has been cancelled, for good", advice: "send a new alert")
    }

    static func stopped(_ reason: StopReason) -> MemberError {
        MemberError(
            reason == .removed ? .notPermitted : .violation,
            "this device cannot follow the group any further: \(reason.text)",
            lost: "what was read stays; what was queued is not sent",
            advice: "ask an admin of the organisation to admit it again",
            isFinal: true
        )
    }
}

extension AlertError.Problem {
    fileprivate var words: String {
        switch self {
        case .missing: "missing"
        case .malformed: "not of its form"
        case .tooLong: "too long"
        case .tooMany: "there too often"
        case .repeated: "there twice"
        }
    }
}
