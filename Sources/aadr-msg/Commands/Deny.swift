internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct Deny: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "deny",
            abstract: Speech.text(.helpDeny),
            discussion: Speech.text(.exampleDeny)
        )
    }

    @Argument(help: ArgumentHelp(Speech.text(.argumentRequest)))
    var request: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let id = pasted(request)
        try await session.withMember { try await $0.deny(id) }
        try session.printer.show(DeniedRecord(request: id))
    }
}
