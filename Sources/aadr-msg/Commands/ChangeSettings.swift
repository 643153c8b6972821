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

    // One token in sixty-four begins with a hyphen.
    @Option(parsing: .unconditional, help: ArgumentHelp(Speech.text(.optionNewRelayToken), valueName: "token"))
    var relayToken: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let relayToken = try relayToken.map(Parameter.relayToken)
        let confirmsReading = try await session.withMember { member in
            if let relayToken { try await member.setRelayToken(relayToken) }
            if let readReceipts { try member.setConfirmsReading(readReceipts == .on) }
            return try member.confirmsReading()
        }
        try session.printer.show(SettingsRecord(confirmsReading: confirmsReading))
        if relayToken != nil { session.printer.note(.relayTokenTaken) }
    }
}
