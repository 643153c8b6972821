internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct Join: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "join",
            abstract: Speech.text(.helpJoin),
            discussion: Speech.text(.exampleJoin)
        )
    }

    @Argument(help: ArgumentHelp(Speech.text(.argumentInvitation)))
    var invitation: String

    @Option(help: ArgumentHelp(Speech.text(.optionDevice), valueName: "name"))
    var device = Parameter.defaultDevice

    // One token in sixty-four begins with a hyphen.
    @Option(parsing: .unconditional, help: ArgumentHelp(Speech.text(.optionOwnRelayToken), valueName: "token"))
    var relayToken: String?

    @Option(help: ArgumentHelp(Speech.text(.optionWait), valueName: "seconds"))
    var wait: UInt64?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        guard invitation != "-" || relayToken != "-" else {
            throw Failure(.usage, .twiceStandardInput, advice: .twiceStandardInputAdvice)
        }
        let relayToken = try relayToken.map(Parameter.relayToken)
        let text = invitation == "-" ? try Input.text() : invitation
        let network = try session.network
        let joining = try await Member.beginJoin(
            pasted(text),
            device: try Parameter.name(device, option: "--device"),
            relayToken: relayToken,
            home: session.settings.home,
            unlock: try session.joiningUnlock(),
            network: network
        )
        let member: Member
        do {
            try session.printer.show(CodeRecord(code: joining.code))
            session.printer.advise(.readCodeAloud)
            let now = Timestamp.now
            let remaining = joining.expires.seconds > now ? joining.expires.seconds - now : 0
            member = try await joining.wait(seconds: min(wait ?? remaining, remaining))
        } catch {
            await joining.close()
            throw error
        }
        let record = JoinedRecord(
            organisation: member.address.organisation.description,
            user: member.address.user.description,
            device: member.address.device.description,
            rootKeyFile: member.rootKeyFile
        )
        await member.close()
        try session.printer.show(record)
        if let file = record.rootKeyFile { session.printer.note(.rootKeyAdvice, ["file": file]) }
    }
}
