internal import Coalition
internal import MemberClient
internal import RelayAPI
internal import Sodium

/// What the commands have in common: settings, the printer, and the way to the member's home.
struct Session {
    let settings: Settings
    let printer: Printer

    init(_ options: GlobalOptions) throws(Failure) {
        settings = try Settings(options)
        printer = Printer(isJSON: options.json)
    }

    var network: Network {
        get throws(Failure) {
            guard let text = settings.proxy else { return .direct }
            guard let proxy = try? ProxyAddress(text) else {
                throw Failure(.usage, .badProxy, ["value": text], advice: .badProxyAdvice)
            }
            return Network(proxy: proxy)
        }
    }

    /// What opens the home that there is. Nobody is asked for the passphrase of one that there is not.
    func unlock() throws(Failure) -> Unlock {
        guard Vault.exists(at: settings.home) else {
            throw Failure(.configuration, .noVault, ["home": settings.home], advice: .noVaultAdvice)
        }
        if case .keyFile(let path) = settings.key { return .keyFile(path) }
        return .passphrase(try Passphrase.existing(settings.key))
    }

    /// What a home that is about to be made will open with.
    func newUnlock() throws(Failure) -> Unlock {
        if case .keyFile(let path) = settings.key { return .keyFile(path) }
        return .passphrase(try Passphrase.new(settings.key))
    }

    /// What a joiner's home opens with: it is there already when a join goes on that was interrupted.
    func joiningUnlock() throws(Failure) -> Unlock {
        Vault.exists(at: settings.home) ? try unlock() : try newUnlock()
    }

    /// Opens the home, does the work, and closes it whatever came of it.
    /// - Parameter saysWhatItWaitsFor: whether the work itself tells a person why it takes long.
    func withMember<Result: Sendable>(
        saysWhatItWaitsFor: Bool = false,
        _ work: (Member) async throws -> Result
    ) async throws -> Result {
        let unlock = try unlock()
        let patience = saysWhatItWaitsFor ? nil : Patience(printer)
        defer { patience?.end() }
        let member = try Member.open(home: settings.home, unlock: unlock, network: try network)
        do {
            let result = try await work(member)
            await member.close()
            return result
        } catch {
            await member.close()
            throw error
        }
    }

    /// Shows on standard error what was noticed and has not been shown.
    /// - Returns: whether somebody broke the protocol.
    func showFindings(of member: Member) throws -> Bool {
        let findings = try member.unshownFindings()
        for finding in findings { show(finding) }
        if !findings.isEmpty { try member.markShown(findings) }
        return findings.contains { $0.isViolation }
    }

    func show(_ finding: Finding) {
        printer.say(finding.lines)
    }
}

/// What options and arguments give, as the engine wants it.
enum Parameter {
    static func name(_ text: String, option: String) throws(Failure) -> Name {
        guard let name = Name(text) else {
            throw Failure(.usage, .badName, ["value": text, "option": option], advice: .badNameAdvice)
        }
        return name
    }

    static func target(_ text: String) throws(Failure) -> Target {
        guard let target = Target(pasted(text)) else {
            throw Failure(.usage, .badTarget, ["value": text], advice: .badTargetAdvice)
        }
        return target
    }

    static func user(_ text: String) throws(Failure) -> UserAddress {
        guard let address = UserAddress(pasted(text)) else {
            throw Failure(.usage, .badUser, ["value": text], advice: .badUserAdvice)
        }
        return address
    }

    static func messageID(_ text: String) throws(Failure) -> MessageID {
        guard let id = MessageID(text: pasted(text)) else {
            throw Failure(.usage, .badMessageID, ["value": text], advice: .badMessageIDAdvice)
        }
        return id
    }

    static func relayAddress(_ text: String) throws(Failure) -> RelayAddress {
        guard let address = try? RelayAddress(pasted(text)) else {
            throw Failure(.usage, .badRelayAddress, ["value": text], advice: .badRelayAddressAdvice)
        }
        return address
    }

    /// - Parameter text: the token, or `-` for standard input. A wrong one is not shown: it may be a right one with a letter
    ///   too many.
    static func relayToken(_ text: String) throws(Failure) -> AccessToken {
        guard let token = AccessToken(text: pasted(text == "-" ? try Input.text() : text)) else {
            throw Failure(.usage, .badRelayToken, advice: .badRelayTokenAdvice)
        }
        return token
    }

    /// The device that is meant when `--device` is not given: it tells nothing about the machine.
    static let defaultDevice = "main"
}
