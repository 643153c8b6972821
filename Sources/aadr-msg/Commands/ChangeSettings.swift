internal import ArgumentParser
internal import MemberClient

struct ChangeSettings: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "settings",
            abstract: Speech.text(.helpSettings),
            discussion: Speech.text(.exampleSettings)
        )
    }

    enum Switch: String, CaseIterable, ExpressibleByArgument { case on, off }

    @Option(help: ArgumentHelp(Speech.text(.optionReadReceipts)))
    var readReceipts: Switch?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let confirmsReading = try await session.withMember { member in
            if let readReceipts { try member.setConfirmsReading(readReceipts == .on) }
            return try member.confirmsReading()
        }
        try session.printer.show(SettingsRecord(confirmsReading: confirmsReading))
    }
}
