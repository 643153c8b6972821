internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct Members: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "members",
            abstract: Speech.text(.helpMembers),
            discussion: Speech.text(.exampleMembers)
        )
    }

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let entries = try await session.withMember { try await $0.members() }
        var records = entries.map { MemberRecord($0) }
        let column = records.map { DisplayWidth.width($0.name) }.max() ?? 0
        for index in records.indices {
            records[index].column = column
            try session.printer.show(records[index])
        }
    }
}

extension MemberRecord {
    init(_ entry: MemberEntry) {
        let state: State =
            switch entry.state {
            case .active: .active
            case .idle: .idle
            case .revoked: .revoked
            }
        self.init(
            organisation: entry.address.organisation.description,
            user: entry.address.user.description,
            device: entry.address.device.description,
            state: state,
            isVerified: entry.isVerified,
            isSelf: entry.isSelf
        )
    }
}
