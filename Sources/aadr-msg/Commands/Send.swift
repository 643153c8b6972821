internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct Send: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "send",
            abstract: Speech.text(.helpSend),
            discussion: Speech.text(.exampleSend)
        )
    }

    @Option(help: ArgumentHelp(Speech.text(.optionTo), valueName: "target"))
    var to: [String]

    @Argument(help: ArgumentHelp(Speech.text(.argumentText)))
    var text: String

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        // Only alerts bring receipts (Protocol/content.md, "Acknowledgements and receipts").
        if waiting.wait == .delivered { throw ValidationError(Speech.text(.deliveredNeedsAlert)) }
    }

    func run() async throws {
        let session = try Session(global)
        let targets = try to.map(Parameter.target)
        let text = text == "-" ? try Input.text() : text
        guard !text.isEmpty else { throw Failure(.badInput, .emptyText, advice: .emptyTextAdvice) }
        try await session.withMember { member in
            try await session.show(try await member.send(text: text, to: targets), of: member, waiting)
        }
    }
}

extension Session {
    /// Shows how far messages have come.
    func show(_ results: [SendResult]) throws(Failure) {
        for (index, result) in results.enumerated() {
            let record = SentRecord(result)
            // One message has one id, however many it goes to.
            if printer.isJSON || !results[..<index].contains(where: { $0.id == result.id }) { try printer.show(record) }
        }
        if results.allSatisfy({ $0.state == .relayed }) { printer.advise(.sent) }
        for result in results where result.state == .queued {
            printer.note(
                result.reason?.isFinal == true ? .notSent : .queuedOnly,
                ["to": "\(result.target)", "reason": result.reason.map { Speech.text($0.what) } ?? ""]
            )
            if let reason = result.reason, !reason.passesByItself { printer.say([reason.adviceLine]) }
        }
    }
}

extension [SendResult] {
    /// What a command ends with when some of them have not gone; nil when all have.
    var end: EarlyEnd? {
        // What waits will go by itself, but a script that counts on it must know that it has not gone.
        if contains(where: { $0.state == .queued && $0.reason?.isFinal != true }) {
            return EarlyEnd(status: .temporary)
        }
        return first { $0.state == .queued }?.reason.map { EarlyEnd(status: $0.status) }
    }
}

extension SentRecord {
    init(_ result: SendResult) {
        self.init(id: result.id, to: "\(result.target)", state: State(result.state))
    }
}

extension SentRecord.State {
    init(_ state: DeliveryState) {
        switch state {
        case .queued: self = .queued
        case .relayed: self = .relayed
        }
    }

    init(_ state: ReachState) {
        switch state {
        case .relayed: self = .relayed
        case .delivered: self = .delivered
        case .acknowledged: self = .acknowledged
        }
    }
}
