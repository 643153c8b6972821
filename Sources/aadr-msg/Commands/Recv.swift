internal import ArgumentParser
internal import Coalition
internal import MemberClient
internal import RelayAPI

struct Recv: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "recv",
            abstract: Speech.text(.helpRecv),
            discussion: Speech.text(.exampleRecv)
        )
    }

    enum Mark: String, CaseIterable, ExpressibleByArgument { case read, none }

    @Flag(help: ArgumentHelp(Speech.text(.optionFollow)))
    var follow = false

    @Option(help: ArgumentHelp(Speech.text(.optionFrom), valueName: "target"))
    var from: String?

    @Option(help: ArgumentHelp(Speech.text(.optionKind)))
    var kind: String?

    @Option(parsing: .unconditional, help: ArgumentHelp(Speech.text(.optionExec), valueName: "command"))
    var exec: String?

    @Option(help: ArgumentHelp(Speech.text(.optionExecTimeout), valueName: "seconds"))
    var execTimeout: UInt32 = 60

    @Option(help: ArgumentHelp(Speech.text(.optionMark)))
    var mark = Mark.read

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if execTimeout == 0 { throw ValidationError(Speech.text(.badExecTimeout)) }
    }

    func run() async throws {
        let session = try Session(global)
        let filter = MessageFilter(from: try from.map(Parameter.target), kind: kind)
        let hook = exec.map { Hook(command: $0, timeout: .seconds(execTimeout)) }
        try await session.withMember(saysWhatItWaitsFor: follow || hook != nil) { member in
            if follow {
                try await handleAsTheyCome(filter, hook, member, session)
            } else if let hook {
                try await Interruption.endsQuietly { try await runForNew(filter, hook, member, session) }
            } else {
                try await showNew(filter, member, session)
            }
        }
    }

    /// What is already here is shown even if the relay cannot be reached; the status then says that there may be more.
    private func showNew(_ filter: MessageFilter, _ member: Member, _ session: Session) async throws {
        var failure: MemberError?
        do {
            _ = try await member.sync()
        } catch {
            failure = error
        }
        var shown = 0
        try await member.forEachUnshown(filter) { messages in
            try MessageDelivery.deliver(
                messages,
                write: { try session.printer.show(MessageRecord($0, me: member.address.userAddress)) },
                mark: { if mark == .read { try member.markShown($0, toPerson: !session.printer.isJSON) } }
            )
            shown += messages.count
        }
        let isViolated = try session.showFindings(of: member)
        if let failure { throw failure }
        if shown == 0 { session.printer.advise(.nothingNew) }
        if isViolated { throw EarlyEnd(status: .violation) }
    }

    /// Runs the command for each message once. One for which it fails stays new, and the status says so.
    private func runForNew(_ filter: MessageFilter, _ hook: Hook, _ member: Member, _ session: Session) async throws {
        var failure: MemberError?
        do {
            _ = try await member.sync()
        } catch {
            failure = error
        }
        var hasFailed = false
        try await member.forEachUnshown(filter) { messages in
            for message in messages {
                switch try await session.run(hook, for: message, of: member) {
                case .failed(let reason):
                    try member.noteFailure(of: message, reason: reason)
                    hasFailed = true
                default:
                    if mark == .read { try member.markShown([message]) }
                }
            }
        }
        let isViolated = try session.showFindings(of: member)
        if let failure { throw failure }
        if hasFailed { throw EarlyEnd(status: .temporary) }
        if isViolated { throw EarlyEnd(status: .violation) }
    }

    private func handleAsTheyCome(
        _ filter: MessageFilter,
        _ hook: Hook?,
        _ member: Member,
        _ session: Session
    ) async throws {
        session.printer.advise(.following)
        let me = member.address.userAddress
        // What a program took has not been read by anybody.
        let shown = session.printer.isJSON || hook != nil ? Marking.shown : .read
        try await Interruption.endsQuietly {
            try await member.follow(filter, mark: mark == .read ? shown : .nothing) { event in
                switch event {
                case .message(let message):
                    if let hook { return try await session.run(hook, for: message, of: member) }
                    try session.printer.show(MessageRecord(message, me: me))
                case .finding(let finding): session.show(finding)
                case .unreachable(let error, let relay): session.tell(lossOf: relay, error)
                case .reachable(let relay): session.tell(returnOf: relay)
                case .failing(let error): session.printer.note(.followFailing, ["reason": Speech.text(error.what)])
                }
                return .done
            }
        }
    }
}

extension Session {
    /// - Parameter relay: nil for one's own.
    fileprivate func tell(lossOf relay: RelayAddress?, _ error: MemberError) {
        let reason = Speech.text(error.what)
        if let relay {
            printer.note(.relayLostElsewhere, ["relay": relay.authority, "reason": reason])
        } else {
            printer.note(.relayLost, ["reason": reason])
        }
    }

    /// - Parameter relay: nil for one's own.
    fileprivate func tell(returnOf relay: RelayAddress?) {
        if let relay {
            printer.note(.relayBackElsewhere, ["relay": relay.authority])
        } else {
            printer.note(.relayBack)
        }
    }

    /// Runs the command of `--exec` for a message, and says so when it fails.
    fileprivate func run(_ hook: Hook, for message: Message, of member: Member) async throws -> Handling {
        let record = MessageRecord(message, me: member.address.userAddress)
        switch try await hook.run(JSONLine.text(record.json)) {
        case .done: return .done
        case .failed(let failure):
            printer.note(.execFailed, ["id": message.id, "reason": failure.description])
            return .failed(reason: failure.description)
        }
    }
}

extension MessageRecord {
    /// - Parameter me: whose device this is. The engine names a direct conversation by the other person; scripts and
    ///   people are told whom a message was sent to.
    init(_ message: Message, me: UserAddress) {
        var alert: JSONObject?
        var file: JSONObject?
        if message.kind == "alert" || message.kind == "file" {
            let object = (try? Content(json: message.content))?.object
            alert = object?["alert"]?.object
            file = object?["file"]?.object
        }
        self.init(
            id: message.id,
            kind: message.kind,
            from: message.from.userAddress.description,
            device: message.from.device.description,
            to: message.to == .user(message.from.userAddress) ? me.description : message.to.description,
            sent: message.sent.seconds,
            received: message.received.seconds,
            text: message.text,
            alert: alert,
            file: file,
            alertState: message.alertState.map { AlertStateName($0) },
            references: message.references,
            isVerified: message.isVerified
        )
    }
}
