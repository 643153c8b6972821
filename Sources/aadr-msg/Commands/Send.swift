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

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let targets = try to.map(Parameter.target)
        let text = text == "-" ? try Input.text() : text
        guard !text.isEmpty else { throw Failure(.badInput, .emptyText, advice: .emptyTextAdvice) }
        let results = try await session.withMember { try await $0.send(text: text, to: targets) }
        try session.show(results)
        // What waits will go by itself, but a script that counts on it must know that it has not gone.
        if results.contains(where: { $0.state == .queued }) { throw EarlyEnd(status: .temporary) }
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
        for result in results where result.state == .queued {
            printer.note(
                .queuedOnly,
                ["to": "\(result.target)", "reason": result.reason.map { Speech.text($0.what) } ?? ""]
            )
        }
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
