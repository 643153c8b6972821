internal import ArgumentParser
internal import Coalition
internal import MemberClient

struct Approve: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "approve",
            abstract: Speech.text(.helpApprove),
            discussion: Speech.text(.exampleApprove)
        )
    }

    @Argument(help: ArgumentHelp(Speech.text(.argumentRequest)))
    var request: String?

    @Option(help: ArgumentHelp(Speech.text(.optionCode)))
    var code: String?

    @Flag(help: ArgumentHelp(Speech.text(.optionAll)))
    var all = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if (request == nil) != all { throw ValidationError(Speech.text(.requestOrAll)) }
        if all, code != nil { throw ValidationError(Speech.text(.codeAndAll)) }
    }

    func run() async throws {
        let session = try Session(global)
        if let request {
            try await approve(pasted(request), session)
        } else {
            try await approveColleagues(session)
        }
    }

    private func approve(_ request: String, _ session: Session) async throws {
        let address = try await session.withMember(saysWhatItWaitsFor: code == nil) { member in
            let code =
                if let code {
                    code
                } else {
                    try await ask(for: request, of: member)
                }
            return try await member.approve(request, code: code)
        }
        try session.printer.show(AdmittedRecord(address, isVerified: true))
    }

    private func approveColleagues(_ session: Session) async throws {
        let admitted = try await session.withMember { try await $0.approveAllColleagues() }
        for address in admitted { try session.printer.show(AdmittedRecord(address, isVerified: false)) }
        if admitted.isEmpty { session.printer.advise(.nobodyAdmitted) }
    }

    private func ask(for request: String, of member: Member) async throws -> String {
        // Nobody reads out a code for a request that there is not.
        guard let entry = try await member.requests().first(where: { $0.id == request.lowercased() }) else {
            throw Failure(.badInput, .noSuchRequest, ["request": request], advice: .noSuchRequestAdvice)
        }
        guard let terminal = Terminal.open() else {
            throw Failure(.usage, .noCodeAndNoTerminal, advice: .noCodeAndNoTerminalAdvice)
        }
        return try terminal.ask(Speech.text(.askCode, ["member": entry.address.userAddress.description]))
    }
}

extension AdmittedRecord {
    init(_ address: DeviceAddress, isVerified: Bool) {
        self.init(
            organisation: address.organisation.description,
            user: address.user.description,
            device: address.device.description,
            isVerified: isVerified
        )
    }
}
