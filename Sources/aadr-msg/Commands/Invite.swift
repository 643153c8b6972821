internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct Invite: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "invite",
            abstract: Speech.text(.helpInvite),
            discussion: Speech.text(.exampleInvite)
        )
    }

    @Option(help: ArgumentHelp(Speech.text(.optionInviteUser), valueName: "name"))
    var user: String

    @Option(help: ArgumentHelp(Speech.text(.optionNewOrg), valueName: "name"))
    var newOrg: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let user = try Parameter.name(user, option: "--user")
        let invitee =
            if let newOrg {
                Invitee.organisation(try Parameter.name(newOrg, option: "--new-org"), firstAdmin: user)
            } else {
                Invitee.colleague(user)
            }
        let issued = try await session.withMember { try await $0.invite(invitee) }
        let record = InvitationRecord(
            invitation: issued.text,
            organisation: issued.user.organisation.description,
            user: issued.user.user.description,
            expires: issued.expires.seconds
        )
        try session.printer.show(record)
        session.printer.advise(
            .inviteAdvice,
            ["member": issued.user.description, "time": Timestamp.local(record.expires)]
        )
    }
}
