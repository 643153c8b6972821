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
            advice: "ask the organisation's admin, or the relay's operator"
        )
    }

    static func unknownRequest(_ id: String) -> MemberError {
        MemberError(.badInput, "no request \(id) is waiting", advice: "list those that are: requests")
    }

    static func notInDirectory(_ who: String) -> MemberError {
        MemberError(.badInput, "\(who) is not in the coalition", advice: "list who is: members")
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
            advice: "wait until the device has been removed from the conversation"
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

    static func stopped(_ reason: StopReason) -> MemberError {
        MemberError(
            reason == .removed ? .notPermitted : .violation,
            "this device cannot follow the group any further: \(reason.text)",
            lost: "what was read stays; what was queued is not sent",
            advice: "ask an admin of the organisation to admit it again"
        )
    }
}
