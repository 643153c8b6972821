internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct Found: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "found",
            abstract: Speech.text(.helpFound),
            discussion: Speech.text(.exampleFound)
        )
    }

    @Option(help: ArgumentHelp(Speech.text(.optionRelay), valueName: "address"))
    var relay: String

    // One token in sixty-four begins with a hyphen.
    @Option(parsing: .unconditional, help: ArgumentHelp(Speech.text(.optionRelayToken), valueName: "token"))
    var relayToken: String

    @Option(help: ArgumentHelp(Speech.text(.optionCoalition), valueName: "name"))
    var coalition: String

    @Option(help: ArgumentHelp(Speech.text(.optionOrg), valueName: "name"))
    var org: String

    @Option(help: ArgumentHelp(Speech.text(.optionUser), valueName: "name"))
    var user: String

    @Option(help: ArgumentHelp(Speech.text(.optionDevice), valueName: "name"))
    var device = Parameter.defaultDevice

    @Option(help: ArgumentHelp(Speech.text(.optionSuite)))
    var suite = SuiteName.xwing

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let founding = Founding(
            relay: try Parameter.relayAddress(relay),
            relayToken: try Parameter.relayToken(relayToken),
            coalition: coalition,
            organisation: try Parameter.name(org, option: "--org"),
            user: try Parameter.name(user, option: "--user"),
            device: try Parameter.name(device, option: "--device"),
            suite: suite
        )
        let network = try session.network
        let unlock = try session.newUnlock()
        let patience = Patience(session.printer)
        defer { patience?.end() }
        let member = try await Member.found(
            founding,
            home: session.settings.home,
            unlock: unlock,
            network: network
        )
        let rootKeyFile = member.rootKeyFile
        await member.close()
        try session.printer.show(
            FoundRecord(
                coalition: coalition,
                organisation: org,
                user: user,
                device: device,
                suite: suite.rawValue,
                rootKeyFile: rootKeyFile
            )
        )
        if let rootKeyFile { session.printer.note(.rootKeyAdvice, ["file": rootKeyFile]) }
    }
}
