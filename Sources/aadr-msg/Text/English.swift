extension Speech {
    static func english(_ phrase: Phrase) -> String {
        switch phrase {
        // Help: commands.
        case .helpProgram: "End-to-end encrypted messages between the organisations of a coalition."
        case .helpExitStatus:
            """
            Exit status: 0 done; 64 the command line is wrong; 65 bad input; 69 the relay cannot be reached; 70 internal error; \
            73 cannot write; 75 not yet, try again (queued, not approved); 76 somebody broke the protocol; 77 not permitted; \
            78 configuration; 1 anything else.
            """
        case .helpFound: "Found a coalition, as its first organisation's first admin."
        case .exampleFound:
            """
            Example:
              aadr-msg found --relay 'https://relay.example.org:8443/#PIN' \\
                --relay-token TOKEN --org SMEX --user nadia \\
                --coalition 'Arab Alliance for Digital Rights'
            """
        case .helpInvite: "Invite a colleague, or a new member organisation's first admin."
        case .exampleInvite:
            """
            Prints one line. Send it by any channel; it is good for one person and seven days.

            Examples:
              aadr-msg invite --user omar
              aadr-msg invite --new-org JOSA --user issa
            """
        case .helpJoin: "Join a coalition by invitation."
        case .exampleJoin:
            """
            Prints a code first. Read it to the person who invited you, by phone or face to face, and wait. \
            Interrupted, the same command goes on.

            Example:
              aadr-msg join 'aadr-invitation-1.…'
            """
        case .helpRequests: "Show who asks to be admitted."
        case .exampleRequests:
            """
            Example:
              aadr-msg requests
            """
        case .helpApprove: "Admit who asks to join, after comparing the code."
        case .exampleApprove:
            """
            Asks for the code that the other person reads to you. A wrong code admits nobody.

            Examples:
              aadr-msg approve 3f2a90c144d05e17
              aadr-msg approve 3f2a90c144d05e17 --code 7KQ2-M4XD-91TA
              aadr-msg approve --all
            """
        case .helpDeny: "Refuse a request to join."
        case .exampleDeny:
            """
            Example:
              aadr-msg deny 3f2a90c144d05e17
            """
        case .helpMembers: "Show organisations, people and devices."
        case .exampleMembers:
            """
            Example:
              aadr-msg members
            """
        case .helpSend: "Send a message."
        case .exampleSend:
            """
            Prints the message's id. With no way to the relay the message waits on this device, and the exit status is 75.

            Examples:
              aadr-msg send --to coalition 'A blogger was arrested tonight.'
              aadr-msg send --to issa@JOSA --to layan@7amleh 'Can you call me?'
              cat statement.txt | aadr-msg send --to coalition -
            """
        case .helpRecv: "Show messages that have come."
        case .exampleRecv:
            """
            Shows what is new and ends. With --follow it stays and shows messages as they come. \
            A message counts as shown only when its line has been written.

            Examples:
              aadr-msg recv
              aadr-msg recv --follow --from coalition
              aadr-msg recv --follow --json
              aadr-msg recv --follow --kind alert --exec ./page-on-call
            """
        case .helpStatus: "Show who you are, what waits, and whether all is well."
        case .exampleStatus:
            """
            Example:
              aadr-msg status
            """
        case .helpSettings: "Show what is chosen for this device, or change it."
        case .exampleSettings:
            """
            Nobody is told when you read an alert, unless you switch that on. What --json prints or a command of --exec takes \
            does not count as read.

            Examples:
              aadr-msg settings
              aadr-msg settings --read-receipts on
              aadr-msg settings --relay-token - < token.txt
            """
        case .helpPassphrase: "Change what opens this home: its passphrase or key file."
        case .examplePassphrase:
            """
            Examples:
              aadr-msg passphrase
              aadr-msg passphrase --new-key-file /etc/aadr/key
            """

        // Help: options and arguments.
        case .optionHome:
            "Where keys and messages are kept. (Environment: AADR_MSG_HOME. Default: aadr-msg in the XDG data directory.)"
        case .optionPassphraseFile:
            "A file that holds the passphrase. (Environment: AADR_MSG_PASSPHRASE_FILE. Default: ask on the terminal.)"
        case .optionKeyFile:
            """
            For use without a person: a file of random bytes, mode 0600 or a credential of systemd's, in place of a passphrase; \
            found and join make it. \
            (Environment: AADR_MSG_KEY_FILE.)
            """
        case .optionProxy:
            "Reach the relay through socks5://HOST:PORT (Tor, say) or http://HOST:PORT, and no other way."
        case .optionLang: "The language to speak to you in. (Default: the locale's.)"
        case .optionJSON: "Print one JSON object per line, for scripts."
        case .optionRelay: "The relay's address, from its operator."
        case .optionRelayToken: "The access token, from the relay's operator, or - for standard input."
        case .optionCoalition: "The coalition's name."
        case .optionOrg: "Your organisation's name: letters, digits, '.', '_' and '-'."
        case .optionUser: "Your name: letters, digits, '.', '_' and '-'."
        case .optionDevice: "This device's name."
        case .optionSuite: "The coalition's cipher suite, for good."
        case .optionInviteUser: "The name of who is invited."
        case .optionNewOrg: "The new member organisation that they are the first admin of."
        case .argumentInvitation: "The invitation, or - for standard input."
        case .optionOwnRelayToken:
            "Your organisation's own access token, if the relay's operator has given it one; - for standard input."
        case .optionWait: "How long to wait for the approval. (Default: until the invitation expires.)"
        case .argumentRequest: "The request's id, as requests shows it."
        case .optionCode: "The code that the other person read to you. (Default: ask on the terminal.)"
        case .optionAll:
            "Admit every colleague of your own organisation who was invited, unverified. Never a new organisation."
        case .optionTo: "coalition, or user@org. May be given several times."
        case .argumentText: "The text, or - for standard input."
        case .optionFollow: "Stay, and show messages as they come."
        case .optionFrom: "Only what was sent to the coalition, or by user@org."
        case .optionKind: "Only messages of this kind."
        case .optionMark: "Whether what is shown now counts as read, or is shown again next time (none)."
        case .optionExec:
            """
            Run this shell command for each message, with the JSON object of --json on its standard input. A message counts as \
            shown when the command has ended with 0; otherwise it is run again, in --follow after longer and longer pauses.
            """
        case .optionExecTimeout: "End a command of --exec that runs longer; it has failed then."
        case .badExecTimeout: "--exec-timeout takes a number of seconds, 1 or more"
        case .optionNewRelayToken:
            """
            Another access token, from the relay's operator, or - for standard input: new conversations and invitations are \
            made with it on this device.
            """
        case .optionReadReceipts: "Whether senders of alerts are told when you have read them. (Default: off.)"
        case .optionNewPassphraseFile: "A file that holds the new passphrase. (Default: ask on the terminal.)"
        case .optionNewKeyFile: "Open with this key file from now on; it is made where it does not exist."

        // Help: headings.
        case .headingOverview: "OVERVIEW"
        case .headingUsage: "USAGE"
        case .headingArguments: "ARGUMENTS"
        case .headingOptions: "OPTIONS"
        case .headingSubcommands: "SUBCOMMANDS"
        case .headingHelp: "Help"
        case .parserValues: "(values:"
        case .parserDefault: "(default:"
        case .parserDefaultAfterValues: "; default:"
        case .parserOr: "' or '"
        case .parserAnd: "' and '"
        case .helpVersion: "Show the version."
        case .helpHelp: "Show help information."
        case .helpMore: "See '{command}' for detailed help."
        case .helpMoreInformation: "See '{command}' for more information."
        case .parserDidYouMean: "Unknown option '{option}'. Did you mean '{suggestion}'?"
        case .parserUnknownOption: "Unknown option '{option}'"
        case .parserInvalidOption: "Invalid option: {option}"
        case .parserMissingValue: "Missing value for '{option}'"
        case .parserUnexpectedArguments: "{count} unexpected arguments: '{values}'"
        case .parserUnexpectedArgument: "Unexpected argument '{value}'"
        case .parserMissingArgument: "Missing expected argument '{argument}'"
        case .parserMissingOneOf: "Missing one of: '{arguments}'"
        case .parserMissingCommand: "Missing required subcommand."
        case .parserOneOfThese: "The value '{value}' is invalid for '{option}'. Please provide one of the following:"
        case .parserOneOf: "The value '{value}' is invalid for '{option}'. Please provide one of {values}."
        case .parserInvalidValue: "The value '{value}' is invalid for '{option}'"
        case .parserTakesNoValue: "The option '{option}' does not take any value, but '{value}' was specified."
        case .parserSetTwice: "Value to be set with {second} had already been set with {first}"

        // Results.
        case .founded: "Founded {coalition}. You are {member}, on the device {device}."
        case .rootKeyAdvice:
            """
            Your organisation's root key is in this file:
            {file}
            It alone says who speaks for your organisation: move it to a drive that you keep offline, and keep a second copy \
            elsewhere.
            """
        case .inviteAdvice:
            """
            Send this line to {member} by any channel. It is good for one person until {time}.
            They read you a code by phone. Then run these two:
              aadr-msg requests
              aadr-msg approve REQUEST
            """
        case .readCodeAloud:
            """
            Read this code to the person who invited you, by phone or face to face; do not send it in writing.
            Waiting for the approval. You may stop this: the same command goes on with the same code.
            """
        case .joined: "You are a member now: {member}, on the device {device}."
        case .requestOfOrganisation: "{member} on {device}, first admin of the new organisation {organisation}"
        case .requestOfColleague: "{member} on {device}, a colleague"
        case .requestFingerprint: "fingerprint {fingerprint}"
        case .requestExpires: "until {time}"
        case .noRequests: "Nobody waits to be admitted."
        case .askCode: "The code that {member} reads to you:"
        case .admitted: "{member} is a member now, on the device {device}. The code was right."
        case .admittedUnverified:
            "{member} is a member now, on the device {device}. Nobody has compared a code: not verified."
        case .nobodyAdmitted: "No colleague waits to be admitted."
        case .denied: "The request {request} was refused. Its invitation is void."
        case .stateActive: "active"
        case .stateIdle: "idle"
        case .stateRevoked: "revoked"
        case .verified: "verified"
        case .notVerified: "not verified"
        case .thisDevice: "this device"
        case .queuedOnly:
            """
            The message to {to} has not left yet. Nothing was lost: it waits here, encrypted, and every later command \
            tries again. ({reason})
            """
        case .notSent: "Not sent to {to}: {reason}. The message stays on this device."
        case .sent: "Sent: the relay has it, encrypted. What is printed names it."
        case .oneMoment: "One moment…"
        case .messageVerified: "{time}  {from} to {to}, verified"
        case .messageNotVerified: "{time}  {from} to {to}, not verified"
        case .messageReceived: "came here {time}"
        case .messageOfKind: "a message of the kind {kind}, which this version does not show in full; id {id}"
        case .nothingNew: "Nothing new."
        case .following: "Waiting for messages. Ctrl-C ends it."
        case .relayLost: "Waiting for a connection and trying again by itself; nothing is lost. ({reason})"
        case .relayBack: "The relay answers again."
        case .relayLostElsewhere:
            "The relay {relay}, which another organisation uses, cannot be reached. What comes over it waits there. ({reason})"
        case .relayBackElsewhere: "The relay {relay} answers again."
        case .followFailing: "This could not be done now, and is tried again by itself: {reason}."
        case .execFailed:
            "The command of --exec failed for message {id} ({reason}). The message is kept, and it is run again."
        case .statusSelf: "You are {member}, on the device {device}."
        case .statusAdmin: "You are an admin of {organisation}."
        case .statusNotAdmin: "You are not an admin of {organisation}."
        case .statusCoalition: "Coalition: {coalition}; {organisations}, {devices}."
        case .statusPostQuantum: "Key exchange: X-Wing, safe against quantum computers too."
        case .statusClassical: "Key exchange: X25519."
        case .statusRelayReachable: "The relay answers."
        case .statusRelayUnavailable: "The relay answers, but does not keep what it is given now: {reason}."
        case .statusRelayUnreachable: "No connection: {reason}."
        case .statusWaiting: "Waiting to be sent: {queued}. Not shown yet: {unshown}."
        case .statusNoFindings: "Nobody was seen to break the protocol."
        case .statusFindings: "Seen so far: {count} of the protocol."
        case .statusGroupStopped: "The conversation {group} cannot be followed any further: {reason}"
        case .statusRootKey: "The organisation's root key is still here. Move it offline:\n{file}"
        case .statusExecFailing:
            "The command of recv --exec has failed for message {id}; attempts: {attempts}; last: {reason}."
        case .askPassphrase: "Passphrase:"
        case .askNewPassphrase: "New passphrase (four words or more):"
        case .askPassphraseAgain: "The same passphrase again:"
        case .readReceiptsOn: "Organisations that send alerts are told when you have read them."
        case .readReceiptsOff: "Nobody is told when you read an alert."
        case .relayTokenTaken:
            "The relay knows the new access token, and it is kept. What waited for it goes with the next aadr-msg recv."
        case .passphraseChanged: "Done. From now on only the new one opens this home."

        // What can go wrong on this side of the engine.
        case .nothingLost: "Nothing was lost, and nothing was changed."
        case .commandLine: "the command line cannot be understood"
        case .passphraseAndKeyFile: "Give --passphrase-file or --key-file, not both."
        case .codeAndAll: "--code belongs to one request: leave out --all, or leave out --code."
        case .requestOrAll: "Name one request, or give --all."
        case .negativeWait: "The seconds to wait cannot be negative."
        case .noHome: "there is no home directory to keep keys and messages in"
        case .noHomeAdvice: "Name one with --home DIR or AADR_MSG_HOME."
        case .noVault: "nobody has joined a coalition here yet: there is no vault in {home}"
        case .noVaultAdvice:
            "Join with your invitation: aadr-msg join INVITATION. If you have joined elsewhere, name the place with --home."
        case .twoKeysInEnvironment: "both AADR_MSG_KEY_FILE and AADR_MSG_PASSPHRASE_FILE are set"
        case .twoKeysInEnvironmentAdvice: "Unset the one that does not open this home, or say which with an option."
        case .noKeyAndNoTerminal: "there is no passphrase or key file, and no terminal to ask on"
        case .noKeyAndNoTerminalAdvice:
            "Scripts give --key-file F (AADR_MSG_KEY_FILE) or --passphrase-file F (AADR_MSG_PASSPHRASE_FILE)."
        case .passphraseTooShort: "the passphrase has fewer than {minimum} characters"
        case .passphraseTooShortAdvice: "Choose four words or more that have nothing to do with you or each other."
        case .passphrasesDiffer: "the two passphrases differ"
        case .passphrasesDifferAdvice: "Run it again and type the same one twice."
        case .passphraseFileEmpty: "{file} does not hold a passphrase of 1 to 1024 bytes"
        case .passphraseFileEmptyAdvice: "Put the passphrase into it, on one line."
        case .noAnswer: "there was no answer on the terminal"
        case .noAnswerAdvice: "Run it again when you are ready."
        case .noCodeAndNoTerminal: "there is no code, and no terminal to ask for it on"
        case .noCodeAndNoTerminalAdvice: "Give the code that the other person read to you with --code."
        case .noSuchRequest: "no request {request} is waiting"
        case .noSuchRequestAdvice: "aadr-msg requests shows those that are. Copy the number in its first line."
        case .cannotRead: "{file} cannot be read: {reason}"
        case .cannotReadAdvice: "Check the path and who may read it."
        case .cannotWrite: "the output cannot be written: {reason}"
        case .cannotWriteAdvice: "What was not written counts as not shown: run it again."
        case .inputTooLong: "the input has more than {maximum} bytes"
        case .inputTooLongAdvice: "Shorten it, or send it in parts."
        case .inputNotUTF8: "the input is not UTF-8 text"
        case .inputNotUTF8Advice: "Convert it first: iconv -t UTF-8"
        case .badName: "{value} is not a name that {option} can take"
        case .badNameAdvice:
            "Names have 1 to 63 letters A to Z, digits, '.', '_' and '-', and begin and end with a letter or digit."
        case .badTarget: "{value} is nobody to send to or to hear from"
        case .badTargetAdvice: "Write coalition, or user@org as aadr-msg members shows it."
        case .badRelayAddress: "{value} is not a relay's address"
        case .badRelayAddressAdvice:
            "It looks like https://HOST:PORT/#PIN; the relay's operator prints it with aadr-relay address."
        case .badRelayToken: "what --relay-token gives is not an access token"
        case .badRelayTokenAdvice: "Copy it again, all of it, from what the relay's operator sent you."
        case .twiceStandardInput: "the invitation and the token cannot both come on standard input"
        case .twiceStandardInputAdvice: "Write one of them on the command line."
        case .badProxy: "{value} is not a proxy's address"
        case .badProxyAdvice:
            "Write socks5://HOST:PORT or http://HOST:PORT; for Tor on this machine socks5://127.0.0.1:9050"
        case .emptyText: "there is no text to send"
        case .emptyTextAdvice: "Write the text after the targets, or give - and the text on standard input."

        // Alerts.
        case .helpAlert: "Send alerts, change them, and see who has them."
        case .exampleAlert:
            """
            Example:
              aadr-msg alert list
            """
        case .helpAlertSend: "Send an alert."
        case .exampleAlertSend:
            """
            --lang is a language of the alert here. Give it once for each, and then each text as often, in the same order. \
            --event and --area may stand once for all. The words of severity, urgency and certainty are those of CAP 1.2.

            Examples:
              aadr-msg alert send --to coalition --event Arrest --severity Severe \\
                --urgency Immediate --certainty Observed --headline 'Blogger arrested'
              aadr-msg alert send --to coalition \\
                --severity Severe --urgency Immediate --certainty Observed \\
                --lang ar --event "$EVENT_AR" --headline "$HEADLINE_AR" \\
                --lang en --event Arrest --headline 'Blogger arrested' \\
                --wait acknowledged --quorum 3 --timeout 600
            """
        case .helpAlertUpdate: "Put new words or grades in the place of an alert of your organisation's."
        case .exampleAlertUpdate:
            """
            What is not given stays as it was; with --lang only the languages given stay.

            Example:
              aadr-msg alert update ID --severity Extreme
            """
        case .helpAlertCancel: "Cancel an alert of your organisation's, for good."
        case .exampleAlertCancel:
            """
            Example:
              aadr-msg alert cancel ID 'She was released.'
            """
        case .helpAlertStatus: "Show for each organisation how far an alert has come, and who answered."
        case .exampleAlertStatus:
            """
            Example:
              aadr-msg alert status ID --json
            """
        case .helpAlertList: "Show all alerts, and which of them still hold."
        case .exampleAlertList:
            """
            Example:
              aadr-msg alert list
            """
        case .helpAlertImport: "Send an alert from a CAP 1.2 document."
        case .exampleAlertImport:
            """
            A document that your organisation has sent before is not sent again.

            Example:
              aadr-msg alert import flood.xml
            """
        case .helpAlertExport: "Print an alert as a CAP 1.2 document."
        case .exampleAlertExport:
            """
            Example:
              aadr-msg alert export ID > alert.xml
            """
        case .helpAck: "Answer an alert: your organisation has taken note."
        case .exampleAck:
            """
            Everybody who got the alert sees who answered, and with what words.

            Example:
              aadr-msg ack ID 'We are on it.'
            """
        case .optionEvent: "What kind of event it is, in a word or two."
        case .optionHeadline: "The alert in one line."
        case .optionDescription: "What has happened."
        case .optionInstruction: "What to do."
        case .optionArea: "Where."
        case .optionWeb: "Where to read more."
        case .optionContact: "Whom to ask."
        case .optionCategory: "What it is about. (Default: Security.)"
        case .optionResponse: "What kind of response is wanted."
        case .optionSeverity: "How grave it is."
        case .optionUrgency: "How soon to respond."
        case .optionCertainty: "How sure it is."
        case .optionExpires: "Until when it holds: 30m, 6h, 2d, or a time such as 2026-11-24T12:00:00+02:00."
        case .optionRestriction: "How far it may be passed on (TLP 2.0). (Default: AMBER.)"
        case .optionAlertStatus: "Whether it is real. (Default: Actual.)"
        case .optionWaitState: "Stay until the message has come so far with every organisation."
        case .optionQuorum: "How many organisations are enough."
        case .optionTimeout: "How long to wait; then the exit status is 75."
        case .optionImportTo: "coalition, or user@org. (Default: coalition.)"
        case .argumentAlert: "The id, as recv and alert list show it."
        case .optionSender: "Who sent it, where several have sent a message with this id."
        case .argumentDescription: "Read the description of the first language from standard input."
        case .argumentNote: "Why, or - for standard input."
        case .argumentDocument: "The CAP document, or - for standard input."
        case .shownAsKnown: "This is what this device knows; the relay could not be asked for more. ({reason})"
        case .noAlerts: "There are no alerts on this device."
        case .acknowledges: "acknowledges {id}"
        case .alertAnswer: "To answer: {command}"
        case .alertFrom: "{from} to {to}"
        case .alertUpdated: "UPDATED: a newer alert has taken its place"
        case .alertCancelled: "CANCELLED: it holds no longer"
        case .alertExpired: "EXPIRED: it holds no longer"
        case .alertExercise: "EXERCISE. This is not real."
        case .alertTest: "TEST. This is not real."
        case .alertSystem: "For programs alone. Nothing is to be done."
        case .alertDraft: "DRAFT. Do not act on it."
        case .alertBroken: "An alert that breaks the rules of CAP; what it says:"
        case .alertIsUpdate: "An update; it refers to {id}"
        case .alertIsCancel: "A cancellation; it refers to {id}"
        case .alertInstruction: "What to do:"
        case .alertArea: "Where: {area}"
        case .alertContact: "Contact: {contact}"
        case .alertWeb: "More: {address}"
        case .targetCoalition: "the coalition"
        case .alertRestriction: "To be passed on only as far as {label} lets it."
        case .alertLanguages: "Languages: {languages}"
        case .alertGrade: "ALERT: {severity} · {urgency} · {certainty}"
        case .alertUntil: "Holds until {time}"
        case .severityExtreme: "extreme"
        case .severitySevere: "severe"
        case .severityModerate: "moderate"
        case .severityMinor: "minor"
        case .severityUnknown: "severity unknown"
        case .urgencyImmediate: "act now"
        case .urgencyExpected: "act within the hour"
        case .urgencyFuture: "act soon"
        case .urgencyPast: "past"
        case .urgencyUnknown: "urgency unknown"
        case .certaintyObserved: "observed"
        case .certaintyLikely: "likely"
        case .certaintyPossible: "possible"
        case .certaintyUnlikely: "unlikely"
        case .certaintyUnknown: "certainty unknown"
        case .reachQueued: "not sent yet"
        case .reachRelayed: "at the relay, for it to fetch"
        case .reachDelivered: "delivered"
        case .reachRead: "read"
        case .reachAcknowledged: "acknowledged"
        case .reachBy: "{by}, {time}"
        case .waitedInVain: "The time is over. Still missing: {missing}"
        case .badQuorum: "A quorum is at least one organisation."
        case .deliveredNeedsAlert:
            "Only an alert tells that it was delivered. Wait for relayed or acknowledged, or use aadr-msg alert send."
        case .waitForWhat: "--quorum and --timeout need --wait."
        case .badMessageID: "{value} is not a message's id"
        case .badMessageIDAdvice: "It has 32 digits and letters a to f; recv and alert list show it."
        case .badUser: "{value} is nobody's address"
        case .badUserAdvice: "Write user@org, as recv and aadr-msg members show it."
        case .textsAndLanguages: "{option} is given {texts} times, for {languages} languages"
        case .textsAndLanguagesAdvice: "Give it once for each --lang, in the same order."
        case .badExpiry: "{value} is not a time that is yet to come"
        case .badExpiryAdvice: "Write 30m, 6h or 2d from now, or a time with its zone: 2026-11-24T12:00:00+02:00"
        case .strayWords: "{value} belongs to no option"
        case .strayWordsAdvice: "Put the words behind --headline or --description, in quotes."

        // Why a CAP document is refused.
        case .refusedTooLong: "the document is longer than 1,000,000 bytes"
        case .refusedTooDeep: "the document's elements are nested deeper than 16"
        case .refusedNotUTF8: "the document is not in UTF-8"
        case .refusedDocumentType: "the document has a document type declaration, which no alert needs"
        case .refusedEntity: "the document has an entity that is none of XML's own five"
        case .refusedSyntax: "the document is not well-formed XML, on line {line}"
        case .refusedNotAnAlert: "the document is not an alert of CAP 1.2"
        case .refusedElementMissing: "the alert has no element {element}, which CAP 1.2 asks for"
        case .refusedElementMalformed: "the alert's element {element} is not of the form that CAP 1.2 gives it"
        case .refusedElementTooLong: "the alert's element {element} is too long for a message"
        case .refusedElementTooMany: "the alert has the element {element} too often for a message"
        case .refusedElementRepeated: "the alert has the element {element} twice, which CAP 1.2 allows once"
        case .refusedMessageType: "the document is of the type {type}; only Alert, Update and Cancel are sent"
        case .badDocumentAdvice: "Check the document at its source."

        // What the engine reports.
        case .engineBadInput: "what was given cannot be used"
        case .engineUnreachable: "the relay cannot be reached"
        case .engineInternal: "something went wrong inside the program"
        case .engineCannotWrite: "it cannot be written to disk"
        case .engineTemporary: "not yet"
        case .engineViolation: "the relay or a member broke the protocol"
        case .engineNotPermitted: "that is not permitted"
        case .engineConfiguration: "the set-up is not right"
        case .engineDetail: "{what}; {lost}; {advice}"
        case .finding: "Note: {text}."
        case .findingViolation:
            "Warning: {text}. What is shown is genuine; something may be missing. aadr-msg status counts such events."
        case .findingGroup: "Conversation: {group}."
        case .findingMember: "Member: {who}."
        case .unexpected: "something went wrong that should not: {reason}"
        case .unexpectedAdvice: "Report it with this text."

        // What was noticed.
        case .noticedOpeningChanged: "the relay shows another beginning of a conversation's log than before"
        case .noticedChainBroken: "the relay dropped, changed or moved entries of a conversation"
        case .noticedNotAscending: "the relay showed an entry again, or out of order"
        case .noticedBodyChanged: "the relay changed the body of an entry"
        case .noticedHeadBehind: "the relay rolled a conversation back without saying so"
        case .noticedHeadContradicts: "the relay shows other entries than it did before"
        case .noticedWithheld: "the relay says that there is more, and does not hand it out"
        case .noticedAcknowledgedEntryMissing:
            "the relay confirmed a message of yours and then did not show it to the others"
        case .noticedAcknowledgedElsewhere: "a message of yours stands in another place than the relay had said"
        case .noticedAnswerContradicts: "the relay says that it held a message already that it cannot have held"
        case .noticedIncarnationChanged:
            """
            the relay says that it was restored from a backup. What others sent after it may be missing; what this device \
            still has of yours is sent again
            """
        case .noticedReplayed: "the relay repeated an entry"
        case .noticedEntryIDTaken: "the relay used the number of a message for something else"
        case .noticedGarbageEntry: "an entry cannot be opened: a member or the relay put garbage there"
        case .noticedGarbageAdvance: "a change of membership cannot be opened: a member put garbage there"
        case .noticedCommitSkipped: "a member tried a change of membership that the rules forbid; everybody skips it"
        case .noticedSplitView: "the relay shows another member another conversation than this device"
        case .noticedCoalitionSplitView: "the relay shows another member another coalition than this device"
        case .noticedBadMessage: "a member sent a message that breaks the protocol; it is not shown"
        case .noticedSecondWelcome: "somebody used a key of this device twice; the second use was refused"
        case .noticedWelcomeRefused: "a welcome to a conversation was refused, because it breaks a rule"
        case .noticedInvitationVoided: "two people answered one invitation: somebody else read it, and it is void now"
        case .noticedBadRequest: "a request to join breaks a rule"
        case .noticedBadKeyPackage: "a key is not of the device that it should be of"
        case .noticedGarbageInInbox: "something in this device's inbox cannot be opened"
        case .noticedUnknownInboxMessage: "a newer program wrote to this device: update this one"
        case .noticedWelcomeUndeliverable:
            "somebody who was admitted could not be told so: their inbox cannot be written to"
        case .noticedExpiredUnread: "messages expired on the relay before this device read them"
        case .noticedGroupStopped: "this device cannot follow a conversation any further and must be admitted again"
        case .noticedMailboxLost: "the relay no longer knows a mailbox that this device uses"
        case .noticedChangeImpossible: "a change of membership that was wanted here breaks the rules, and was given up"
        }
    }
}
