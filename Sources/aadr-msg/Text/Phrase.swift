/// Everything that the program says to people. English.swift and Arabic.swift give the words; the compiler sees to it
/// that neither lacks a phrase.
///
/// `{name}` in a phrase is a placeholder. Phrases of one name must have the same placeholders in both languages.
enum Phrase: String, CaseIterable, Sendable {
    // Help: what each command does, and an example of it.
    case helpProgram, helpExitStatus
    case helpFound, exampleFound
    case helpInvite, exampleInvite
    case helpJoin, exampleJoin
    case helpRequests, exampleRequests
    case helpApprove, exampleApprove
    case helpDeny, exampleDeny
    case helpMembers, exampleMembers
    case helpSend, exampleSend
    case helpRecv, exampleRecv
    case helpStatus, exampleStatus
    case helpSettings, exampleSettings
    case helpPassphrase, examplePassphrase

    // Help: options and arguments.
    case optionHome, optionPassphraseFile, optionKeyFile, optionProxy, optionLang, optionJSON
    case optionRelay, optionRelayToken, optionCoalition, optionOrg, optionUser, optionDevice, optionSuite
    case optionInviteUser, optionNewOrg
    case argumentInvitation, optionOwnRelayToken, optionWait
    case argumentRequest, optionCode, optionAll
    case optionTo, argumentText
    case optionFollow, optionFrom, optionKind, optionMark, optionExec, optionExecTimeout, badExecTimeout
    case optionReadReceipts, optionNewRelayToken, optionNewPassphraseFile, optionNewKeyFile

    // Help: the parser's own headings.
    case headingOverview, headingUsage, headingArguments, headingOptions, headingSubcommands
    case headingHelp, parserValues, parserDefault, parserDefaultAfterValues, parserOr, parserAnd
    case helpVersion, helpHelp, helpMore, helpMoreInformation

    // What the parser says of a command line; its English is the parser's own, by which it is recognised.
    case parserDidYouMean, parserUnknownOption, parserInvalidOption, parserMissingValue, parserUnexpectedArguments
    case parserUnexpectedArgument, parserMissingArgument, parserMissingOneOf, parserMissingCommand, parserOneOfThese
    case parserOneOf, parserInvalidValue, parserTakesNoValue, parserSetTwice

    // Results.
    case founded, rootKeyAdvice
    case inviteAdvice
    case readCodeAloud, joined
    case requestOfOrganisation, requestOfColleague, requestFingerprint, requestExpires, noRequests
    case askCode, admitted, admittedUnverified, nobodyAdmitted, denied
    case stateActive, stateIdle, stateRevoked, verified, notVerified, thisDevice
    case queuedOnly, notSent, oneMoment, sent
    case messageVerified, messageNotVerified, messageReceived, messageOfKind, nothingNew
    case following, relayLost, relayBack, relayLostElsewhere, relayBackElsewhere, followFailing, execFailed,
        shownAsKnown
    case statusSelf, statusAdmin, statusNotAdmin, statusCoalition, statusPostQuantum, statusClassical
    case statusRelayReachable, statusRelayUnavailable, statusRelayUnreachable, statusWaiting, statusNoFindings,
        statusFindings
    case statusGroupStopped, statusRootKey, statusExecFailing
    case askPassphrase, askNewPassphrase, askPassphraseAgain, passphraseChanged
    case readReceiptsOn, readReceiptsOff, relayTokenTaken

    // What can go wrong on this side of the engine: what happened, and what to do.
    case nothingLost
    case commandLine
    case passphraseAndKeyFile, codeAndAll, requestOrAll, negativeWait
    case noHome, noHomeAdvice
    case noVault, noVaultAdvice
    case twoKeysInEnvironment, twoKeysInEnvironmentAdvice
    case noKeyAndNoTerminal, noKeyAndNoTerminalAdvice
    case passphraseTooShort, passphraseTooShortAdvice
    case passphrasesDiffer, passphrasesDifferAdvice
    case passphraseFileEmpty, passphraseFileEmptyAdvice
    case noAnswer, noAnswerAdvice
    case noCodeAndNoTerminal, noCodeAndNoTerminalAdvice
    case noSuchRequest, noSuchRequestAdvice
    case cannotRead, cannotReadAdvice
    case cannotWrite, cannotWriteAdvice
    case inputTooLong, inputTooLongAdvice
    case inputNotUTF8, inputNotUTF8Advice
    case badName, badNameAdvice
    case badTarget, badTargetAdvice
    case badRelayAddress, badRelayAddressAdvice
    case badRelayToken, badRelayTokenAdvice
    case twiceStandardInput, twiceStandardInputAdvice
    case badProxy, badProxyAdvice
    case emptyText, emptyTextAdvice

    // Alerts.
    case helpAlert, exampleAlert, helpAlertSend, exampleAlertSend, helpAlertUpdate, exampleAlertUpdate
    case helpAlertCancel, exampleAlertCancel, helpAlertStatus, exampleAlertStatus, helpAlertList
    case exampleAlertList, helpAlertImport, exampleAlertImport, helpAlertExport, exampleAlertExport, helpAck
    case exampleAck, optionEvent, optionHeadline, optionDescription, optionInstruction
    case optionArea, optionWeb, optionContact, optionCategory, optionResponse, optionSeverity, optionUrgency
    case optionCertainty, optionExpires, optionRestriction, optionAlertStatus, optionWaitState, optionQuorum
    case optionTimeout, optionImportTo, argumentAlert, optionSender, argumentDescription, argumentNote, argumentDocument
    case noAlerts, acknowledges, alertAnswer, alertFrom, alertUpdated, alertCancelled, alertExpired, alertExercise
    case alertTest, alertSystem, alertDraft, alertBroken, alertIsUpdate, alertIsCancel, alertInstruction, alertArea
    case alertContact, alertWeb, targetCoalition, alertRestriction, alertLanguages
    case alertGrade, alertUntil, severityExtreme, severitySevere, severityModerate, severityMinor
    case severityUnknown, urgencyImmediate, urgencyExpected, urgencyFuture, urgencyPast, urgencyUnknown
    case certaintyObserved, certaintyLikely, certaintyPossible, certaintyUnlikely, certaintyUnknown, reachQueued
    case reachRelayed, reachDelivered, reachRead, reachAcknowledged, reachBy, waitedInVain, badQuorum
    case deliveredNeedsAlert, waitForWhat, badMessageID, badMessageIDAdvice, badUser, badUserAdvice, textsAndLanguages,
        textsAndLanguagesAdvice,
        badExpiry
    case badExpiryAdvice, strayWords, strayWordsAdvice

    // Why a CAP document is refused.
    case refusedTooLong, refusedTooDeep, refusedNotUTF8, refusedDocumentType, refusedEntity, refusedSyntax
    case refusedNotAnAlert, refusedElementMissing, refusedElementMalformed, refusedElementTooLong
    case refusedElementTooMany, refusedElementRepeated, refusedMessageType, badDocumentAdvice

    // What the engine reports: a sentence per kind, then its own words.
    case engineBadInput, engineUnreachable, engineInternal, engineCannotWrite
    case engineTemporary, engineViolation, engineNotPermitted, engineConfiguration
    case engineDetail
    case finding, findingViolation, findingGroup, findingMember
    case unexpected, unexpectedAdvice

    // What was noticed (Protocol/detection.md).
    case noticedOpeningChanged, noticedChainBroken, noticedNotAscending, noticedBodyChanged, noticedHeadBehind
    case noticedHeadContradicts, noticedWithheld, noticedAcknowledgedEntryMissing, noticedAcknowledgedElsewhere
    case noticedAnswerContradicts, noticedIncarnationChanged, noticedReplayed, noticedEntryIDTaken
    case noticedGarbageEntry, noticedGarbageAdvance, noticedCommitSkipped, noticedSplitView
    case noticedCoalitionSplitView, noticedBadMessage, noticedSecondWelcome, noticedWelcomeRefused
    case noticedInvitationVoided, noticedBadRequest, noticedBadKeyPackage, noticedGarbageInInbox
    case noticedUnknownInboxMessage, noticedWelcomeUndeliverable, noticedExpiredUnread, noticedGroupStopped
    case noticedMailboxLost, noticedChangeImpossible
}
