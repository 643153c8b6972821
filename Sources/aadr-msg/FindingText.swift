internal import Coalition
internal import MemberClient

extension Finding {
    /// For standard error: what was noticed, and where, as far as that is known.
    var lines: [String] {
        let noticed = Speech.text(isViolation ? .findingViolation : .finding, ["text": Speech.text(kind.phrase)])
        let places = [
            group.map { Speech.text(.findingGroup, ["group": $0]) },
            who.map { Speech.text(.findingMember, ["who": $0.description]) },
        ]
        let known = places.compactMap { $0 }
        return known.isEmpty ? [noticed] : [noticed, "  " + known.joined(separator: " ")]
    }
}

extension FindingKind {
    var phrase: Phrase {
        switch self {
        case .openingChanged: .noticedOpeningChanged
        case .chainBroken: .noticedChainBroken
        case .notAscending: .noticedNotAscending
        case .bodyChanged: .noticedBodyChanged
        case .headBehind: .noticedHeadBehind
        case .headContradicts: .noticedHeadContradicts
        case .withheld: .noticedWithheld
        case .acknowledgedEntryMissing: .noticedAcknowledgedEntryMissing
        case .acknowledgedElsewhere: .noticedAcknowledgedElsewhere
        case .answerContradicts: .noticedAnswerContradicts
        case .incarnationChanged: .noticedIncarnationChanged
        case .replayed: .noticedReplayed
        case .entryIDTaken: .noticedEntryIDTaken
        case .garbageEntry: .noticedGarbageEntry
        case .garbageAdvance: .noticedGarbageAdvance
        case .commitSkipped: .noticedCommitSkipped
        case .splitView: .noticedSplitView
        case .coalitionSplitView: .noticedCoalitionSplitView
        case .badMessage: .noticedBadMessage
        case .secondWelcome: .noticedSecondWelcome
        case .welcomeRefused: .noticedWelcomeRefused
        case .invitationVoided: .noticedInvitationVoided
        case .badRequest: .noticedBadRequest
        case .badKeyPackage: .noticedBadKeyPackage
        case .garbageInInbox: .noticedGarbageInInbox
        case .unknownInboxMessage: .noticedUnknownInboxMessage
        case .welcomeUndeliverable: .noticedWelcomeUndeliverable
        case .expiredUnread: .noticedExpiredUnread
        case .groupStopped: .noticedGroupStopped
        case .mailboxLost: .noticedMailboxLost
        case .changeImpossible: .noticedChangeImpossible
        }
    }
}
