internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct AlertCommand: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "alert",
            abstract: Speech.text(.helpAlert),
            discussion: Speech.text(.exampleAlert),
            subcommands: [
                AlertSend.self, AlertUpdate.self, AlertCancel.self, AlertStatus.self, AlertList.self, AlertImport.self,
                AlertExport.self,
            ]
        )
    }
}

struct AlertSend: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "send",
            abstract: Speech.text(.helpAlertSend),
            discussion: Speech.text(.exampleAlertSend)
        )
    }

    @Option(help: ArgumentHelp(Speech.text(.optionTo), valueName: "target"))
    var to: [String]

    @OptionGroup var words: AlertOptions
    @OptionGroup var waiting: WaitOptions

    @Argument(help: ArgumentHelp(Speech.text(.argumentDescription), valueName: "-"))
    var input: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let targets = try to.map(Parameter.target)
        var draft = AlertDraft()
        draft.set("status", to: Alert.Status.actual.rawValue)
        draft.restrict(to: .amber)
        var words = words
        if words.category.isEmpty { words.category = [.security] }
        try words.apply(to: &draft, describing: try AlertInput.description(input))
        let complete = draft
        try await session.withMember { member in
            try await session.show(try await member.send(complete, to: targets), of: member, waiting)
        }
    }
}

struct AlertUpdate: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "update",
            abstract: Speech.text(.helpAlertUpdate),
            discussion: Speech.text(.exampleAlertUpdate)
        )
    }

    @Argument(help: ArgumentHelp(Speech.text(.argumentAlert)))
    var id: String

    @OptionGroup var words: AlertOptions
    @OptionGroup var waiting: WaitOptions

    @Argument(help: ArgumentHelp(Speech.text(.argumentDescription), valueName: "-"))
    var input: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let id = try Parameter.messageID(id)
        let description = try AlertInput.description(input)
        try await session.withMember { member in
            try await member.syncIfReachable()
            var draft = AlertDraft(updating: try member.changeableAlert(id).alert)
            try words.apply(to: &draft, describing: description)
            try await session.show(try await member.update(id, with: draft), of: member, waiting)
        }
    }
}

struct AlertCancel: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "cancel",
            abstract: Speech.text(.helpAlertCancel),
            discussion: Speech.text(.exampleAlertCancel)
        )
    }

    @Argument(help: ArgumentHelp(Speech.text(.argumentAlert)))
    var id: String

    @Argument(help: ArgumentHelp(Speech.text(.argumentNote)))
    var note: String?

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let id = try Parameter.messageID(id)
        let note = note == "-" ? try Input.text() : note
        try await session.withMember { member in
            try await member.syncIfReachable()
            try await session.show(try await member.cancel(id, note: note), of: member, waiting)
        }
    }
}

struct AlertStatus: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "status",
            abstract: Speech.text(.helpAlertStatus),
            discussion: Speech.text(.exampleAlertStatus)
        )
    }

    @Argument(help: ArgumentHelp(Speech.text(.argumentAlert)))
    var id: String

    @Option(help: ArgumentHelp(Speech.text(.optionSender), valueName: "user@org"))
    var from: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let id = try Parameter.messageID(id)
        let sender = try from.map(Parameter.user)
        try await session.withMember { member in
            try await session.syncSayingWhatIsMissing(member)
            // People see which alert it is, and whether it still holds; scripts ask alert list.
            if !session.printer.isJSON, let entry = try? member.alert(id, from: sender) {
                try session.printer.show(AlertRecord(entry))
            }
            for organisation in try member.reach(of: id, from: sender).organisations {
                try session.printer.show(ReachRecord(organisation))
            }
        }
    }
}

struct AlertList: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list",
            abstract: Speech.text(.helpAlertList),
            discussion: Speech.text(.exampleAlertList)
        )
    }

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        try await session.withMember { member in
            try await session.syncSayingWhatIsMissing(member)
            let alerts = try member.alerts()
            for entry in alerts { try session.printer.show(AlertRecord(entry)) }
            if alerts.isEmpty { session.printer.advise(.noAlerts) }
        }
    }
}

struct AlertImport: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "import",
            abstract: Speech.text(.helpAlertImport),
            discussion: Speech.text(.exampleAlertImport)
        )
    }

    @Argument(help: ArgumentHelp(Speech.text(.argumentDocument)))
    var file: String

    @Option(help: ArgumentHelp(Speech.text(.optionImportTo), valueName: "target"))
    var to: [String] = ["coalition"]

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let targets = try to.map(Parameter.target)
        let alert: Alert
        do {
            alert = try AlertInput.document(file)
        } catch let refusal as DocumentRefusal {
            if session.printer.isJSON { try session.printer.show(refusal) }
            throw refusal.failure
        }
        try await session.withMember { member in
            try await session.show(try await member.bringIn(alert, to: targets), of: member, waiting)
        }
    }
}

struct AlertExport: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "export",
            abstract: Speech.text(.helpAlertExport),
            discussion: Speech.text(.exampleAlertExport)
        )
    }

    @Argument(help: ArgumentHelp(Speech.text(.argumentAlert)))
    var id: String

    @Option(help: ArgumentHelp(Speech.text(.optionSender), valueName: "user@org"))
    var from: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let id = try Parameter.messageID(id)
        let sender = try from.map(Parameter.user)
        let entry = try await session.withMember { try $0.alert(id, from: sender) }
        try Stream.output.write(String(decoding: entry.alert.xml, as: UTF8.self))
        // CAP has no place for it: whoever hands the document on must know.
        if let phrase = AlertStateName(entry.state).phrase { session.printer.note(phrase) }
    }
}

struct Acknowledge: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "ack",
            abstract: Speech.text(.helpAck),
            discussion: Speech.text(.exampleAck)
        )
    }

    @Argument(help: ArgumentHelp(Speech.text(.argumentAlert)))
    var id: String

    @Argument(help: ArgumentHelp(Speech.text(.argumentText)))
    var text: String?

    @Option(help: ArgumentHelp(Speech.text(.optionSender), valueName: "user@org"))
    var from: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let id = try Parameter.messageID(id)
        let sender = try from.map(Parameter.user)
        let text = text == "-" ? try Input.text() : text
        try await session.withMember { member in
            try await member.syncIfReachable()
            let results = try await member.acknowledge(id, from: sender, text: text)
            try session.show(results)
            if let end = results.end { throw end }
        }
    }
}

/// What commands about alerts read.
enum AlertInput {
    /// - Parameter argument: `-` or nothing.
    static func description(_ argument: String?) throws(Failure) -> String? {
        guard let argument else { return nil }
        guard argument == "-" else {
            throw Failure(.usage, .strayWords, ["value": argument], advice: .strayWordsAdvice)
        }
        return try Input.text()
    }

    static func document(_ path: String) throws -> Alert {
        let bytes = try Input.bytes(of: path, maximum: maximumDocument)
        let alert: Alert
        do throws(AlertDocumentError) {
            alert = try Alert(xml: bytes)
        } catch {
            throw DocumentRefusal.document(error)
        }
        guard [.alert, .update, .cancel].contains(alert.messageType) else {
            throw DocumentRefusal.messageType(alert.messageType)
        }
        return alert
    }

    /// In bytes (Protocol/content.md, "XML").
    private static let maximumDocument = 1_000_000
}

extension Session {
    /// Syncs, and says so when what is shown next may be out of date.
    fileprivate func syncSayingWhatIsMissing(_ member: Member) async throws {
        guard let failure = try await member.syncIfReachable() else { return }
        printer.note(.shownAsKnown, ["reason": Speech.text(failure.what)])
    }

    /// Shows how far a message has come, after waiting as long as was asked for.
    func show(_ results: [SendResult], of member: Member, _ waiting: WaitOptions) async throws {
        guard let wait = waiting.wait, let text = results.first?.id, let id = MessageID(text: text) else {
            try show(results)
            if let end = results.end { throw end }
            return
        }
        // People see the id while they wait; a script gets one line, with the outcome.
        if !printer.isJSON { try show(results) }
        let state = ReachState(wait)
        let reach: MessageReach
        do {
            reach = try await member.wait(for: id, state: state, quorum: waiting.quorum, seconds: waiting.timeout)
        } catch {
            if printer.isJSON { try show(results) }
            throw error
        }
        let missing = reach.missing(state).map { "\($0.organisation)" }
        let reached = ReachState.allCases.last { reach.hasReached($0, quorum: waiting.quorum) }
        if printer.isJSON {
            for result in results {
                var record = SentRecord(result)
                record = SentRecord(
                    id: record.id,
                    to: record.to,
                    state: reach.queued.contains(result.target)
                        ? .queued : reached.map { SentRecord.State($0) } ?? record.state,
                    missing: missing
                )
                try printer.show(record)
            }
        }
        guard reach.hasReached(state, quorum: waiting.quorum) else {
            // Of an organisation that has one of several copies, whose is still here.
            let names = missing.isEmpty ? reach.queued.map(\.description) : missing
            printer.note(.waitedInVain, ["missing": names.joined(separator: " ")])
            throw EarlyEnd(status: .temporary)
        }
    }
}

extension ReachState {
    fileprivate init(_ wait: WaitOptions.Wait) {
        switch wait {
        case .relayed: self = .relayed
        case .delivered: self = .delivered
        case .acknowledged: self = .acknowledged
        }
    }
}

extension AlertRecord {
    init(_ entry: AlertEntry) {
        let by: String? =
            switch entry.state {
            case .active, .expired: nil
            case .updated(let by), .cancelled(let by): by
            }
        self.init(
            id: entry.id,
            from: entry.from.userAddress.description,
            to: entry.to.map(\.description),
            state: AlertStateName(entry.state),
            by: by,
            alert: entry.alert.object,
            references: entry.references
        )
    }
}

extension ReachRecord {
    init(_ reach: OrganisationReach) {
        self.init(
            organisation: reach.organisation.description,
            isRelayed: reach.isRelayed,
            delivered: reach.delivered?.seconds,
            read: reach.read?.seconds,
            acknowledgements: reach.acknowledgements.map {
                Acknowledgement(by: $0.by.description, at: $0.at.seconds, text: $0.text)
            }
        )
    }
}
