/// Where a member's home is and what opens it: options before the environment, the environment before defaults.
struct Settings: Equatable, Sendable {
    enum Key: Equatable, Sendable {
        case keyFile(String)
        case passphraseFile(String)
        /// Asked on the terminal.
        case passphrase
    }

    let home: String
    let key: Key
    let proxy: String?

    init(_ options: GlobalOptions, environment: Environment = .process) throws(Failure) {
        home = try Self.home(options, environment)
        key = try Self.key(options, environment)
        proxy = options.proxy
    }

    private static func home(_ options: GlobalOptions, _ environment: Environment) throws(Failure) -> String {
        if let home = options.home ?? environment["AADR_MSG_HOME"], !home.isEmpty { return home }
        // A relative path is to be ignored (XDG Base Directory Specification, "Basics").
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return data + "/aadr-msg" }
        guard let user = environment["HOME"] else { throw Failure(.configuration, .noHome, advice: .noHomeAdvice) }
        return user + "/.local/share/aadr-msg"
    }

    private static func key(_ options: GlobalOptions, _ environment: Environment) throws(Failure) -> Key {
        if let file = options.keyFile { return .keyFile(file) }
        if let file = options.passphraseFile { return .passphraseFile(file) }
        switch (environment["AADR_MSG_KEY_FILE"], environment["AADR_MSG_PASSPHRASE_FILE"]) {
        case (_?, _?): throw Failure(.configuration, .twoKeysInEnvironment, advice: .twoKeysInEnvironmentAdvice)
        case (let file?, nil): return .keyFile(file)
        case (nil, let file?): return .passphraseFile(file)
        case (nil, nil): return .passphrase
        }
    }
}
