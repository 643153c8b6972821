internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct Requests: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "requests",
            abstract: Speech.text(.helpRequests),
            discussion: Speech.text(.exampleRequests)
        )
    }

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let requests = try await session.withMember { try await $0.requests() }
        for request in requests { try session.printer.show(RequestRecord(request)) }
        if requests.isEmpty { session.printer.advise(.noRequests) }
    }
}

extension RequestRecord {
    init(_ entry: JoinRequestEntry) {
        self.init(
            request: entry.id,
            organisation: entry.address.organisation.description,
            user: entry.address.user.description,
            device: entry.address.device.description,
            fingerprint: entry.fingerprint,
            expires: entry.expires.seconds,
            isNewOrganisation: entry.isNewOrganisation
        )
    }
}
