internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct Status: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "status",
            abstract: Speech.text(.helpStatus),
            discussion: Speech.text(.exampleStatus)
        )
    }

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let session = try Session(global)
        let status = try await session.withMember { try await $0.status() }
        try session.printer.show(StatusRecord(status))
    }
}

extension StatusRecord {
    init(_ status: MemberClient.Status) {
        let relay: Relay =
            switch status.relay {
            case .reachable: .reachable
            case .unavailable(let reason): .unavailable(reason)
            case .unreachable(let error): .unreachable(error.what)
            }
        self.init(
            organisation: status.device.organisation.description,
            user: status.device.user.description,
            device: status.device.device.description,
            coalition: status.coalition,
            suite: status.suite.rawValue,
            isAdmin: status.isAdmin,
            organisations: status.organisationCount,
            devices: status.deviceCount,
            groups: status.groups.map { group in
                Group(
                    kind: group.target == .coalition ? "coalition" : "direct",
                    name: group.target.description,
                    epoch: group.epoch,
                    members: group.memberCount,
                    stopped: group.stopped
                )
            },
            queued: status.queuedCount,
            unshown: status.unshownCount,
            failing: status.failedHandlings.map { handling in
                Failing(
                    id: handling.id,
                    attempts: handling.attempts,
                    reason: handling.reason,
                    next: handling.next.seconds
                )
            },
            findings: status.violationCount,
            relay: relay,
            rootKeyFile: status.rootKeyFile
        )
    }
}
